#!/bin/sh
set -eu
helm upgrade --install web ./web \
  --set image.repository=registry.redhat.io/rhel7/etcd \
  --set image.digest=sha256:1111111111111111111111111111111111111111111111111111111111111111 \
  --set-string tools=registry.redhat.io/rhel7/tools@sha256:2222222222222222222222222222222222222222222222222222222222222222
