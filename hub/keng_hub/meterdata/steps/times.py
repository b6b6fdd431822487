"""Step 3: the meter's own clock and the stamps. No clock is ever set from here."""

from bisect import bisect_right

from keng_hub.meterdata.flags import Kind, Reason
from keng_hub.meterdata.parameters import INTERVAL_MS
from keng_hub.meterdata.sheet import DRIFT, Sheet
from keng_hub.store.days import day_of, day_start

WARN_S = 60
TOO_FAR_S = INTERVAL_MS / 2 / 1000


def check(sheet: Sheet) -> None:
    """Refuse future stamps; by a clock more than half an interval off nothing is placed; ask from a minute on."""
    for name, readings in sheet.readings.items():
        for reading in readings:
            if sheet.doubted.get((name, reading.at)) is Reason.FUTURE:
                reading.refuse(Reason.FUTURE)
    drifts = sheet.placed(DRIFT)
    for drift in drifts:
        if abs(drift.value) > WARN_S and drift.at >= sheet.start:
            sheet.ask(Kind.CLOCK, "", day_start(day_of(drift.at)), seconds=round(drift.value))
    stamps = [drift.at for drift in drifts]
    for name, readings in sheet.readings.items():
        if name == DRIFT:
            continue
        for reading in readings:
            index = bisect_right(stamps, reading.at) - 1
            if index >= 0 and abs(drifts[index].value) > TOO_FAR_S:
                reading.refuse(Reason.CLOCK)
