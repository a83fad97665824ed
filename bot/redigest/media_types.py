"""The media types of manifests (Docker image manifest V2, schema 1 and schema 2; OCI image specification)."""

SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+json"
SCHEMA_1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"
SCHEMA_2 = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
