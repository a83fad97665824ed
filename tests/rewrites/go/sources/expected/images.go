package images

// etcd was "registry.redhat.io/rhel7/etcd@sha256:1111111111111111111111111111111111111111111111111111111111111111".
const etcd = "registry.redhat.io/rhel7/etcd@sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"

const raw = `registry.redhat.io/rhel7/tools@sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2`

var tools = Image{Repository: "registry.redhat.io/rhel7/tools", Tag: "7.9", Digest: "sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2"}

const pin = "sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"

var pinned = "registry.redhat.io/rhel7/etcd@" + pin

var args = []string{"--image=registry.redhat.io/rhel7/tools@sha256:a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2"}
