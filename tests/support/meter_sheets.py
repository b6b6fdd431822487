"""Sheets of a made-up meter, and its history as the steps see it, for tests of meter data."""

from collections.abc import Mapping, Sequence
from typing import Any

from keng_hub.meterdata.parameters import Parameters
from keng_hub.meterdata.sheet import Interval, MeterId, Reading, Sheet
from keng_hub.meterdata.steps import judge

METER = MeterId("ngo-3", "cong-to-1")
MONDAY = 1_789_923_600_000
"""21 September 2026, 00:00 in Vietnam, UTC ms."""
HALF_HOUR = 1_800_000
HOUR = 2 * HALF_HOUR
DAY = 24 * HOUR
IMPORT = "energy_import"

Rows = Sequence[tuple[int, float]]


def sheet(rows: Rows, days: int = 1, others: Mapping[str, Rows] | None = None, **more: Any) -> Sheet:
    """A sheet with import readings (UTC ms, Wh) and those of other quantities, not judged yet."""
    every = {IMPORT: rows, **(others or {})}
    readings = {name: [Reading(at, value) for at, value in some] for name, some in every.items()}
    parameters = more.pop("parameters", Parameters())
    now = more.pop("now", MONDAY + 400 * DAY)
    return Sheet(METER, parameters, MONDAY, MONDAY + days * DAY, now, readings, **more)


def judged(rows: Rows, days: int = 1, others: Mapping[str, Rows] | None = None, **more: Any) -> Sheet:
    """The same after all steps."""
    return judge(sheet(rows, days, others, **more))


def steady(start: int = MONDAY, count: int = 49, wh: int = 100, first: int = 5_000_000) -> list[tuple[int, float]]:
    """Readings at each half hour, `wh` apart."""
    return [(start + n * HALF_HOUR, float(first + n * wh)) for n in range(count)]


def known(made: Sheet, register: str = IMPORT) -> list[int]:
    """The Wh of all half hours that have a value."""
    return [one.wh for one in made.intervals[register] if one.wh is not None]


def at(made: Sheet, index: int, register: str = IMPORT) -> Interval:
    """One half hour of the sheet by its place."""
    return made.intervals[register][index]


def reasons(made: Sheet, quantity: str = IMPORT) -> dict[int, str | None]:
    """Why readings count for nothing: half hour since the start of the sheet → reason."""
    return {(one.at - MONDAY) // HALF_HOUR: one.reason for one in made.of(quantity) if not one.placed}
