job "web" {
  task "etcd" {
    # image = "registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111"
    artifact {
      source  = "https://example.com/web.tar.gz"
      options { checksum = "sha256:1111111111111111111111111111111111111111111111111111111111111111" }
    }
  }
}
