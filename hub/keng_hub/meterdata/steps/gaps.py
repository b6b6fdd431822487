"""Step 10: half hours. What a gap held is exact, its shape an estimate; a gap of more than three days stays one."""

from bisect import bisect_left, bisect_right

from keng_hub.meterdata.flags import Flag, Reason
from keng_hub.meterdata.line import Border, Line, of_register
from keng_hub.meterdata.parameters import GRACE_MS, INTERVAL_MS
from keng_hub.meterdata.sheet import REGISTERS, Anchor, Interval, Reading, Sheet
from keng_hub.store.days import DAY_MS, day_of, day_start

WEEK_MS = 7 * DAY_MS


def fill(sheet: Sheet) -> None:
    """Cut each register's line into half hours; what a person put there stands before any of them."""
    for name in REGISTERS:
        if sheet.of(name) or name in sheet.anchors:
            _fill(sheet, name)


def _fill(sheet: Sheet, name: str) -> None:
    like = dict(sheet.like.get(name, {}))
    line = of_register(sheet, name, like)
    borders = {sheet.start: line.at(sheet.start)}
    refused = [one for one in sheet.of(name) if not one.placed]
    stamps = [one.at for one in refused]
    intervals: list[Interval] = []
    for start in range(sheet.start, sheet.end, INTERVAL_MS):
        borders[start + INTERVAL_MS] = line.at(start + INTERVAL_MS)
        first, behind = bisect_left(stamps, start - GRACE_MS), bisect_right(stamps, start + INTERVAL_MS + GRACE_MS)
        found = _interval(start, borders[start], borders[start + INTERVAL_MS], refused[first:behind])
        if found.wh is not None and found.flag is Flag.MEASURED:
            like[start + WEEK_MS] = found.wh
        edit = sheet.edits.get((name, start))
        intervals.append(found if edit is None else Interval(start, edit, Flag.EDITED, Reason.PERSON))
    sheet.intervals[name] = intervals
    sheet.unplaced[name] = _unplaced(sheet, name, borders, line)
    sheet.ends[name] = _ends(sheet, name, sheet.placed(name), borders)


def _interval(start: int, first: Border | None, last: Border | None, refused: list[Reading]) -> Interval:
    if first is None or last is None or first.line != last.line:
        if refused:
            return Interval(start, None, Flag.SUSPECT, refused[0].reason)
        return Interval(start, None, Flag.MISSING, Reason.GAP)
    wh = last.wh - first.wh
    for flag in (Flag.ESTIMATED, Flag.SUSPECT):
        for border in (first, last):
            if border.flag is flag:
                why = refused[0].reason if refused and flag is Flag.ESTIMATED else border.reason
                return Interval(start, wh, flag, why)
    return Interval(start, wh, Flag.MEASURED)


def _unplaced(sheet: Sheet, name: str, borders: dict[int, Border | None], line: Line) -> dict[int, int]:
    """Wh that a line counted between two known borders with unknown ones in between, by the day of the later one."""
    found: dict[int, int] = {}
    before: tuple[int, int, int] | None = None  # time, Wh, line
    anchor = sheet.anchors.get(name)
    if anchor is not None and anchor.border is not None:
        before = anchor.border, anchor.border_wh, sheet.line_of(name, anchor.border)
        between = range(anchor.border + INTERVAL_MS, sheet.start, INTERVAL_MS)
        borders = {at: line.at(at) for at in between} | borders
    for at, border in borders.items():
        if border is None:
            continue
        ended = before is not None and at - before[0] > INTERVAL_MS and before[2] == border.line
        if before is not None and ended and sheet.start <= at < sheet.end:
            day = day_start(day_of(at))
            found[day] = found.get(day, 0) + border.wh - before[1]
        before = at, border.wh, border.line
    return found


def _ends(sheet: Sheet, name: str, accepted: list[Reading], borders: dict[int, Border | None]) -> dict[int, Anchor]:
    """The last accepted reading before each end of a day, as the register showed it, and the border before it."""
    stamps = [one.at for one in accepted]
    ends: dict[int, Anchor] = {}
    for start in sheet.days():
        index = bisect_left(stamps, start + DAY_MS)
        if not index:
            continue
        last = accepted[index - 1]
        turned = last.line - round(last.value)
        at = (last.at + GRACE_MS) // INTERVAL_MS * INTERVAL_MS
        border = borders.get(min(at, start + DAY_MS))
        known = None if border is None or border.line != sheet.line_of(name, last.at) else border
        ends[start] = Anchor(last.at, last.line - turned, at if known else None, known.wh - turned if known else 0)
    return ends
