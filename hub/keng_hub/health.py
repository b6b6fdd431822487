"""How a long-lived part of the hub says that it works."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple


class Health(NamedTuple):
    """Whether a part did its work just now, and what there is to say about it (for the office, no secrets)."""

    ok: bool
    detail: str


Check = Callable[[], Awaitable[Health]]
"""Asks one part. It really does the work once (writes a row, sees the broker); being alive is not enough."""
