"""Rows of cells as readings: meter, moment, Wh. A line that cannot be taken says why and is never mended."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from keng_hub.meterdata.files import columns
from keng_hub.meterdata.files.cells import Cell
from keng_hub.meterdata.tariffs import Period
from keng_hub.store.days import DAY_MS

_VIETNAM: Final = timezone(timedelta(hours=7))
_LARGEST: Final = Decimal(10**12)  # Wh
_DAY: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_NUMBERS: Final = {
    "vi": re.compile(r"(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d+))?"),
    "en": re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?"),
}


class LineFault(StrEnum):
    """Why a line of a file cannot be taken."""

    METER = "meter"  # none named
    UNKNOWN = "unknown"  # no such meter, or not among those the person looks after
    AMBIGUOUS = "ambiguous"  # several meters bear this name
    DAY = "day"
    NUMBER = "number"
    NOTHING = "nothing"  # no register on the line


class Style(NamedTuple):
    """How a file is written, as the person says who brings it."""

    numbers: Literal["vi", "en"] = "vi"
    moment: Literal["start", "end"] = "start"
    """A day without a time is its beginning or its end."""


class Line(NamedTuple):
    """One reading: `number` of the line from 1, `period` None for the total register."""

    number: int
    meter: str
    at: int
    period: Period | None
    wh: Decimal


class Bad(NamedTuple):
    """A line that cannot be taken, with the text that is wrong."""

    number: int
    fault: LineFault
    text: str


def read(rows: Sequence[Sequence[Cell]], style: Style) -> list[Line | Bad]:
    """Every line behind the header; empty ones are left out. Raises Unreadable when there is no header."""
    places = columns.find(rows)
    found: list[Line | Bad] = []
    for number, row in enumerate(rows[places.header + 1 :], places.header + 2):
        if any(cell != "" for cell in row):
            found += _line(number, row, places, style)
    return found


def _line(number: int, row: Sequence[Cell], places: columns.Columns, style: Style) -> list[Line | Bad]:
    def cell(place: int) -> Cell:
        return row[place] if place < len(row) else ""

    at = _moment(cell(places.when), style)
    if at is None:
        return [Bad(number, LineFault.DAY, _text(cell(places.when)))]
    meter = _text(cell(places.meter)) if places.meter is not None else ""
    found: list[Line | Bad] = []
    for place, period, unit in places.registers:
        if cell(place) == "":
            continue
        value = _number(cell(place), style)
        if value is None or value * unit >= _LARGEST:
            return [Bad(number, LineFault.NUMBER, _text(cell(place)))]
        found.append(Line(number, meter, at, period, value * unit))
    return found or [Bad(number, LineFault.NOTHING, "")]


def _moment(cell: Cell, style: Style) -> int | None:
    """UTC ms of a day or time of the commune; None when it is neither."""
    if isinstance(cell, datetime):
        local, timed = cell, (cell.hour, cell.minute, cell.second) != (0, 0, 0)
    else:
        text = _text(cell)
        day, iso = _DAY.fullmatch(text), _ISO.fullmatch(text)
        if day:
            date, time = (day[3], day[2], day[1]), day.groups()[3:]
        elif iso:
            date, time = (iso[1], iso[2], iso[3]), iso.groups()[3:]
        else:
            return None
        timed = time[0] is not None
        try:
            local = datetime(*(int(part) for part in date), *(int(part or 0) for part in time))  # type: ignore[arg-type]  # six numbers
        except ValueError:
            return None
    if not 2000 <= local.year < 2100:
        return None
    at = int(local.replace(tzinfo=_VIETNAM).timestamp()) * 1000
    return at if timed or style.moment == "start" else at + DAY_MS


def _number(cell: Cell, style: Style) -> Decimal | None:
    if isinstance(cell, Decimal):
        return cell if cell >= 0 else None
    match = _NUMBERS[style.numbers].fullmatch(_text(cell).replace("\xa0", ""))
    if match is None:
        return None
    whole = re.sub(r"\D", "", match[1])
    return Decimal(f"{whole}.{match[2] or 0}") if len(whole) <= 15 else None


def _text(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%d/%m/%Y %H:%M}"
    return f"{cell:f}" if isinstance(cell, Decimal) else cell
