"""Which column of a file is what, by the words of its header."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from keng_hub.meterdata.files.cells import Cell, Unreadable
from keng_hub.meterdata.files.folded import folded
from keng_hub.meterdata.tariffs import Period

SEARCHED: Final = 20
"""So many rows may stand above the header."""
_METER: Final = (
    "cong to",
    "so cong to",
    "ma cong to",
    "ma diem do",
    "diem do",
    "so no",
    "serial",
    "meter",
)
_WHEN: Final = ("ngay", "thoi gian", "thoi diem", "date", "time")
_TOTAL: Final = (
    "chi so",
    "tong chi so",
    "register",
    "reading",
)
_RATES: Final = {
    Period.STANDARD: ("bt", "binh thuong", "standard"),
    Period.PEAK: ("cd", "cao diem", "peak"),
    Period.OFFPEAK: ("td", "thap diem", "offpeak"),
}
_UNITS: Final = {"wh": Decimal(1), "kwh": Decimal(1000), "mwh": Decimal(1_000_000)}


class Columns(NamedTuple):
    """Places of the columns; `registers` are (place, period or None for the total, Wh of one unit)."""

    header: int
    meter: int | None
    when: int
    registers: tuple[tuple[int, Period | None, Decimal], ...]


def find(rows: Sequence[Sequence[Cell]]) -> Columns:
    """The header's row and columns; Unreadable("header") when there is none with a day and a register."""
    for number, row in enumerate(rows[:SEARCHED]):
        texts = [folded(cell) if isinstance(cell, str) else "" for cell in row]
        when = _first(texts, _WHEN)
        registers = [(place, *found) for place, text in enumerate(texts) if (found := _register(text))]
        if when is not None and registers:
            if sum(period is None for _, period, _ in registers) > 1:
                registers = [one for one in registers if not texts[one[0]].startswith(("chi so cu", "chi so dau"))]
            return Columns(number, _first(texts, _METER), when, tuple(registers))
    raise Unreadable("header")


def _first(texts: Sequence[str], words: Sequence[str]) -> int | None:
    for place, text in enumerate(texts):
        if any(f"{text} ".startswith(f"{word} ") for word in words):
            return place
    return None


def _register(text: str) -> tuple[Period | None, Decimal] | None:
    words = text.split()
    if _first([text], _TOTAL) is None:
        return None
    unit = next((_UNITS[word] for word in words if word in _UNITS), _UNITS["kwh"])
    for period, names in _RATES.items():
        if any(f" {name} " in f" {text} " for name in names):
            return period, unit
    return None, unit
