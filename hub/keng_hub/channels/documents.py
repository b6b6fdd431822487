"""JSON that others sent: whatever they send, reading it gives an object or nothing."""

import json
from typing import Any, cast

Document = dict[str, Any]


def read(body: bytes) -> Document | None:
    """The JSON object in `body`; None when it is anything else."""
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return cast("Document", found) if isinstance(found, dict) else None


def at(document: object, path: str) -> object:
    """What stands at a dotted path (`data.0.id`); None when nothing does."""
    found = document
    for name in path.split("."):
        if isinstance(found, dict):
            found = cast("Document", found).get(name)
        elif isinstance(found, list) and name.isdigit() and len(name) < 6:
            items = cast("list[object]", found)
            found = items[int(name)] if int(name) < len(items) else None
        else:
            return None
    return found


def word(document: object, path: str) -> str | None:
    """The text or whole number at a dotted path, as text of at most 200 characters."""
    found = at(document, path)
    if isinstance(found, bool) or not isinstance(found, (str, int)):
        return None
    try:
        return str(found)[:200]
    except ValueError:  # an integer of thousands of digits
        return None


def items(document: object, path: str) -> list[object]:
    """The list at a dotted path; empty when there is none."""
    found = at(document, path)
    return cast("list[object]", found) if isinstance(found, list) else []
