"""One look into the database for all screens that ask the same at once: an event makes fifty of them ask together."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final

KEPT: Final = 64
"""Different looks that are remembered; there are as many as roles times places."""


class Shared:
    """Looks by what they are about and by version; a look of an older version is never given again."""

    def __init__(self) -> None:
        self._looks: dict[Hashable, tuple[Hashable, asyncio.Future[Any]]] = {}

    async def get(self, about: Hashable, version: Hashable, look: Callable[[], Awaitable[Any]]) -> Any:
        """What `look` finds, or found for somebody else who asked for the same version."""
        known = self._looks.get(about)
        if known is None or known[0] != version or _failed(known[1]):
            if len(self._looks) >= KEPT:
                self._looks.clear()
            known = self._looks[about] = (version, asyncio.ensure_future(look()))
        # Who leaves does not take the look away from the others.
        return await asyncio.shield(known[1])


def _failed(look: asyncio.Future[Any]) -> bool:
    return look.done() and (look.cancelled() or look.exception() is not None)
