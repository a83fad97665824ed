"""Evidence from registries: what is asked, which kinds of it there are, and what a digest comes to."""
