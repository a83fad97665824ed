"""Repositories without a work tree: bare, shallow, cached clones that are fetched, read, written and pushed by Git plumbing alone."""
