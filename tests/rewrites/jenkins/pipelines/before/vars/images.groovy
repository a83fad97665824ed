podTemplate(containers: [containerTemplate(name: 'etcd', image: 'registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111')]) { }
