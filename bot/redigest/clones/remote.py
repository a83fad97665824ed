"""Where a repository is cloned from and pushed to, and what git needs to get in."""

from dataclasses import dataclass
from pathlib import Path

from redigest.secret import Secret


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository at a URL: `https:`, `http:` to loopback, `ssh:`, or `file:` for one on this disk. The URL holds no credentials."""

    url: str
    authorization: Secret | None = None
    """The value of the HTTP header Authorization, such as `Basic ...`; sent to this URL and nowhere else."""
    ca_bundle: Path | None = None
    ssh_key: Path | None = None
    """The private key for `ssh:`; `None` leaves it to the agent."""
    known_hosts: Path | None = None
    """The file of host keys for `ssh:`; `None` for that of the user. A host that is not in it is refused."""
