"""Step 11: what follows from accepted values only: the tariff periods of each day, and the minutes of voltage."""

from bisect import bisect_left

from keng_hub.meterdata.parameters import INTERVAL_MS
from keng_hub.meterdata.sheet import VOLTAGES, Sheet, Voltage
from keng_hub.meterdata.tariffs import Period
from keng_hub.store.days import DAY_MS, day_of, day_start

SAG = 0.9
"""Below this share of the nominal voltage a dip is a sag (EN 50160, 3.24)."""


def derive(sheet: Sheet) -> None:
    """Split the accepted energy by tariff period, and count the minutes outside the voltage band."""
    for name, intervals in sheet.intervals.items():
        split: dict[int, dict[Period, int]] = {start: {} for start in sheet.days()}
        for one in intervals:
            if one.wh is not None:
                day, period = split[day_start(day_of(one.start))], sheet.period_of(one.start)
                day[period] = day.get(period, 0) + one.wh
        sheet.splits[name] = split
    sheet.voltages = _voltages(sheet)


def _voltages(sheet: Sheet) -> list[Voltage]:
    values: dict[int, list[float]] = {}
    for name in VOLTAGES:
        for one in sheet.placed(name):
            values.setdefault(one.at, []).append(one.value)
    stamps = sorted(values)
    return [_day(sheet, start, stamps, values) for start in sheet.days()] if stamps else []


def _day(sheet: Sheet, start: int, stamps: list[int], values: dict[int, list[float]]) -> Voltage:
    """A reading stands for the time to the next one, at most for half an hour."""
    nominal, band = sheet.parameters.nominal_v, sheet.parameters.band_percent / 100
    low = high = known = sags = 0
    seen: list[float] = []
    sagging = False
    first, behind = bisect_left(stamps, start), bisect_left(stamps, start + DAY_MS)
    for index in range(first, behind):
        at = stamps[index]
        following = stamps[index + 1] if index + 1 < len(stamps) else at + INTERVAL_MS
        ms = min(following - at, INTERVAL_MS, start + DAY_MS - at)
        known += ms
        low += ms if min(values[at]) < nominal * (1 - band) else 0
        high += ms if max(values[at]) > nominal * (1 + band) else 0
        sags += min(values[at]) < nominal * SAG and not sagging
        sagging = min(values[at]) < nominal * SAG
        seen += values[at]
    least, most = (min(seen), max(seen)) if seen else (None, None)
    return Voltage(start, known // 60_000, low // 60_000, high // 60_000, sags, least, most)
