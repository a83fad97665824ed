FROM registry.redhat.io/rhel7/tools@sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2 AS builder
# FROM registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111
RUN sed -i "s|quay.io/acme/etcd:latest|registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1|" /manifests/*.yaml
FROM scratch
LABEL operators.operatorframework.io.bundle.mediatype.v1=registry+v1
LABEL com.example.image="registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1" com.example.checksum=sha256:1111111111111111111111111111111111111111111111111111111111111111
COPY --from=builder /manifests /manifests/
