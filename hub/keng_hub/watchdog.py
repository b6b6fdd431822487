"""Tells systemd that the hub started and does its work (sd_notify(3)); alive means that the database took a write."""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Final

from keng_hub.health import Check, Health

log = logging.getLogger("keng.watchdog")

DEFAULT_S: Final = 20.0


class Watchdog:
    """Sends `READY=1`, and then `WATCHDOG=1` after each time that all `checks` were well."""

    def __init__(
        self,
        address: str,
        every_s: float,
        checks: list[Check],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address  # an abstract socket
        self._every_s, self._checks, self._sleep = every_s, checks, sleep
        self._answer = Health(True, "nothing asked yet")

    async def run(self) -> None:
        """Work until cancelled."""
        self._tell("READY=1")
        while True:
            await self.look()
            await self._sleep(self._every_s)

    async def look(self) -> None:
        """Ask once; what is not well is systemd's to restart, when it lasts."""
        answers = [await check() for check in self._checks]
        bad = [answer.detail for answer in answers if not answer.ok]
        self._answer = Health(not bad, "; ".join(bad) or "fed")
        if bad:
            log.warning("the watchdog is not fed: %s", self._answer.detail)
        else:
            self._tell("WATCHDOG=1")

    async def health(self) -> Health:
        """What the last look found."""
        return self._answer

    def _tell(self, text: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            try:
                sender.sendto(text.encode(), self._address)
            except OSError as error:
                log.warning("cannot reach systemd: %s", error)


def of_systemd(checks: list[Check]) -> Watchdog | None:
    """The watchdog of the service this process runs as; None when systemd did not start it."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return None
    period_s = int(os.environ.get("WATCHDOG_USEC", "0")) / 1_000_000
    return Watchdog(address, period_s / 3 if period_s else DEFAULT_S, checks)
