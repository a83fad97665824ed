class Images {
    // "registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111"
    static final String ETCD = "registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
}
