"""A schema 1 payload with the name and the tag left open, and the programs that have made such payloads."""

from dataclasses import dataclass
from enum import StrEnum

from redigest.schema1.refusals import Unconvertible
from redigest.schema1.strict_json import MAXIMUM_SIZE


class Flavour(StrEnum):
    """Whose conversion it is."""

    DISTRIBUTION = "distribution"
    """docker/distribution from 2.4.1 to 2.8, and so Docker Hub, Docker itself when it pushed to old registries, OpenShift's registry, Harbor."""
    DISTRIBUTION_NOAUTHOR = "distribution-noauthor"
    """docker/distribution 2.3.0 to 2.4.0 and Docker 1.10 and 1.11, which left the authors of lower layers out."""
    CONTAINERS_IMAGE = "containers-image"
    """skopeo, Podman and Buildah with `--format v2s1`."""
    PULP = "pulp"
    """pulp_container up to 2.18."""


@dataclass(frozen=True, slots=True)
class Template:
    """The payload in three pieces, between which the name and the tag go; both are of characters that JSON does not escape."""

    flavour: Flavour
    before: bytes
    between: bytes
    after: bytes

    def payload(self, name: str, tag: str) -> bytes:
        """The bytes that the schema 1 digest of the image under this name and tag is the hash of."""
        return b"".join((self.before, name.encode(), self.between, tag.encode(), self.after))


def make_template(flavour: Flavour, before: str, between: str, after: str) -> Template:
    """Make a template of text. Raises `Unconvertible` when the manifest would be larger than programs read."""
    template = Template(flavour, before.encode(), between.encode(), after.encode())
    if len(template.before) + len(template.between) + len(template.after) > MAXIMUM_SIZE:
        raise Unconvertible(f"its schema 1 manifest would be larger than {MAXIMUM_SIZE} bytes")
    return template
