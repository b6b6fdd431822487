"""Files with daily readings: what they may look like, what is refused, and which meter a line means."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
import sqlalchemy as sa

from keng_hub.meterdata import imports, names, previews
from keng_hub.meterdata.files import cells, lines
from keng_hub.meterdata.files.cells import LARGEST, Unreadable
from keng_hub.meterdata.files.folded import folded
from keng_hub.meterdata.files.lines import Bad, Line, LineFault, Style
from keng_hub.meterdata.imports import Compared
from keng_hub.meterdata.questions import Refused
from keng_hub.meterdata.settings import MeterData, MeterSettings
from keng_hub.meterdata.tariffs import Period
from keng_hub.store import Point, StoreUnavailable
from support.meter_hub import NOW, OFFICER, MeterHub
from support.meter_sheets import DAY, IMPORT, METER, MONDAY

MIDNIGHT = 1_795_107_600_000
"""20 November 2026 at the commune."""


def _read(text: str, style: Style = Style()) -> list[Line | Bad]:  # noqa: B008 — a tuple
    return lines.read(cells.rows(text.encode()), style)


def _workbook(*rows: list[object]) -> bytes:
    made = io.BytesIO()
    xlsxwriter: Any = import_module("xlsxwriter")  # it has no types
    with xlsxwriter.Workbook(made, {"default_date_format": "dd/mm/yyyy"}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return made.getvalue()


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_csv_with_vietnamese_numbers_and_dates_is_read(mark: str, separator: str) -> None:
    text = f"{mark}Số công tơ;Ngày;Chỉ số (kWh)\n0012;20/11/2026;1.234,5\n\n0012;21/11/2026 06:30;1.240\n"
    assert _read(text.replace(";", separator)) == [
        Line(2, "0012", MIDNIGHT, None, Decimal(1_234_500)),
        Line(4, "0012", MIDNIGHT + DAY + 6 * 3_600_000 + 1_800_000, None, Decimal(1_240_000)),
    ]


def test_commas_separate_when_numbers_in_quotes_hold_some() -> None:
    text = 'cong to,ngay,chi so\nA,2026-11-20,"1,5"\n'
    assert _read(text) == [Line(2, "A", MIDNIGHT, None, Decimal(1500))]


def test_the_three_rates_and_the_unit_are_told_by_the_header() -> None:
    text = "Bảng chỉ số\nNgày;Chỉ số BT;Chỉ số cao điểm;Chỉ số TĐ (Wh)\n20/11/2026;1,5;2;3\n"
    assert [(line.period, int(line.wh)) for line in _read(text) if isinstance(line, Line)] == [
        (Period.STANDARD, 1500),
        (Period.PEAK, 2000),
        (Period.OFFPEAK, 3),
    ]


def test_of_an_old_and_a_new_register_the_new_one_counts() -> None:
    (line,) = _read("Ngày;Chỉ số cũ;Chỉ số mới\n20/11/2026;1;2\n")
    assert isinstance(line, Line)
    assert line.wh == 2000


def test_a_day_may_mean_its_end_but_a_time_is_a_time() -> None:
    end = Style(moment="end")
    text = "Ngày;Chỉ số\n20/11/2026;1\n20/11/2026 00:00;1\n"
    assert [line.at for line in _read(text, end) if isinstance(line, Line)] == [MIDNIGHT + DAY, MIDNIGHT]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("A;31/02/2026;1", LineFault.DAY),
        ("A;20/11/26;1", LineFault.DAY),
        ("A;;1", LineFault.DAY),
        ("A;20/11/2026 25:00;1", LineFault.DAY),
        ("A;20/11/1999;1", LineFault.DAY),
        ("A;20/11/2026;-1", LineFault.NUMBER),
        ("A;20/11/2026;12.34", LineFault.NUMBER),  # Vietnamese groups have three figures
        ("A;20/11/2026;1,234,5", LineFault.NUMBER),
        ("A;20/11/2026;=1+1", LineFault.NUMBER),
        ("A;20/11/2026;999999999999999999", LineFault.NUMBER),
        ("A;20/11/2026;1e9", LineFault.NUMBER),
        ("A;20/11/2026", LineFault.NOTHING),
    ],
)
def test_a_bad_line_is_told_with_its_number_and_nothing_is_guessed(line: str, fault: LineFault) -> None:
    found = _read(f"cong to;ngay;chi so\n{line}\nB;20/11/2026;7\n")
    assert [one.number for one in found] == [2, 3]
    assert isinstance(found[0], Bad)
    assert found[0].fault is fault
    assert isinstance(found[1], Line)


def test_english_numbers_are_read_when_the_person_says_so() -> None:
    text = "meter;date;register kwh\nA;20/11/2026;1234.5\nA;21/11/2026;1234,5\n"
    good, bad = _read(text, Style(numbers="en"))
    assert (isinstance(good, Line) and good.wh, isinstance(bad, Bad)) == (1_234_500, True)


def test_an_xlsx_is_read_with_its_dates_and_numbers() -> None:
    data = _workbook(
        ["Điện lực", None], ["Số công tơ", "Ngày", "Chỉ số (kWh)"], [20261234567, date(2026, 11, 20), 1234.56],
        ["0012", datetime(2026, 11, 20, 6, 30), "1.234,5"], ["0012", "20/11/2026", -3],
    )  # fmt: skip
    assert lines.read(cells.rows(data), Style()) == [
        Line(3, "20261234567", MIDNIGHT, None, Decimal(1_234_560)),
        Line(4, "0012", MIDNIGHT + 13 * 1_800_000, None, Decimal(1_234_500)),
        Bad(5, LineFault.NUMBER, "-3"),
    ]


def _zip(name: str, content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"a;b\n" * (LARGEST // 4 + 1), "large"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_excel"),
        ("công tơ;ngày".encode("cp1258", "replace"), "encoding"),
        ("ngay;chi so".encode("utf-16"), "encoding"),
        (b"\x89PNG\r\n\x1a\n\0\0", "kind"),
        (b"hello", "kind"),
        (b"PK\x03\x04 not an archive", "broken"),
        (_workbook(["Ngày", "Chỉ số"])[:-60], "broken"),
        (_zip("xl/worksheets/sheet1.xml", b'<row r="1"><c r="XFD1048576"/></row>'), "rows"),
        (_zip("xl/worksheets/sheet1.xml", b'<row r="1"><c r="A1"'), "broken"),
        (_zip("xl/media/big.bin", b"\0" * 70_000_000), "large"),
        (_zip("xl/nothing.xml", b""), "broken"),
        (b"ngay;chi so\n" * 50_001, "rows"),
        (b"ngay;chi so" + b";" * 80, "rows"),
        (b"tong;so tien\n1;2\n", "header"),
    ],
)
def test_what_is_no_list_of_readings_is_refused_whole(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        lines.read(cells.rows(data), Style())
    assert refused.value.code == code


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(Unreadable, match="kind"):
        cells.rows(made.getvalue())


@pytest.mark.parametrize("cut", range(0, 6000, 97))
def test_a_workbook_cut_anywhere_is_refused_and_nothing_else_happens(cut: int) -> None:
    data = _workbook(["Ngày", "Chỉ số"], ["20/11/2026", 1])
    if 0 < cut < len(data):
        with pytest.raises(Unreadable):
            cells.rows(data[:cut])


def test_search_knows_no_marks() -> None:
    assert folded("Công tơ ĐÈN đường, ngõ 3") == "cong to den duong ngo 3"
    assert folded("hoà") == folded("hòa") == "hoa"


async def test_a_line_means_a_meter_by_serial_by_name_or_not_at_all(hub: MeterHub) -> None:
    settings = MeterData(meters=[MeterSettings(meter="ngo-3/cong-to-1", serial="0012")])
    known = await hub.database.read(names.names, sa.true(), settings)
    header = "cong to;ngay;chi so;chi so bt\n"
    text = f"{header}0012;20/11/2026;5;3\nCÔNG TƠ 1;20/11/2026;6\nXYZ;20/11/2026;5\n;20/11/2026;5\n"
    points, bad = names.points(_read(text), known, settings, None)
    assert points == [
        (2, Point(*METER, IMPORT, MIDNIGHT, 5000.0)),
        (2, Point(*METER, "energy_import_t1", MIDNIGHT, 3000.0)),
        (3, Point(*METER, IMPORT, MIDNIGHT, 6000.0)),
    ]
    assert [(one.number, one.fault) for one in bad] == [(4, LineFault.UNKNOWN), (5, LineFault.METER)]
    only, _ = names.points(_read("ngay;chi so\n20/11/2026;5\n"), known, settings, METER)
    assert [point.series.device for _, point in only] == ["cong-to-1"]


async def test_a_meter_out_of_scope_is_unknown(hub: MeterHub) -> None:
    known = await hub.database.read(names.names, sa.false(), MeterData())
    assert names.points(_read("cong to;ngay;chi so\ncong-to-1;20/11/2026;5\n"), known, MeterData(), None)[0] == []


def _points(*values: tuple[int, float]) -> list[tuple[int, Point]]:
    return [(number, Point(*METER, IMPORT, at, value)) for number, (at, value) in enumerate(values, 2)]


async def test_a_preview_says_what_would_change_and_stores_nothing(hub: MeterHub) -> None:
    await hub.store.write([Point(*METER, IMPORT, MONDAY, 1000.0), Point(*METER, IMPORT, MONDAY + DAY, 2000.0)])
    numbered = _points((MONDAY, 1000.0), (MONDAY + DAY, 2500.0), (MONDAY + 2 * DAY, 3000.0), (NOW + DAY, 9.0))
    found = await imports.compare(hub.store, [point for _, point in numbered], NOW)
    assert [verdict for verdict, _ in found] == [Compared.SAME, Compared.DIFFERENT, Compared.NEW, Compared.FUTURE]
    assert found[1][1] == 2000.0
    assert len(await hub.store.range(numbered[0][1].series, 0, 2 * NOW)) == 2


async def test_a_file_is_brought_in_once_and_noted_with_name_and_hash(hub: MeterHub) -> None:
    file = ("so-lieu.csv", b"file")
    bad = [Bad(9, LineFault.DAY, "?")]
    number = await previews.prepare(
        hub.database, hub.store, OFFICER, file, (_points((MONDAY, 1000.0), (MONDAY + DAY, 2000.0)), bad), NOW
    )
    row = await hub.database.read(previews.get, OFFICER, number)
    assert (row["counts"], row["bad"], row["earlier"]) == ({"new": 2}, [[9, "day", "?"]], None)
    await previews.confirm(hub.database, hub.store, OFFICER, number, NOW)
    with pytest.raises(Refused, match="answered"):
        await previews.confirm(hub.database, hub.store, OFFICER, number, NOW)
    again = await previews.prepare(hub.database, hub.store, OFFICER, file, (_points((MONDAY, 1000.0)), []), NOW)
    row = await hub.database.read(previews.get, OFFICER, again)
    assert row["counts"] == {"same": 1}
    assert row["earlier"]["full_name"] == "Nguyễn Văn Mẫu"
    (done,) = await hub.database.read(previews.recent, None)
    assert (done["name"], len(done["sha256"]), done["counts"]["new"]) == ("so-lieu.csv", 64, 2)
    await hub.settle()
    assert sum(one.wh or 0 for one in await hub.accepted()) == 1000


async def test_an_import_that_the_store_cannot_take_stays_a_preview(
    hub: MeterHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: object) -> None:
        raise StoreUnavailable("down for the test")

    bad: list[Bad] = []
    points = (_points((MONDAY, 1000.0)), bad)
    number = await previews.prepare(hub.database, hub.store, OFFICER, ("a.csv", b""), points, NOW)
    with monkeypatch.context() as patched:
        patched.setattr(hub.store, "write", away)
        with pytest.raises(StoreUnavailable):
            await previews.confirm(hub.database, hub.store, OFFICER, number, NOW)
    await previews.confirm(hub.database, hub.store, OFFICER, number, NOW)
    assert len(await hub.store.range(points[0][0][1].series, 0, NOW)) == 1


async def test_a_preview_belongs_to_who_made_it(hub: MeterHub) -> None:
    number = await previews.prepare(hub.database, hub.store, OFFICER, ("a.csv", b""), ([], []), NOW)
    with pytest.raises(Refused, match="gone"):
        await hub.database.read(previews.get, OFFICER + 1, number)
    await hub.database.write(previews.drop, OFFICER, number)
    with pytest.raises(Refused, match="gone"):
        await hub.database.read(previews.get, OFFICER, number)
