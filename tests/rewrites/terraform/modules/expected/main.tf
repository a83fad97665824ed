# image = "registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111"
resource "docker_image" "etcd" {
  name = "registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
}

resource "kubernetes_deployment" "web" {
  spec {
    template {
      spec {
        container {
          image = "registry.redhat.io/rhel7/tools:7.9@sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2" // was registry.redhat.io/rhel7/tools@sha256:1111111111111111111111111111111111111111111111111111111111111111
          args  = ["--etcd=registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"]
        }
      }
    }
  }
}

locals {
  registry = "registry.redhat.io"
  etcd     = "${local.registry}/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
  tools    = { repository = "registry.redhat.io/rhel7/tools", digest = "sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2" }
  pinned   = "registry.redhat.io/rhel7/etcd@${local.pin}"
  pin      = "sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
}

variable "image" {
  description = "Such as registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111"
  default     = "registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
}

resource "helm_release" "web" {
  chart = "web"
  set {
    name  = "image.digest"
    value = "sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
  }
  values = [<<-YAML
    image: registry.redhat.io/rhel7/tools@sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2
    # image: registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111
  YAML
  ]
}
