"""The registers that a DL/T645-2007 meter keeps of each full hour (annex A, table A.6: 05 04 …), newest first.

They are numbered from 1, the last full hour, to 254; hours in which the meter was off are not there, so a number tells
no time, and each new hour moves all numbers by one.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from keng_bridges.dlt645.values import Values, moment
from keng_bridges.errors import NoAnswer
from keng_bridges.values import Measurement

PROFILE: Final = "0504"
OLDEST: Final = 254
_TIME, _DIRECTIONS = "00", {"01": "energy_import", "02": "energy_export"}
_HOUR: Final = timedelta(hours=1)

Asking = Generator[str, Values | None, tuple[Measurement, ...]]
"""Yields identifiers to read, and is sent their values, or None where the meter has none; returns the rows."""


@dataclass(frozen=True, slots=True)
class FrozenHours:
    """The hours after `since` and not after `until`, as the meter's own clock shows them (without a zone)."""

    since: datetime
    until: datetime

    def ask(self) -> Asking:
        """What to read, one after the other; `NoAnswer` when an hour struck meanwhile and the numbers moved."""
        newest = yield from _time(1)
        if newest is None:
            return ()
        number = yield from self._first(newest)
        rows: list[Measurement] = []
        while number <= OLDEST:
            at = yield from _time(number)
            if at is None or at <= self.since:
                break
            for direction, quantity in _DIRECTIONS.items():
                values = yield f"{PROFILE}{direction}{number:02X}"
                rows += [replace(m, quantity=quantity, at=at) for m in (values.measurements if values else ())]
            number += 1
        if (yield from _time(1)) != newest:
            raise NoAnswer("an hour struck while the frozen registers were read")
        return tuple(rows)

    def _first(self, newest: datetime) -> Generator[str, Values | None, int]:
        """The number of the last hour not after `until`: never above what it would be without a break, so halved."""
        low, high = 1, min(OLDEST, max(1, -((self.until - newest) // _HOUR) + 1))
        while low < high:
            middle = (low + high) // 2
            at = yield from _time(middle)
            if at is None or at <= self.until:
                high = middle
            else:
                low = middle + 1
        return low


def _time(number: int) -> Generator[str, Values | None, datetime | None]:
    values = yield f"{PROFILE}{_TIME}{number:02X}"
    return moment(values.rest) if values is not None and len(values.rest) >= 5 else None
