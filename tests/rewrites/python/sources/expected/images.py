"""The images that the tests run."""

ETCD = "registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"  # was registry.redhat.io/rhel7/etcd@sha256:2222222222222222222222222222222222222222222222222222222222222222
# ETCD = "registry.redhat.io/rhel7/etcd@sha256:2222222222222222222222222222222222222222222222222222222222222222"
TOOLS = f"{REGISTRY}/rhel7/tools@sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2"
IMAGES = {"postgresql": {"repository": "registry.redhat.io/rhscl/postgresql-10-rhel7", "digest": "sha256:a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6"}}
PIN = "sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
PINNED = f"registry.redhat.io/rhel7/etcd@{PIN}"
COMMAND = "podman pull registry.redhat.io/rhel7/tools@sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2"
