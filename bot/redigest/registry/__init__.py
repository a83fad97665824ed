"""Asking registries: where they are, who may ask, and what they answer.

Nothing is imported here, so that a run which asks no registry does not load the HTTP client.
"""
