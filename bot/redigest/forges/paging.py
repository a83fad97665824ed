"""Going through lists: the next page is asked for where the first was, with the query that the forge names for it."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from requests.utils import parse_header_links

from redigest.forges.failures import UNREADABLE, Failure


def next_query(link: str) -> Mapping[str, str] | None:
    """Read the query of the next page from the header Link (RFC 8288); to which host and path it points does not matter. `None` after the last page."""
    try:
        for entry in parse_header_links(link):
            if entry.get("rel") == "next":
                return dict(parse_qsl(urlsplit(entry.get("url", "")).query, keep_blank_values=True))
    except ValueError:
        raise Failure(None, UNREADABLE) from None
    return None
