podTemplate(containers: [containerTemplate(name: 'etcd', image: 'registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1')]) { }
