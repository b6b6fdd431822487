"""Tables as files that people open with a spreadsheet: CSV as Excel reads it, XLSX with real dates; never a formula."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from importlib import import_module
from typing import Any, Final, NamedTuple

from aiohttp import web

Value = str | int | float | datetime | None
CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Table(NamedTuple):
    """A table with the notes that explain it; times are those of the commune, without a zone."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[Value]]
    notes: Sequence[str]
    notes_name: str


def as_csv(table: Table, language: str) -> bytes:
    """UTF-8 with a mark, notes at the end; Vietnamese: `;` between and `,` in numbers, English: `,` and `.`."""
    comma = language == "vi"
    made = io.StringIO()
    writer = csv.writer(made, delimiter=";" if comma else ",", lineterminator="\r\n")
    writer.writerow([_plain(text) for text in table.head])
    writer.writerows([[_text(value, comma) for value in row] for row in table.rows])
    writer.writerow([])
    writer.writerows([[_plain(f"# {note}")] for note in table.notes])
    return made.getvalue().encode("utf-8-sig")


def as_xlsx(table: Table) -> bytes:
    """A workbook of two sheets, the table and its notes."""
    xlsxwriter: Any = import_module("xlsxwriter")  # it has no types
    made = io.BytesIO()
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(made, safe) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        sheet = book.add_worksheet(table.name[:31])
        sheet.write_row(0, 0, table.head, bold)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(table.head) - 1, 18)
        for number, row in enumerate(table.rows, 1):
            for place, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, place, value, moment)
                elif isinstance(value, str):
                    sheet.write_string(number, place, value)
                elif value is not None:
                    sheet.write_number(number, place, value)
        notes = book.add_worksheet(table.notes_name[:31])
        notes.set_column(0, 0, 110)
        for number, note in enumerate(table.notes):
            notes.write_string(number, 0, note)
    return made.getvalue()


def attachment(table: Table, form: str, name: str, language: str) -> web.Response:
    """The table as a file to keep: `form` is "csv" or "xlsx", `name` is what it is called without that ending."""
    csv = form == "csv"
    body = as_csv(table, language) if csv else as_xlsx(table)
    headers = {
        "Content-Type": f"{CSV}; charset=utf-8" if csv else XLSX,
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
    }
    return web.Response(body=body, headers=headers)


def _text(value: Value, comma: bool) -> str:
    if isinstance(value, str):
        return _plain(value)
    if isinstance(value, datetime):
        return value.strftime("%d/%m/%Y %H:%M")
    text = "" if value is None else str(value)
    return text.replace(".", ",") if comma else text


def _plain(text: str) -> str:
    """A text that begins like a formula is not one: a spreadsheet shows what follows the apostrophe."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
