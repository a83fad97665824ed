#!/bin/bash
# podman pull registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111
set -euo pipefail
readonly ETCD_IMAGE="${ETCD_IMAGE:-registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1}"
TOOLS='registry.redhat.io/rhel7/tools@sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2' # was registry.redhat.io/rhel7/tools@sha256:1111111111111111111111111111111111111111111111111111111111111111
PIN=sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
podman pull registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
podman pull "registry.redhat.io/rhel7/etcd@${PIN}"
kubectl set image deployment/web web=registry.redhat.io/rhel7/tools@sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2 --record
cat <<EOF | kubectl apply -f -
apiVersion: v1
kind: Pod
spec:
  containers:
  - image: registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
EOF
