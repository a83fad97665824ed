job "web" {
  group "web" {
    task "etcd" {
      driver = "docker"
      config {
        image = "registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111" # was registry.redhat.io/rhel7/etcd@sha256:2222222222222222222222222222222222222222222222222222222222222222
        args  = ["--tools", "registry.redhat.io/rhel7/tools@sha256:2222222222222222222222222222222222222222222222222222222222222222"]
      }
      env {
        TOOLS_IMAGE = "registry.redhat.io/rhel7/tools@sha256:2222222222222222222222222222222222222222222222222222222222222222"
      }
      template {
        data = <<EOH
IMAGE=registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111
EOH
      }
    }
  }
}
