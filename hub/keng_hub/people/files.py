"""A list of households from a file: rows of cells in, entries out; a line that cannot be taken says why."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple
from unicodedata import normalize

from keng_hub.meterdata.files.cells import Cell, Unreadable
from keng_hub.meterdata.files.folded import folded
from keng_hub.people import phones
from keng_hub.people.errors import Refused
from keng_hub.people.register import MOST_NUMBERS, Entry

SEARCHED: Final = 20
"""So many rows may stand above the header."""
LONGEST: Final = 200
_PLACE: Final = ("noi", "ngo", "to", "thon", "dia ban", "place", "alley", "group")
_LABEL: Final = ("nha", "so nha", "ten nha", "ho", "ho gia dinh", "house", "household", "label")
_NUMBERS: Final = ("dien thoai", "so dien thoai", "sdt", "so goi", "phone", "call number")
_LEGACY: Final = ("dia chi cu", "old address")


class EntryFault(StrEnum):
    """Why a line cannot be taken."""

    PLACE = "place"  # none named, and none chosen for the file
    UNKNOWN = "unknown"  # no such place, or not among those of who brings the file
    AMBIGUOUS = "ambiguous"  # several places bear this name
    LABEL = "label"
    NUMBER = "number"
    TWICE = "twice"  # the house stands in the file before


class Line(NamedTuple):
    """One household; `number` of the line from 1."""

    number: int
    entry: Entry


class Bad(NamedTuple):
    """A line that cannot be taken, with the text that is wrong."""

    number: int
    fault: EntryFault
    text: str


class _Columns(NamedTuple):
    header: int
    place: int | None
    label: int
    numbers: tuple[int, ...]
    legacy: int | None


def read(
    rows: Sequence[Sequence[Cell]], places: Mapping[str, Sequence[str]], only: str | None = None
) -> list[Line | Bad]:
    """Every line behind the header. `places`: folded name or id → ids; `only` is the place of lines that name none.

    Raises Unreadable("header") without a column for the house.
    """
    columns = _find(rows)
    found: list[Line | Bad] = []
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(rows[columns.header + 1 :], columns.header + 2):
        if not any(cell != "" for cell in row):
            continue
        line = _line(number, [_text(cell) for cell in row], columns, places, only)
        if isinstance(line, Line):
            key = (line.entry.place, folded(line.entry.label))
            line = Bad(number, EntryFault.TWICE, line.entry.label) if key in seen else line
            seen.add(key)
        found.append(line)
    return found


def _find(rows: Sequence[Sequence[Cell]]) -> _Columns:
    for number, row in enumerate(rows[:SEARCHED]):
        texts = [folded(cell) if isinstance(cell, str) else "" for cell in row]
        label = _first(texts, _LABEL)
        if label is not None:
            numbers = tuple(at for at, text in enumerate(texts) if _first([text], _NUMBERS) is not None)
            return _Columns(number, _first(texts, _PLACE), label, numbers, _first(texts, _LEGACY))
    raise Unreadable("header")


def _first(texts: Sequence[str], words: Sequence[str]) -> int | None:
    """The place of the text that is one of `words`, else of one that begins with it and a number."""
    for place, text in enumerate(texts):
        if text in words or text.rstrip(" 123") in words:
            return place
    return None


def _line(
    number: int, row: Sequence[str], columns: _Columns, places: Mapping[str, Sequence[str]], only: str | None
) -> Line | Bad:
    def cell(at: int | None) -> str:
        return row[at].strip() if at is not None and at < len(row) else ""

    named = cell(columns.place)
    ids = places.get(folded(named), []) if named else [only] if only else []
    if len(ids) != 1:
        fault = EntryFault.AMBIGUOUS if ids else EntryFault.UNKNOWN if named else EntryFault.PLACE
        return Bad(number, fault, named)
    label = normalize("NFC", cell(columns.label))
    if not label or len(label) > LONGEST or not label.isprintable() or not folded(label):
        return Bad(number, EntryFault.LABEL, label[:LONGEST])
    numbers: list[str] = []
    for at in columns.numbers:
        for text in filter(None, (part.strip() for part in cell(at).replace(";", ",").split(","))):
            try:
                numbers.append(phones.number(text))
            except Refused:
                return Bad(number, EntryFault.NUMBER, text[:LONGEST])
    if len(dict.fromkeys(numbers)) > MOST_NUMBERS:
        return Bad(number, EntryFault.NUMBER, cell(columns.numbers[0]))
    return Line(number, Entry(ids[0], label, tuple(dict.fromkeys(numbers)), cell(columns.legacy)[:LONGEST] or None))


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else f"{cell:f}" if hasattr(cell, "normalize") else str(cell)
