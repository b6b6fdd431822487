"""The weekly list of days dead: Vietnamese first, notes by those who may, files for the commune."""

import io
from typing import Any

import pytest
import pytest_asyncio
import python_calamine
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import dead_note, dead_stretch
from support.office import Office
from support.visitor import Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
DAY = 86_400_000


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def dead_camera(office: Office) -> None:
    """The camera of alley 3 is covered since two days, the meter of alley 9 was silent for a while."""
    now = office.clock()

    def write(connection: Connection) -> None:
        rows: dict[str, dict[str, Any]] = {
            "cam-ngo": {"node": "ngo-3", "finding": "tamper", "detail": "bị che kín (covered)", "ended": None},
            "cong-to-9": {"node": "ngo-9", "finding": "comms_lost", "ended": now - DAY // 2},
        }
        for key, values in rows.items():
            row = {"device": key, "begun": now - 2 * DAY} | values
            connection.execute(sa.insert(dead_stretch).values(**row))

    await office.database.write(write)


async def noted(office: Office) -> list[Any]:
    def read(connection: Connection) -> list[Any]:
        return list(connection.execute(sa.select(dead_note)).all())

    return await office.database.read(read)


async def test_the_list_says_what_is_dead_since_when_and_why(office: Office, visitors: Visitors) -> None:
    await office.add_account("xem", "observer")
    text = (await (await visitors("xem")).get("/dead-days")).text
    for words in ("Số ngày thiết bị hỏng", "Camera công cộng đầu ngõ", "bị che kín", "Chưa rõ nguyên nhân", "đến nay"):
        assert words in text
    assert "Ghi lại" not in text  # an observer writes nothing


async def test_the_list_narrows_to_cameras_and_to_the_places_one_looks_after(
    office: Office, visitors: Visitors
) -> None:
    await office.add_account("xem", "observer")
    await office.add_account("thon", "observer", "thon-hai")
    cameras = (await (await visitors("xem")).get("/dead-days?kind=camera")).text
    assert "Công tơ nhà văn hóa" not in cameras
    village = (await (await visitors("thon")).get("/dead-days")).text
    assert "Camera công cộng" not in village
    assert "Công tơ nhà văn hóa" in village


async def test_a_technician_writes_down_cause_owner_and_cost_with_name_and_time(
    office: Office, visitors: Visitors
) -> None:
    await office.add_account("tho", "technician")
    await office.add_account("truc", "duty")
    person = await visitors("tho")
    words = {"cause": "bị che bao tải", "owner": "ông Mẫu", "cost": "1.250.000"}
    answer = await person.post("/dead-days/1", words)
    assert answer.status == 303
    (note,) = await noted(office)
    assert (note.cause, note.owner, note.cost) == ("bị che bao tải", "ông Mẫu", 1_250_000)
    text = (await (await visitors("truc")).get("/dead-days")).text
    for shown in ("bị che bao tải", "ông Mẫu", "1.250.000", "Nguyễn Văn Tho"):
        assert shown in text


async def test_who_may_not_note_and_what_is_no_number_is_refused(office: Office, visitors: Visitors) -> None:
    await office.add_account("xem", "observer")
    await office.add_account("thon", "duty", "thon-hai")
    await office.add_account("truc", "duty")
    good = {"cause": "x", "owner": "", "cost": ""}
    assert (await (await visitors("xem")).post("/dead-days/1", good)).status == 403
    assert (await (await visitors("thon")).post("/dead-days/1", good)).status == 404
    assert (await (await visitors("truc")).post("/dead-days/99", good)).status == 404
    assert (await (await visitors("truc")).post("/dead-days/1", good | {"cost": "nhiều"})).status == 400
    assert await noted(office) == []


async def test_a_week_that_is_none_is_refused(office: Office, visitors: Visitors) -> None:
    await office.add_account("xem", "observer")
    person = await visitors("xem")
    for week in ("1999-01-01", "2999-01-01", "hôm nay"):
        assert (await person.get(f"/dead-days?week={week}")).status == 400
    assert "Tuần này không có thiết bị nào hỏng." in (await person.get("/dead-days?week=2026-01-05")).text


async def test_the_list_goes_out_as_csv_and_as_xlsx(office: Office, visitors: Visitors) -> None:
    await office.add_account("xem", "observer")
    person = await visitors("xem")
    csv = await person.get("/dead-days/export?form=csv")
    assert "Camera công cộng đầu ngõ" in csv.text
    assert "bị che kín (covered)" in csv.text
    async with person.http.get(f"{office.url}/dead-days/export?form=xlsx") as answer:
        book = await answer.read()
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert rows[0][0] == "Thiết bị"
    assert [row[0] for row in rows[1:3]] == ["Camera công cộng đầu ngõ", "Công tơ nhà văn hóa"]
    assert (await person.get("/dead-days/export?form=pdf")).status == 400
