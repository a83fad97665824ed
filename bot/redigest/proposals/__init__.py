"""Proposals: which there should be, what they say, and how each becomes what it should be."""
