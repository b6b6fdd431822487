"""The node's word that it works, and how everything on it stands."""

import os
from pathlib import Path

from keng_edge.clock import Clock
from keng_edge.faults import Faults
from keng_edge.outbox import Outbox
from keng_edge.register import Register
from keng_wire.status import Health
from keng_wire.topics import MessageClass

DAY_MS = 86_400_000
THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")


class Heartbeat:
    """Builds the health message."""

    def __init__(
        self, node: str, version: str, clock: Clock, outbox: Outbox, register: Register, faults: Faults
    ) -> None:
        self._node, self._version, self._clock = node, version, clock
        self._outbox, self._register, self._faults = outbox, register, faults
        self._card = CardWear(clock)

    def health(self, config_version: int, sounding: bool, data: Path) -> Health:
        """How everything stands now."""
        return Health(
            node=self._node,
            boot=self._clock.boot,
            stream=self._outbox.stream,
            at=max(0, self._clock.utc_ms()),
            clock=self._clock.quality(),
            up=self._clock.up_ms(),
            version=self._version,
            config_version=config_version,
            alarm=self._outbox.backlog(MessageClass.ALARM),
            event=self._outbox.backlog(MessageClass.EVENT),
            reading=self._outbox.backlog(MessageClass.READING),
            faults=self._faults.active,
            sounding=sounding,
            disk_free=free_bytes(data),
            written_today=self._card.today(),
            temperature=_temperature(),
            devices=self._register.states(),
        )


class CardWear:
    """Bytes that this process sent to the card since midnight UTC (proc(5), /proc/self/io, write_bytes)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._day = -1
        self._before = 0

    def today(self) -> int | None:
        """The bytes; None where the kernel does not count them."""
        written = written_bytes()
        if written is None:
            return None
        day = self._clock.utc_ms() // DAY_MS
        if day != self._day:
            self._before = written if self._day >= 0 else 0
            self._day = day
        return written - self._before


def written_bytes() -> int | None:
    """Bytes this process caused to be sent to the storage layer."""
    try:
        lines = Path("/proc/self/io").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("write_bytes:")), None)


def free_bytes(folder: Path) -> int | None:
    """Room on the disk of `folder`."""
    try:
        space = os.statvfs(folder)
    except OSError:
        return None
    return space.f_bavail * space.f_frsize


def _temperature() -> float | None:
    try:
        return int(THERMAL.read_text()) / 1000
    except (OSError, ValueError):
        return None
