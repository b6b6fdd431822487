"""A CSV or XLSX file as rows of cells, within limits; what is neither is refused before anything of it is used."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from xml.parsers import expat

import python_calamine

from keng_hub.errors import HubError

LARGEST: Final = 5 * 1024 * 1024
"""Bytes of a file: 5,000 meters of a month are some 4 MB."""
MOST_ROWS: Final = 50_000
MOST_COLUMNS: Final = 60
LONGEST: Final = 400
"""Characters of a cell."""
_UNPACKED: Final = 60 * 1024 * 1024
_ZIP, _OLE, _UTF16 = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", (b"\xff\xfe", b"\xfe\xff")
_PLACE: Final = re.compile(r"([A-Z]{1,3})(\d{1,7})")

Cell = str | Decimal | datetime
"""Text, empty for nothing; a number or a time only from XLSX."""


class Unreadable(HubError):
    """The file cannot be taken as a whole; `code` says why.

    It is one of "empty", "large", "kind", "old_excel", "encoding", "broken", "rows", "header".
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def rows(data: bytes) -> list[list[Cell]]:
    """All rows, empty ones too, so that a row's place is its number in the file. Raises Unreadable."""
    if not data.strip():
        raise Unreadable("empty")
    if len(data) > LARGEST:
        raise Unreadable("large")
    if data.startswith(_OLE):
        raise Unreadable("old_excel")
    found = list(_of_xlsx(data) if data.startswith(_ZIP) else _of_csv(data))
    if len(found) > MOST_ROWS or any(len(row) > MOST_COLUMNS for row in found):
        raise Unreadable("rows")
    return found


def _of_csv(data: bytes) -> Iterator[list[Cell]]:
    if data.startswith(_UTF16):
        raise Unreadable("encoding")
    if b"\0" in data:
        raise Unreadable("kind")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("encoding") from None
    head = text[:4096]
    separator = max(";\t,", key=head.count)
    if separator not in head:
        raise Unreadable("kind")
    try:
        for count, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator)):
            if count >= MOST_ROWS:
                raise Unreadable("rows")
            yield [cell.strip()[:LONGEST] for cell in row]
    except csv.Error:
        raise Unreadable("broken") from None


def _of_xlsx(data: bytes) -> Iterator[list[Cell]]:
    """The first sheet. The reader lays a sheet out as one rectangle, so its corners are looked at before."""
    _look_inside(data)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheet = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except Exception:  # noqa: BLE001 — the reader has an error of its own for each way a file can be wrong
        raise Unreadable("broken") from None
    for row in sheet:
        yield [_cell(value) for value in row]


def _look_inside(data: bytes) -> None:
    """Unpack everything once within limits (checks of the archive included), and see how far each sheet reaches."""
    left = _UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                with archive.open(member) as file:
                    content = file.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise Unreadable("large")
                if member.filename.startswith("xl/worksheets/") and member.filename.endswith(".xml"):
                    _measure(content)
            if "xl/workbook.xml" not in archive.namelist():
                raise Unreadable("kind")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, expat.ExpatError):
        raise Unreadable("broken") from None


def _measure(content: bytes) -> None:
    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "row" and int(attributes.get("r", "0")) > MOST_ROWS:
            raise Unreadable("rows")
        if name.rpartition(":")[2] == "c" and "r" in attributes:
            place = _PLACE.fullmatch(attributes["r"])
            if place is None or int(place[2]) > MOST_ROWS or _column(place[1]) > MOST_COLUMNS:
                raise Unreadable("rows")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.Parse(content, True)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _cell(value: object) -> Cell:
    match value:
        case bool():
            return str(value)
        case float() | int():
            return Decimal(repr(value)).normalize() if value == value else ""
        case datetime():
            return value
        case date():
            return datetime(value.year, value.month, value.day)
        case _:
            return str(value).strip()[:LONGEST]
