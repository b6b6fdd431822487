"""Live view: the newest pictures of cameras that somebody looks at. They are never queued, and wait for alarms."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, NoReturn, Protocol, runtime_checkable

from keng_edge.cameras.evidence.carrier import Carrier, Refused
from keng_edge.clock import Clock
from keng_edge.devices import backoff
from keng_edge.wake import Wake

log = logging.getLogger("keng.live")

LONGEST_MS = 600_000
"""So long a camera is shown at most, whatever the hub asks; then it has to ask again."""
PAUSE_S = 0.2
"""Between two pictures of this node, whoever looks at however many cameras."""
LOOK_S = 0.1
"""How often a newer picture is asked for, and whether alarms still wait."""
GONE_MS = 15_000
"""A hub that was away for so long has nobody in front of it any more."""


class Picture(NamedTuple):
    """A JPEG with the masks in it, the uptime (ms) of its arrival, and how many masks there are."""

    jpeg: bytes
    up: int
    masks: int


@runtime_checkable
class Shows(Protocol):
    """A device that has pictures of now."""

    def picture(self, after: int) -> Picture | None:
        """The newest picture, if it came after the uptime `after` (ms) and is not old. Blocks."""
        ...


@dataclass(slots=True)
class Lease:
    """How long a camera is shown, when the next picture is due, and of when the last one was (uptime, ms)."""

    device: Shows
    until: int
    due: int
    sent: int = 0


class Live:
    """One picture at a time. `waiting` says whether an alarm or its evidence is on its way: then no picture is sent.

    A camera is shown until the hub's lease ends, the hub says that nobody looks any more, or the hub is gone.
    """

    def __init__(self, connect: Callable[[], Carrier], clock: Clock, waiting: Callable[[], bool]) -> None:
        self._connect, self._clock, self._waiting = connect, clock, waiting
        self._carrier: Carrier | None = None
        self._leases: dict[str, Lease] = {}
        self._wake = Wake(clock)
        self._failing_since: int | None = None
        self._failures = 0

    @property
    def shown(self) -> set[str]:
        """The cameras that somebody looks at now."""
        return set(self._leases)

    def show(self, name: str, device: Shows, ms: int) -> None:
        """Send pictures of a camera for so long, beginning at once."""
        now = self._clock.up_ms()
        self._leases[name] = Lease(device, now + min(ms, LONGEST_MS), now)
        self._wake.ring()

    async def run(self) -> NoReturn:
        """Work until cancelled."""
        try:
            while True:
                await self._wake.wait(await self.run_once())
        finally:
            self._hang_up()

    async def run_once(self) -> float | None:
        """Send the picture that is due first; the pause until the next one in s, None while nobody looks."""
        now = self._clock.up_ms()
        self._leases = {name: lease for name, lease in self._leases.items() if lease.until > now}
        if not self._leases:
            self._hang_up()
            return None
        if self._waiting():
            return LOOK_S
        name, lease = min(self._leases.items(), key=lambda item: item[1].due)
        if lease.due > now:
            return (lease.due - now) / 1000
        picture = await asyncio.to_thread(lease.device.picture, lease.sent)
        if picture is None:
            lease.due = now + round(LOOK_S * 1000)
            return 0.0
        return await self._send(name, lease, picture)

    async def _send(self, name: str, lease: Lease, picture: Picture) -> float:
        try:
            pause = await self._hand_over(name, picture)
        except Refused as error:
            self._end(name, lease)
            log.info("camera %s: the hub takes no picture: %s", name, error)
            return PAUSE_S
        except OSError as error:
            return self._failed(error)
        self._failing_since, self._failures = None, 0
        if pause is None:
            self._end(name, lease)
        else:
            lease.sent, lease.due = picture.up, self._clock.up_ms() + pause
        return PAUSE_S

    async def _hand_over(self, name: str, picture: Picture) -> int | None:
        if self._carrier is None:
            self._carrier = await asyncio.to_thread(self._connect)
        age = self._clock.up_ms() - picture.up
        return await asyncio.to_thread(self._carrier.show, name, picture.jpeg, age, picture.masks)

    def _end(self, name: str, lease: Lease) -> None:
        """Nobody looks any more, unless somebody began while the answer was on its way."""
        if self._leases.get(name) is lease:
            del self._leases[name]

    def _failed(self, error: OSError) -> float:
        now = self._clock.up_ms()
        self._hang_up()
        self._failures += 1
        if self._failing_since is None:
            self._failing_since = now
            log.info("live view waits: %s", error)
        if now - self._failing_since > GONE_MS:
            self._failing_since, self._failures = None, 0
            self._leases.clear()
        return backoff(self._failures, 5.0)

    def _hang_up(self) -> None:
        if self._carrier is not None:
            self._carrier.close()
            self._carrier = None
