"""JSON that others wrote, as far as it is an object."""

import json


def json_object(body: bytes) -> dict[str, object] | None:
    """Read an object; `None` for anything else, absurd nesting and absurd numbers included."""
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
