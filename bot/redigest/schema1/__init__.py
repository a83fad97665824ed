"""Docker image manifests, version 2, schema 1: telling them from others, their digests, and rebuilding what registries once signed. No I/O."""
