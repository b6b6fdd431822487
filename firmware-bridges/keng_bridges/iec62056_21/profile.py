"""The load profile of a meter, `P.01`: a header with time, status and columns, then one row an interval.

Header and rows as in the VDEW specification 2.1, which makers follow; a new header stands where time or status changed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from keng_bridges.iec62056_21.obis import Obis, base_unit, parse
from keng_bridges.iec62056_21.readout import timestamp
from keng_bridges.values import Measurement, Quality
from keng_wire.quantities import UNITS

CLOCK_RAN_OUT: Final = 0x02
DISTURBED: Final = 0x05
"""Bits of the status word: the clock's reserve ran out; values disturbed (04), meter broken (01)."""

_MEANS: Final = {"1-0:1.5.0": "power"}
"""What only a load profile has: the mean power of the interval."""

_HEADER = re.compile(r"([0-9CFLP.:*&-]*P\.\d{1,2}|\d{1,3}-\d{1,3}:99\.\d{1,3}\.\d{1,3})\((.*)\)")
_GROUP = re.compile(r"\(([^()]*)\)")
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,9})?")
_MOST_COLUMNS = 32


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """Rows in the meter's order, each value with its `at`, and the lines that made no sense.

    `at` is the end of the interval: with a zone if the meter counts in UTC, None if its clock had run out.
    """

    rows: tuple[Measurement, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Header:
    begin: datetime | None
    minutes: int
    status: int
    columns: tuple[tuple[str, str], ...]  # code, unit

    @property
    def groups(self) -> int:
        return 4 + 2 * len(self.columns)

    def row(self, number: int, groups: list[str]) -> Iterator[Measurement]:
        at = None if self.begin is None else self.begin + timedelta(minutes=self.minutes * number)
        quality = Quality.SUSPECT if self.status & DISTURBED else Quality.MEASURED
        for (code, unit), group in zip(self.columns, groups, strict=True):
            text = group.strip()
            if not _NUMBER.fullmatch(text):
                continue  # empty or dashes: the meter has no value for it
            obis = parse(code)
            base, factor = base_unit(unit or "1")
            quantity = obis.quantity or _MEANS.get(obis.code) if obis else None
            named = quantity if UNITS.get(quantity or "") == base else None
            value = Decimal(text.replace(",", ".")) * factor
            yield Measurement(named, value, base, quality, _full(obis, code), text, at)


_NO_HEADER: Final = _Header(None, 0, 0, ())


def read_profile(text: str, *, checked: bool | None = None) -> LoadProfile:
    """Take the rows apart; never raises. A line that fits no column count ends its header: later times are unknown."""
    rows: list[Measurement] = []
    problems: list[str] = []
    header, number = _NO_HEADER, 0
    for line in (line.strip("\0\x7f \t") for line in text.splitlines()):
        found = _HEADER.fullmatch(line)
        if found is not None:
            header, number = _header(_GROUP.findall(line)), 0
        elif not line or line == "!":
            continue
        groups: list[str] = _GROUP.findall(line)[header.groups if found else 0 :]
        if not header.columns or len(groups) % len(header.columns) or not line.endswith(_joined(groups)):
            problems.append(line)
            header = _NO_HEADER
            continue
        for start in range(0, len(groups), len(header.columns)):
            rows += header.row(number, groups[start : start + len(header.columns)])
            number += 1
    if checked is False:
        rows = [replace(row, quality=Quality.SUSPECT) for row in rows]
    return LoadProfile(tuple(rows), tuple(problems))


def _joined(groups: list[str]) -> str:
    return "".join(f"({group})" for group in groups)


def _header(groups: list[str]) -> _Header:
    """Time, status, minutes, number of columns, then a code and a unit for each."""
    if len(groups) < 6 or not all(re.fullmatch(r" *[0-9]{1,4} *", groups[n]) for n in (2, 3)):
        return _NO_HEADER
    minutes, count, status = int(groups[2]), int(groups[3]), groups[1].strip()
    if not 1 <= count <= _MOST_COLUMNS or not 1 <= minutes <= 1440 or len(groups) < 4 + 2 * count:
        return _NO_HEADER
    if not re.fullmatch(r"[0-9A-Fa-f]{1,8}", status):
        return _NO_HEADER
    pairs = groups[4 : 4 + 2 * count]
    columns = tuple((pairs[n].strip(), pairs[n + 1].strip()) for n in range(0, 2 * count, 2))
    word = int(status, 16)
    begin = None if word & CLOCK_RAN_OUT else _begin(groups[0])
    return _Header(begin, minutes, word, columns)


def _begin(text: str) -> datetime | None:
    """A time with its season in front: 0 winter, 1 summer, 2 UTC."""
    found = timestamp(text)
    digits = re.sub(r"\D", "", text)
    return found.replace(tzinfo=UTC) if found and len(digits) in (11, 13) and digits[0] == "2" else found


def _full(obis: Obis | None, code: str) -> str:
    if obis is None:
        return code
    return obis.code + (f"*{obis.history}" if obis.history else "")
