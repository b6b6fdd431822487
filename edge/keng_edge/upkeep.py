"""What the node looks after once a second, and the faults it finds in itself."""

import logging

from keng_edge.clock import Clock, JumpWatch
from keng_edge.faults import Faults
from keng_edge.heartbeat import free_bytes
from keng_edge.outbox import MB, Outbox
from keng_edge.station import Station
from keng_wire.conditions import ClockQuality
from keng_wire.event import ClockChanged, FaultCode

log = logging.getLogger("keng.upkeep")

UNACKNOWLEDGED_MS = 100_000
"""An alarm that the hub has not committed by then is a fault (EN 54-21: 100 s)."""
LEAST_ROOM = 20 * MB
CLOCK_PATIENCE_MS = 600_000


class Upkeep:
    """Outbox, disk, clock and silent devices."""

    def __init__(self, outbox: Outbox, station: Station, faults: Faults, clock: Clock) -> None:
        self._outbox, self._station, self._faults, self._clock = outbox, station, faults, clock
        self._jumps, self._begun = JumpWatch(clock), clock.up_ms()

    async def look(self) -> None:
        """Do what is due and say what is wrong."""
        await self._outbox.settle()
        await self._station.watch_silence()
        await self._station.watch_points()
        self._look_at_outbox()
        self._look_at_clock()

    def _look_at_outbox(self) -> None:
        broken = self._outbox.broken
        self._faults.set(FaultCode.OUTBOX, broken is not None, broken or "")
        late = self._outbox.oldest_alarm_ms() >= UNACKNOWLEDGED_MS
        self._faults.set(FaultCode.UPLINK, late, "báo động chưa được máy chủ xác nhận (alarm unacknowledged for 100 s)")
        room = free_bytes(self._station.data)
        self._faults.set(FaultCode.DISK, room is not None and room < LEAST_ROOM, f"còn {(room or 0) // MB} MB (left)")

    def _look_at_clock(self) -> None:
        news = self._jumps.look()
        if news is not None:
            log.info("clock: %s, jumped by %d ms", *news)
            self._station.tell(ClockChanged(quality=news[0], jump=news[1]))
        waited = self._clock.up_ms() - self._begun >= CLOCK_PATIENCE_MS  # a Pi without a clock battery needs a while
        unknown = waited and self._jumps.quality is ClockQuality.UNKNOWN
        self._faults.set(FaultCode.CLOCK, unknown, "đồng hồ chưa được chỉnh (clock not set)")
