job "web" {
  group "web" {
    task "etcd" {
      driver = "docker"
      config {
        image = "registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1" # was registry.redhat.io/rhel7/etcd@sha256:2222222222222222222222222222222222222222222222222222222222222222
        args  = ["--tools", "registry.redhat.io/rhel7/tools@sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2"]
      }
      env {
        TOOLS_IMAGE = "registry.redhat.io/rhel7/tools@sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2"
      }
      template {
        data = <<EOH
IMAGE=registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
EOH
      }
    }
  }
}
