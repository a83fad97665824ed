"""What questions to registries need, and opening it: who may be asked, with which credentials, and what is at hand without asking."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redigest.evidence.saved import SavedManifests
from redigest.facts import Facts
from redigest.mirrors import Mirrors
from redigest.registry.credentials import Keyring
from redigest.registry.endpoints import Endpoint
from redigest.schema1.manifests import digest_of

if TYPE_CHECKING:
    from redigest.evidence.catalog import Catalog
    from redigest.evidence.inquiry import Inquiry
    from redigest.registry.exchange import Limits


@dataclass(frozen=True, slots=True)
class Access:
    """What may be asked, and how: the registries by host, those that the user has named, credentials, mirrors and what is at hand without asking."""

    endpoints: Mapping[str, Endpoint]
    configured: frozenset[str]
    keyring: Keyring
    facts: Facts
    mirrors: Mirrors
    saved: tuple[SavedManifests, ...] = ()
    catalog: str | None = None
    limits: "Limits | None" = None
    is_offline: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """An inquiry that is open, and the catalogue if it may be asked."""

    inquiry: "Inquiry"
    catalog: "Catalog | None"


@asynccontextmanager
async def opened(access: Access) -> AsyncIterator[Session]:
    """Open connections for a while. Raises `UsageError` where certificates or a proxy cannot be used."""
    from redigest.evidence.catalog import Catalog  # imported here: a run that asks no registry does not load the HTTP client
    from redigest.evidence.inquiry import Inquiry
    from redigest.registry.client import RegistryClient
    from redigest.registry.exchange import Exchange, Limits

    limits = access.limits or Limits()
    async with AsyncExitStack() as stack:
        made = RegistryClient(access.endpoints, access.keyring, digest_of=digest_of, limits=limits, is_offline=access.is_offline)
        client = await stack.enter_async_context(made)
        catalog = None
        if access.catalog is not None:
            exchange = await stack.enter_async_context(Exchange(Endpoint.of_url(access.catalog), limits))
            catalog = Catalog(access.catalog, exchange)
        yield Session(Inquiry(client, access.facts, access.saved), catalog)
