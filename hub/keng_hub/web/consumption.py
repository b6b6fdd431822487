"""From register readings to consumption by slot: differences of two readings, and a gap where one is missing."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

Row = tuple[int, float, int]
"""Time (UTC ms), value, quality, as the store gives them; oldest first."""

GRACE_MS = 60_000
"""A reading made up to a minute (a tenth of a short slot) after a border counts for it: meters are read in turn."""


class Slot(NamedTuple):
    """One step of the chart: `start` in UTC ms, `energy` in Wh, mean `power` in W; None where data is missing."""

    start: int
    energy: float | None
    power: float | None
    quality: int


def slots(registers: Sequence[Row], powers: Sequence[Row], start: int, end: int, width: int) -> list[Slot]:
    """The slots of `width` ms in [start, end), the last one perhaps still running.

    A falling register (rollover, exchanged meter) gives a gap, never a negative or invented consumption.
    """
    stamps = [row[0] for row in registers]
    result: list[Slot] = []
    power_at = 0
    for begin in range(start, end, width):
        border = min(begin + width, end)
        first, last = _at(registers, stamps, begin, width), _at(registers, stamps, border, width)
        energy = None
        if first is not None and last is not None and last[0] > first[0] and last[1] >= first[1]:
            energy = last[1] - first[1]
        if energy is None and border < begin + width:
            break  # still running, and nothing to say of it yet
        values: list[float] = []
        while power_at < len(powers) and powers[power_at][0] < border:
            if powers[power_at][0] >= begin:
                values.append(powers[power_at][1])
            power_at += 1
        quality = max(first[2], last[2]) if energy is not None and first and last else 0
        result.append(Slot(begin, energy, sum(values) / len(values) if values else None, quality))
    return result


def used(registers: Sequence[Row]) -> float | None:
    """Wh over all the readings, without the steps where the register fell; None with fewer than two."""
    if len(registers) < 2:
        return None
    return sum(later[1] - earlier[1] for earlier, later in pairwise(registers) if later[1] >= earlier[1])


def _at(registers: Sequence[Row], stamps: Sequence[int], moment: int, width: int) -> Row | None:
    """The last reading before a border, not older than one slot."""
    index = bisect_right(stamps, moment + min(GRACE_MS, width // 10)) - 1
    return registers[index] if index >= 0 and stamps[index] > moment - width else None
