#!/bin/sh
set -eu
helm upgrade --install web ./web \
  --set image.repository=registry.redhat.io/rhel7/etcd \
  --set image.digest=sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 \
  --set-string tools=registry.redhat.io/rhel7/tools@sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2
