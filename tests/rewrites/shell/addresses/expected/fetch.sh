#!/bin/sh
curl --fail https://registry.redhat.io/v2/rhel7/etcd/manifests/sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
