"""Measured values become messages: those of this boot by its uptime, those of a meter's memory by their own time."""

from collections.abc import Iterator, Sequence
from itertools import islice

from keng_edge.clock import Clock
from keng_edge.devices import Measured
from keng_edge.record import Stamp, stamp
from keng_wire.conditions import ClockQuality
from keng_wire.reading import BATCH_LIMIT, OFFSET_LIMIT, Reading, Readings


def of_now(rows: Sequence[Measured], clock: Clock) -> tuple[Readings, Stamp]:
    """One message of values that this boot has read, stamped now; at most `BATCH_LIMIT` rows."""
    now = clock.up_ms()
    return Readings(rows=[_reading(row, max(row.up - now, -OFFSET_LIMIT)) for row in rows]), stamp(clock, now)


def of_memory(rows: Sequence[Measured], clock: Clock) -> Iterator[tuple[Readings, Stamp]]:
    """Messages of values that bring their own time (`at`), however old: each is stamped with its newest row.

    The stamp is the meter's word, so it says `holdover` even where this node's clock is unknown: the hub reckons
    unknown stamps anew from uptimes, and would move what the meter has placed.
    """
    placed = sorted(((row.at, row) for row in rows if row.at is not None), key=lambda pair: pair[0])
    while placed:
        newest = placed[-1][0]
        batch = [pair for pair in islice(reversed(placed), BATCH_LIMIT) if newest - pair[0] <= OFFSET_LIMIT]
        del placed[-len(batch) :]
        body = Readings(rows=[_reading(row, at - newest) for at, row in reversed(batch)])
        yield body, Stamp(clock.boot, max(0, newest), ClockQuality.HOLDOVER, clock.up_ms())


def _reading(row: Measured, offset: int) -> Reading:
    return Reading(row.device, row.quantity, offset, row.value, row.quality)
