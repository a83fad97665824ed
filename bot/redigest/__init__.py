"""Swap schema 1 image digests for the equivalent schema 2 ones, with proof and without touching another byte."""

__version__ = "0.1.0"
