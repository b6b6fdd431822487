"""The node's clocks: what time it is, how far that can be trusted, and time that never jumps."""

import asyncio
import ctypes
import json
import logging
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from keng_wire.conditions import ClockQuality

log = logging.getLogger("keng.clock")

JUMP_MS = 1000
EARLIEST_MS = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1000)
LATEST_MS = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000)

_STA_UNSYNC = 0x0040
_TIME_ERROR = 5


class Clock(Protocol):
    """Time as an argument, so that a test can bring its own."""

    @property
    def boot(self) -> str:
        """Eight hex digits, new at each start of the kernel."""
        ...

    def utc_ms(self) -> int:
        """Milliseconds of UTC since 1970, right or wrong: see `quality`."""
        ...

    def up_ms(self) -> int:
        """Milliseconds since the boot, counted through sleep; never jumps."""
        ...

    def quality(self) -> ClockQuality:
        """How far `utc_ms` can be trusted now."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The clocks of the kernel. `memory` keeps whether this boot was ever synchronised over a restart of the agent."""

    def __init__(self, memory: Path | None = None) -> None:
        self._boot = Path("/proc/sys/kernel/random/boot_id").read_text().replace("-", "")[:8]
        self._memory = memory
        self._was_synced = self._remembered()

    @property
    def boot(self) -> str:
        """The first eight hex digits of the kernel's boot id (random(4))."""
        return self._boot

    def utc_ms(self) -> int:
        """CLOCK_REALTIME."""
        return time.time_ns() // 1_000_000

    def up_ms(self) -> int:
        """CLOCK_BOOTTIME (clock_gettime(2))."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def quality(self) -> ClockQuality:
        """Unknown until the kernel says that a time source disciplines it (adjtimex(2)), and for absurd years."""
        if not EARLIEST_MS <= self.utc_ms() < LATEST_MS:
            return ClockQuality.UNKNOWN
        if kernel_synced():
            if not self._was_synced:
                self._was_synced = True
                self._remember()
            return ClockQuality.SYNCED
        return ClockQuality.HOLDOVER if self._was_synced else ClockQuality.UNKNOWN

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(seconds)

    def _remembered(self) -> bool:
        try:
            return self._memory is not None and json.loads(self._memory.read_text()) == {"synced_in": self._boot}
        except (OSError, ValueError):
            return False

    def _remember(self) -> None:
        if self._memory is None:
            return
        try:
            self._memory.write_text(json.dumps({"synced_in": self._boot}))
        except OSError as error:
            log.info("cannot remember that the clock was set: %s", error)  # costs a quality mark, nothing else


class _Timex(ctypes.Structure):
    """`struct timex` as far as `status`; the kernel fills the rest, so room is left for it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 40),
    )


_LIBC = ctypes.CDLL(None, use_errno=True)


def kernel_synced() -> bool:
    """Whether the kernel's clock is disciplined now: neither TIME_ERROR nor STA_UNSYNC (adjtimex(2), read only)."""
    timex = _Timex()
    state = int(_LIBC.adjtimex(ctypes.byref(timex)))
    if state < 0:
        log.debug("adjtimex: %s", os.strerror(ctypes.get_errno()))
        return False
    return state != _TIME_ERROR and not timex.status & _STA_UNSYNC


class JumpWatch:
    """Notices that UTC moved against the time since boot, or that its quality changed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = clock.utc_ms() - clock.up_ms()
        self.quality = clock.quality()

    def look(self) -> tuple[ClockQuality, int] | None:
        """(quality, jump in ms) if there is something to tell since the last look; call it every few seconds."""
        offset, quality = self._clock.utc_ms() - self._clock.up_ms(), self._clock.quality()
        jump = offset - self._offset
        self._offset = offset
        if abs(jump) < JUMP_MS and quality is self.quality:
            return None
        self.quality = quality
        return quality, jump if abs(jump) >= JUMP_MS else 0
