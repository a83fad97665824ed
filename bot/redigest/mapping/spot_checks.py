"""Spot checks of a mapping: whether the registries have what a few of its rows say."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from redigest import reference
from redigest.evidence.inquiry import Inquiry, kind_of
from redigest.mapping.rows import Row
from redigest.registry.answers import Failure, Manifest
from redigest.registry.endpoints import Endpoint, Location, announced, locate
from redigest.schema1.manifests import Kind


class Outcome(StrEnum):
    """What a registry makes of a row."""

    CONFIRMED = "confirmed"
    """It has the schema 2 digest, and not as schema 1. What the schema 1 digest was, it need not know any more."""
    CONTRADICTED = "contradicted"
    """It has one of the digests as what the other one should be."""
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class SpotCheck:
    """One row, what came of asking, and why, for people."""

    file: str
    line: int
    outcome: Outcome
    reason: str


async def spot_check(rows: Iterable[Row], inquiry: Inquiry, endpoints: Mapping[str, Endpoint]) -> tuple[SpotCheck, ...]:
    """Ask for both digests of each row, in the order of the rows."""
    return tuple(await asyncio.gather(*(_spot_check(row, inquiry, endpoints) for row in rows)))


async def _spot_check(row: Row, inquiry: Inquiry, endpoints: Mapping[str, Endpoint]) -> SpotCheck:
    outcome, reason = await _outcome(row, inquiry, endpoints)
    return SpotCheck(row.file, row.line, outcome, reason)


async def _outcome(row: Row, inquiry: Inquiry, endpoints: Mapping[str, Endpoint]) -> tuple[Outcome, str]:
    locations = _locations(row)
    if not locations:
        return Outcome.UNANSWERED, "names no repository that could be asked for"
    unanswered: dict[str, None] = {}
    for location in dict.fromkeys([await inquiry.asked_at(location) for location in locations]):
        outcome, reason = await _outcome_at(location, row, inquiry, endpoints)
        if outcome is not Outcome.UNANSWERED:
            return outcome, reason
        unanswered[reason] = None
    return Outcome.UNANSWERED, "; ".join(unanswered)


def _locations(row: Row) -> tuple[Location, ...]:
    """Where a row says that its repository is; without a registry in it, which is how the announcement writes rows, that is on those of the announcement."""
    written = reference.parse(row.repository) if row.repository is not None else None
    if written is None or row.repository is None:
        return ()
    if written.registry is None:
        return announced(row.repository)
    location = locate(row.repository)
    return (location,) if location is not None else ()


async def _outcome_at(location: Location, row: Row, inquiry: Inquiry, endpoints: Mapping[str, Endpoint]) -> tuple[Outcome, str]:
    if location.host not in endpoints:
        return Outcome.UNANSWERED, f"registry not configured: {location.host}"
    new = await inquiry.behind(location, row.new)
    if isinstance(new, Manifest) and kind_of(new) is Kind.SCHEMA_1:
        return Outcome.CONTRADICTED, f"{location.host} has the digest that is taken for schema 2 as schema 1; the columns may be the other way round"
    old = await inquiry.behind(location, row.old)
    if isinstance(old, Manifest) and (kind := kind_of(old)) is not Kind.SCHEMA_1:
        return Outcome.CONTRADICTED, f"{location.host} has the digest that is taken for schema 1 as {kind}; the columns may be the other way round"
    if isinstance(new, Failure):
        return Outcome.UNANSWERED, new.words
    return Outcome.CONFIRMED, f"{location.host} has the schema 2 digest as {kind_of(new)}"
