"""The line of a register: what it showed at each border between half hours, read or estimated, never falling."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import NamedTuple

from keng_hub.meterdata.flags import Flag, Reason
from keng_hub.meterdata.parameters import GRACE_MS, INTERVAL_MS, LONGEST_GAP_MS
from keng_hub.meterdata.sheet import Sheet


class Mark(NamedTuple):
    """An accepted reading on a register's line."""

    at: int
    wh: int
    line: int
    reason: Reason | None = None


class Border(NamedTuple):
    """Where the register stood at a full or half hour; MEASURED, SUSPECT or ESTIMATED with its reason."""

    wh: int
    line: int
    flag: Flag
    reason: Reason | None = None


class Line:
    """All marks of one register, oldest first; `like` gives the Wh of half hours a week before, for shapes."""

    def __init__(self, marks: list[Mark], line_of: Callable[[int], int], like: Mapping[int, int]) -> None:
        self._marks, self._line_of, self._like = marks, line_of, like
        self._stamps = [mark.at for mark in marks]

    def at(self, border: int) -> Border | None:
        """The register at a border: the nearest reading within the grace, else between its neighbours, else None."""
        index = bisect_left(self._stamps, border)
        around = self._marks[max(0, index - 1) : index + 1]
        near = [one for one in around if abs(one.at - border) <= GRACE_MS and one.line == self._line_of(border)]
        if near:
            mark = min(near, key=lambda one: (abs(one.at - border), one.at))
            return Border(mark.wh, mark.line, Flag.SUSPECT if mark.reason else Flag.MEASURED, mark.reason)
        if not 0 < index < len(self._marks):
            return None
        before, after = self._marks[index - 1], self._marks[index]
        if before.line != after.line or after.at - before.at > LONGEST_GAP_MS:
            return None
        return self._between(before, after, border)

    def _between(self, before: Mark, after: Mark, border: int) -> Border:
        """The register's growth is exact, where in the gap it grew is an estimate."""
        span, grown = after.at - before.at, after.wh - before.wh
        if span > 2 * INTERVAL_MS and (whole := self._shape(before.at, after.at)):
            part = self._shape(before.at, border)
            return Border(before.wh + grown * (part or 0) // whole, before.line, Flag.ESTIMATED, Reason.LIKE_DAY)
        wh = before.wh + grown * (border - before.at) // span
        return Border(wh, before.line, Flag.ESTIMATED, Reason.LINEAR)

    def _shape(self, start: int, end: int) -> int | None:
        """Wh·ms that were used a week before in [start, end); None when one of its half hours is unknown."""
        total = 0
        for begin in range(start // INTERVAL_MS * INTERVAL_MS, end, INTERVAL_MS):
            wh = self._like.get(begin)
            if wh is None:
                return None
            total += wh * (min(end, begin + INTERVAL_MS) - max(start, begin))
        return total


def of_register(sheet: Sheet, name: str, like: Mapping[int, int]) -> Line:
    """The line of a register as far as the steps have accepted its readings."""
    marks = [Mark(one.at, one.line, sheet.line_of(name, one.at), one.reason) for one in sheet.placed(name)]
    if anchor := sheet.anchors.get(name):
        marks.insert(0, Mark(anchor.at, anchor.line, sheet.line_of(name, anchor.at)))
    return Line(marks, lambda at: sheet.line_of(name, at), like)
