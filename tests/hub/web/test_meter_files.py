"""Files of readings at the pages: what comes in is shown before it is stored, what goes out is noted and no formula."""

import io
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp import FormData
from python_calamine import CalamineWorkbook

from keng_hub.meterdata.files.cells import LARGEST
from keng_hub.store import Series, StoreUnavailable
from keng_hub.tables import device, meter_export, meter_import
from keng_hub.web import languages
from keng_hub.web.spreadsheets import Table, Value, as_csv, as_xlsx
from support.meter_office import TWO, furnish, yesterday
from support.office import Office
from support.visitor import Answer, Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
GOOD = "Công tơ;Ngày;Chỉ số (kWh)\ncong-to-1;20/11/2026;1.234,5\ncong-to-1;21/11/2026;1.240\n"
SERIES = Series("ngo-3", "cong-to-1", "energy_import")


@pytest_asyncio.fixture(loop_scope="session")
async def duty(office: Office, visitors: Visitors) -> Visitor:
    """The duty officer."""
    await office.add_account("truc", "duty")
    return await visitors("truc")


async def _send(visitor: Visitor, data: bytes | str, name: str = "so-lieu.csv", **fields: str) -> Answer:
    form = FormData()
    form.add_field("file", data if isinstance(data, bytes) else data.encode(), filename=name)
    for key, value in fields.items():
        form.add_field(key, value)
    return await visitor.post("/imports", form)


async def _readings(office: Office) -> list[tuple[int, float, int]]:
    return await office.store.range(SERIES, 0, 2 * office.clock())


async def _count(office: Office, table: sa.Table) -> int:
    count = sa.select(sa.func.count()).select_from(table)
    return await office.database.read(lambda connection: int(connection.scalar(count) or 0))


async def test_a_file_is_shown_first_and_stored_only_when_confirmed(office: Office, duty: Visitor) -> None:
    answer = await _send(duty, GOOD + "XYZ;20/11/2026;5\ncong-to-1;hôm qua;5\n")
    assert answer.status == 303
    text = (await duty.get(answer.location)).text
    assert re.findall(r"<b>(\d+)</b>", text)[:6] == ["2", "0", "0", "0", "2", "1"]
    for words in ("Chưa lưu gì", "1.234,500", "20/11/2026 00:00", "Không có công tơ này", "hôm qua", "Nhập 2 số liệu"):
        assert words in text
    assert await _readings(office) == []
    done = await duty.post(f"{answer.location}/confirm")
    assert (done.status, done.location) == (303, "/imports?done=confirm")
    assert [value for _, value, _ in await _readings(office)] == [1_234_500.0, 1_240_000.0]
    text = (await duty.get(done.location)).text
    assert "so-lieu.csv" in text
    assert "SHA-256" in text
    assert (await duty.post(f"{answer.location}/confirm")).status == 409


async def test_the_same_file_again_changes_nothing_and_says_so(office: Office, duty: Visitor) -> None:
    first = await _send(duty, GOOD)
    await duty.post(f"{first.location}/confirm")
    before = await _readings(office)
    again = await _send(duty, GOOD, name="ten-khac.csv")
    text = (await duty.get(again.location)).text
    assert "Đúng tệp này đã được" in text
    assert "/confirm" not in text  # there is nothing to bring in
    assert (await duty.post(f"{again.location}/confirm")).status == 303
    assert await _readings(office) == before


async def test_another_value_for_a_moment_replaces_nothing_and_is_said(office: Office, duty: Visitor) -> None:
    await duty.post(f"{(await _send(duty, GOOD)).location}/confirm")
    other = await _send(duty, GOOD.replace("1.240", "1.999"))
    text = (await duty.get(other.location)).text
    assert "Khác số đang có" in text
    assert "1.240,000" in text
    await duty.post(f"{other.location}/confirm")
    assert [value for _, value, _ in await _readings(office)] == [1_234_500.0, 1_240_000.0]


async def test_a_workbook_with_one_meter_for_the_whole_file_is_taken(office: Office, duty: Visitor) -> None:
    rows: list[list[Value]] = [[datetime(2026, 11, 20), 1234.5], [datetime(2026, 11, 21), 1240]]
    data = as_xlsx(Table("Số liệu", ["Ngày", "Chỉ số"], rows, [], "Ghi chú"))
    answer = await _send(duty, data, "so-lieu.xlsx", meter="ngo-3/cong-to-1", moment="end")
    await duty.post(f"{answer.location}/confirm")
    assert [languages.stamp(at) for at, _, _ in await _readings(office)] == ["21/11/2026 00:00", "22/11/2026 00:00"]


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"", 422, "Tệp trống"),
        (b"%PDF-1.7\0", 422, "không phải tệp CSV hay XLSX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 422, "Excel cũ"),
        (b"PK\x03\x04....", 422, "Tệp bị hỏng"),
        ("ngày;số".encode("utf-16"), 422, "Không đọc được chữ"),
        (b"tong;so tien\n1;2\n", 422, "Không thấy dòng tiêu đề"),
        (b"x" * (LARGEST + 1), 413, "Tệp quá lớn"),
    ],
)
async def test_a_file_that_cannot_be_taken_is_refused_in_words_and_leaves_nothing(
    office: Office, duty: Visitor, data: bytes, status: int, words: str
) -> None:
    answer = await _send(duty, data)
    assert answer.status == status
    assert words in answer.text
    assert await _count(office, meter_import) == 0


async def test_a_form_that_is_no_upload_or_has_no_file_is_refused(office: Office, duty: Visitor) -> None:
    assert (await duty.post("/imports", {"file": "x"})).status == 422
    form = FormData()
    form.add_field("numbers", "vi", filename="")
    assert (await duty.post("/imports", form)).status == 422
    assert (await _send(duty, GOOD, numbers="roman")).status == 422
    assert (await _send(duty, GOOD, meter="ngo-3/khoi-bep")).status == 422
    assert (await _send(duty, GOOD, note="?")).status == 422
    assert await _count(office, meter_import) == 0


@pytest.mark.expects_log("came from another site")
async def test_a_foreign_upload_is_refused(office: Office, duty: Visitor) -> None:
    form = FormData()
    form.add_field("file", GOOD.encode(), filename="a.csv")
    assert (await duty.post("/imports", form, headers={"Sec-Fetch-Site": "cross-site"})).status == 403


async def test_a_preview_is_seen_and_confirmed_by_who_made_it_and_can_be_dropped(
    office: Office, visitors: Visitors, duty: Visitor
) -> None:
    await office.add_account("khac", "duty")
    other = await visitors("khac")
    at = (await _send(duty, GOOD)).location
    assert (await other.get(at)).status == 404
    assert (await other.post(f"{at}/confirm")).status == 404
    await other.post(f"{at}/drop")
    assert (await duty.get(at)).status == 200
    assert (await duty.post(f"{at}/drop")).location == "/imports?done=drop"
    assert (await duty.get(at)).status == 404
    assert await _readings(office) == []


async def test_meters_of_other_places_are_unknown_to_an_import(office: Office, visitors: Visitors) -> None:
    await office.add_account("thon", "duty", "thon-hai")
    person = await visitors("thon")
    text = (await person.get((await _send(person, GOOD)).location)).text
    assert text.count("Không có công tơ này") == 2
    assert "/confirm" not in text


async def test_a_store_that_is_away_leaves_the_preview_for_later(
    office: Office, duty: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreUnavailable("down for the test")

    at = (await _send(duty, GOOD)).location
    with monkeypatch.context() as patched:
        patched.setattr(office.store, "write", away)
        failed = await duty.post(f"{at}/confirm")
        assert failed.status == 503
        assert "Kho số đo không trả lời" in failed.text
        patched.setattr(office.store, "range", away)
        assert (await _send(duty, GOOD)).status == 503
    assert (await duty.post(f"{at}/confirm")).status == 303
    assert len(await _readings(office)) == 2


def _sheets(data: bytes) -> tuple[Sequence[Sequence[Any]], Sequence[Sequence[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return book.get_sheet_by_index(0).to_python(), book.get_sheet_by_index(1).to_python()


async def _fetch(visitor: Visitor, path: str) -> bytes:
    async with visitor.http.get(visitor.office.url + path) as response:
        assert response.status == 200
        assert "attachment" in response.headers["Content-Disposition"]
        assert response.headers["Cache-Control"] == "no-store"
        return await response.read()


async def test_a_day_goes_out_with_flags_periods_and_definitions_and_is_noted(office: Office, duty: Visitor) -> None:
    await furnish(office)
    day = languages.local(yesterday(office)).date()
    path = f"/meters/{TWO.node}/{TWO.device}/export?range=day&date={day.isoformat()}"
    text = (await _fetch(duty, f"{path}&form=csv")).decode("utf-8-sig")
    lines = text.split("\r\n")
    assert lines[0] == "Từ lúc;Điện năng (kWh);Khung giờ;Chất lượng;Lý do"
    assert lines[1] == f"{day:%d/%m/%Y} 00:00;0,25;TĐ;Đo được;"
    assert sum(";Ước tính;" in line for line in lines) == 9
    for words in ("# Độ phủ số liệu: 100,0 %", "# Mức đầy đủ: 81,2 %", "QĐ 963/QĐ-BCT", "không dùng để tính tiền"):
        assert words in text
    rows, notes = _sheets(await _fetch(duty, f"{path}&form=xlsx"))
    assert rows[2][:3] == [datetime(day.year, day.month, day.day, 0, 30), 0.25, "TĐ"]
    assert len(rows) == 49
    assert len(notes) > 5
    exports = await office.database.read(lambda connection: connection.execute(sa.select(meter_export)).all())
    assert [(row.what, row.device, row.form) for row in exports] == [
        ("meter", "cong-to-10", "csv"),
        ("meter", "cong-to-10", "xlsx"),
    ]
    listed = (await duty.get("/imports")).text
    assert "Công tơ hộ ông Mẫu B" in listed


async def test_a_month_and_a_village_go_out_as_sums(office: Office, duty: Visitor) -> None:
    await furnish(office)
    rows, _ = _sheets(await _fetch(duty, f"/meters/{TWO.node}/{TWO.device}/export?range=month&form=xlsx"))
    assert rows[0][1:5] == ["Điện năng (kWh)", "BT (kWh)", "CĐ (kWh)", "TĐ (kWh)"]
    village, notes = _sheets(await _fetch(duty, "/village/export?form=xlsx"))
    assert {row[0] for row in village[1:]} == {"ngo-3/cong-to-1", "ngo-9/cong-to-9", "ngo-9/cong-to-10", "ngo-9/lo-1"}
    assert {"Chưa đầy đủ"} == {row[-1] for row in village[1:]}
    assert any("Độ phủ" in row[0] for row in notes)
    assert await _count(office, meter_export) == 2


@pytest.mark.parametrize("path", ["?form=pdf", "", "?form=csv&range=hour", "?form=csv&date=x"])
async def test_a_bad_export_is_refused_and_not_noted(office: Office, duty: Visitor, path: str) -> None:
    assert (await duty.get(f"/meters/ngo-3/cong-to-1/export{path}")).status == 400
    assert await _count(office, meter_export) == 0


async def test_a_name_that_looks_like_a_formula_stays_a_text(office: Office, duty: Visitor) -> None:
    evil = sa.update(device).where(device.c.id == "cong-to-1").values(name='=HYPERLINK("http://example.invalid")')
    await office.database.write(lambda connection: connection.execute(evil) and None)
    text = (await _fetch(duty, "/village/export?form=csv")).decode("utf-8-sig")
    assert '"\'=HYPERLINK(""http://example.invalid"")"' in text
    data = await _fetch(duty, "/village/export?form=xlsx")
    assert any(row[1] == '=HYPERLINK("http://example.invalid")' for row in _sheets(data)[0])


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\tx", "\rx"])
async def test_no_text_begins_a_formula_in_csv(text: str) -> None:
    table = Table("a", [text], [[text, -1.5]], [text], "b")
    for line in as_csv(table, "en").decode("utf-8-sig").splitlines():
        assert not line.startswith(text[0])
    assert "-1.5" in as_csv(table, "en").decode()
    assert "-1,5" in as_csv(table, "vi").decode()
