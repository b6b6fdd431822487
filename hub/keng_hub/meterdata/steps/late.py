"""Step 12: late data. What was accepted before and is no longer stays as an older version."""

from keng_hub.meterdata.flags import Flag, Kind
from keng_hub.meterdata.line import of_register
from keng_hub.meterdata.sheet import Sheet
from keng_hub.meterdata.steps.sums import differs
from keng_hub.store.days import DAY_MS


def compare(sheet: Sheet) -> None:
    """Note each accepted value that changes; a half hour that had none only gets its first one."""
    for name, intervals in sheet.intervals.items():
        before = sheet.before.get(name, {})
        for one in intervals:
            old = before.get(one.start)
            if old is not None and old.wh is not None and old != one:
                sheet.replaced.append((name, old))
        if any(one.flag is Flag.EDITED for one in intervals):
            _weigh_edits(sheet, name)


def _weigh_edits(sheet: Sheet, name: str) -> None:
    """Ask about days whose half hours, with those a person put in, no longer add up to the register."""
    line = of_register(sheet, name, {})
    for start in sheet.days():
        day = [one for one in sheet.intervals[name] if start <= one.start < start + DAY_MS]
        first, last = line.at(start), line.at(start + DAY_MS)
        edited = any(one.flag is Flag.EDITED for one in day)
        if edited and first and last and first.line == last.line and all(one.wh is not None for one in day):
            grown = last.wh - first.wh
            if differs(day, grown):
                sheet.ask(Kind.INTERVALS, name, start, grown=grown, sum=sum(one.wh or 0 for one in day))
