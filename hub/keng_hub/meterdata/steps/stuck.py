"""Step 9: a meter stands still or counts far less than it used to. A question to the inspector, never an accusation."""

from statistics import median

from keng_hub.meterdata.flags import Kind
from keng_hub.meterdata.line import of_register
from keng_hub.meterdata.sheet import PER_DAY, PastDay, Sheet
from keng_hub.store.days import DAY_MS

STILL_DAYS = 3
WEEK, MONTH = 7, 28
LEAST_WH = 500
"""A house that used less a day before is empty; nothing is asked about it."""
DROP = 0.6
ENOUGH = 0.9
"""Share of a day's half hours that must be known before the day is compared with others."""


def check(sheet: Sheet) -> None:
    """Ask once: on the third day without any consumption, and on the first day of a week far below the month before."""
    past = {day.start: day for day in sheet.history if day.known >= ENOUGH * PER_DAY} | _own(sheet)
    for start in sheet.days():
        before = start - DAY_MS  # the last whole day when this one begins
        usual = _usual(past, before - WEEK * DAY_MS)
        if usual is None or usual < LEAST_WH:
            continue
        if _still(past, before) and not _still(past, before - DAY_MS):
            sheet.ask(Kind.STUCK, "energy_import", start, usual=round(usual), days=STILL_DAYS)
        elif _dropped(past, before) and not _dropped(past, before - DAY_MS) and not _still(past, before):
            week = _days(past, before, WEEK)
            sheet.ask(Kind.DROP, "energy_import", start, usual=round(usual), now=round(_mean(week)))


def _own(sheet: Sheet) -> dict[int, PastDay]:
    """The days of the sheet itself, by the register at their ends."""
    line = of_register(sheet, "energy_import", {})
    own: dict[int, PastDay] = {}
    for start in sheet.days():
        first, last = line.at(start), line.at(start + DAY_MS)
        if first is not None and last is not None and first.line == last.line:
            own[start] = PastDay(start, last.wh - first.wh, PER_DAY)
    return own


def _still(past: dict[int, PastDay], last: int) -> bool:
    days = _days(past, last, STILL_DAYS)
    return len(days) == STILL_DAYS and not any(day.wh for day in days)


def _dropped(past: dict[int, PastDay], last: int) -> bool:
    days, usual = _days(past, last, WEEK), _usual(past, last - WEEK * DAY_MS)
    return usual is not None and len(days) >= WEEK - 1 and _mean(days) < (1 - DROP) * usual


def _usual(past: dict[int, PastDay], last: int) -> float | None:
    days = _days(past, last, MONTH)
    return median(day.wh for day in days) if len(days) >= WEEK else None


def _days(past: dict[int, PastDay], last: int, count: int) -> list[PastDay]:
    wanted = (last - back * DAY_MS for back in range(count))
    return [past[start] for start in wanted if start in past]


def _mean(days: list[PastDay]) -> float:
    return sum(day.wh for day in days) / len(days)
