"""The pages of notices, of messages and of residents: forms without script, errors in words, rights and places."""

from io import BytesIO
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp import FormData
from PIL import Image
from sqlalchemy.engine import Connection

from keng_hub import tables
from keng_hub.channels.channel import Inbound
from keng_hub.incidents.emergency import Emergency
from keng_hub.notices import sending
from keng_hub.people import boards
from keng_hub.people import homes as links_of_homes
from keng_hub.replies import inbox, part
from keng_wire.alarm import Evidence
from support.homes import add_home
from support.office import Office
from support.visitor import Answer, Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
PHONE = "+84912345678"
OUTAGE = {
    "template": "planned_outage", "scope": "ngo-3", "starts": "", "expires": "", "f_begin": "2026-12-01T08:00",
    "f_end": "2026-12-01T11:00", "f_area": "Ngõ 3", "f_reason": "bảo trì",
}  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def homes(office: Office) -> str:
    """A household in each of two villages, people of the commune, and a board in alley 3; its code."""
    await office.add_account("truc", "duty")
    await office.add_account("lanhdao", "commune_lead")
    await office.add_account("thon2", "village_head", "thon-hai")
    await office.database.write(add_home, "nha-a", PHONE)
    await office.database.write(add_home, "ngo-9", "+84912000009")
    return await office.database.write(boards.make, "ngo-3", office.clock())


async def _rows(office: Office, table: sa.Table) -> list[Any]:
    query = sa.select(table).order_by(*table.primary_key.columns)
    return list(await office.database.read(lambda connection: connection.execute(query).all()))


async def _send_all(office: Office) -> None:
    for key in await office.database.read(sending.due, office.clock()):
        while await office.database.write(sending.slice_of, key, office.url, office.clock()):
            pass


def _photo(size: int = 0) -> bytes:
    made = BytesIO()
    exif = Image.Exif()
    exif[0x0132] = "2026:11:25 08:00:00"
    Image.new("RGB", (300, 200), "orange").save(made, "JPEG", exif=exif)
    return made.getvalue() + b"\0" * size


# Notices -------------------------------------------------------------------------------------------------------------


async def test_a_notice_is_written_seen_before_it_goes_and_counted(
    office: Office, visitors: Visitors, homes: str
) -> None:
    duty = await visitors("truc")
    assert "Cắt điện theo kế hoạch" in (await duty.get("/notices")).text
    assert "Khu vực" in (await duty.get("/notices/new?template=planned_outage")).text
    seen = (await duty.post("/notices/preview", OUTAGE)).text
    assert "CAT DIEN theo ke hoach tu 08:00 01/12 den 11:00 01/12: Ngo 3. Ly do: bao tri. TB-0000" in seen
    assert "<b>0</b> trên 1 hộ" in seen, "no channel is set up here, so the household has none that works"
    assert "1 hộ chưa có kênh nào" in seen
    assert await _rows(office, tables.notice) == [], "a look sends nothing"
    made = await duty.post("/notices", OUTAGE)
    assert made.location == "/notices/1?done=made"
    await _send_all(office)
    text = (await duty.get("/notices/1")).text
    assert "TB-" in text
    assert "Chờ gửi" in text
    assert [row.recipient for row in await _rows(office, tables.delivery)] == ["ho-1"]


async def test_a_village_waits_for_its_leader_and_what_was_typed_comes_back(
    office: Office, visitors: Visitors, homes: str
) -> None:
    duty, lead = await visitors("truc"), await visitors("lanhdao")
    wrong = await duty.post("/notices/preview", OUTAGE | {"f_begin": "mai", "f_area": "Ngõ Ba Mẫu"})
    assert wrong.status == 422
    assert "Bắt đầu lúc: " in wrong.text
    assert "Ngõ Ba Mẫu" in wrong.text
    await duty.post("/notices", OUTAGE | {"scope": "thon-mot"})
    assert (await duty.post("/notices/1/approve")).status == 403
    assert "Duyệt thông báo" in (await lead.get("/notices/1")).text
    assert (await lead.post("/notices/1/approve")).status == 303
    again = await lead.post("/notices/1/approve")
    assert (again.status, "không còn chờ duyệt" in again.text) == (409, True)
    assert (await duty.post("/notices/1/cancel", {"reason": ""})).status == 409
    assert (await duty.post("/notices/1/cancel", {"reason": "sai ngày"})).status == 303
    assert "sai ngày" in (await lead.get("/notices/1")).text


async def test_only_what_is_spoken_can_be_listened_to(office: Office, visitors: Visitors, homes: str) -> None:
    duty = await visitors("truc")
    assert "listen" not in (await duty.post("/notices/preview", OUTAGE)).text
    spoken = (await duty.post("/notices/preview", OUTAGE | {"spoken": "yes"})).text
    assert 'id="listen" hidden>Nghe thử' in spoken, "without script there is no button"
    assert "listen.js" in spoken


async def test_another_village_neither_sends_nor_sees(office: Office, visitors: Visitors, homes: str) -> None:
    duty, head = await visitors("truc"), await visitors("thon2")
    await duty.post("/notices", OUTAGE)
    assert (await head.post("/notices", OUTAGE)).status == 409
    assert (await head.post("/notices/preview", OUTAGE)).status == 409
    assert (await head.get("/notices/1")).status == 404
    assert (await head.post("/notices/1/cancel", {"reason": "thôi"})).status == 404
    assert "TB-" not in (await head.get("/notices")).text
    assert (await head.get("/notices/new?template=khong")).status == 404
    await office.add_account("xem", "observer")
    assert (await (await visitors("xem")).get("/notices")).status == 403


async def test_a_household_reads_what_its_place_was_told(office: Office, visitors: Visitors, homes: str) -> None:
    duty, neighbour = await visitors("truc"), await visitors()
    assert (await neighbour.get("/home/notices")).location == "/home"
    await duty.post("/notices", OUTAGE)
    await duty.post("/notices", OUTAGE | {"scope": "ngo-9", "f_area": "Ngõ 9"})
    await _send_all(office)
    token = await office.database.write(links_of_homes.make, 1, office.clock())
    neighbour.http.cookie_jar.update_cookies({"keng-home": token}, neighbour.base)
    text = (await neighbour.get("/home/notices")).text
    assert "Ngõ 3. Lý do: bảo trì." in text
    assert "Ngõ 9" not in text


# Alarms --------------------------------------------------------------------------------------------------------------


async def test_an_alarm_is_told_and_answered_by_its_link(office: Office, visitors: Visitors, homes: str) -> None:
    duty, neighbour = await visitors("truc"), await visitors()
    incident = await office.raise_alarm(evidence=Evidence.PERSON)
    assert "/residents" in (await duty.get(f"/incidents/{incident}")).text
    page = (await duty.get(f"/incidents/{incident}/residents")).text
    assert "CHÁY: Nhà ông Mẫu A" in page
    assert (await duty.post(f"/incidents/{incident}/residents", {"scope": "ngo-9"})).status == 409
    told = await duty.post(f"/incidents/{incident}/residents", {"scope": "ngo-3"})
    assert told.location == "/notices/1?done=told"
    await _send_all(office)
    [link] = await _rows(office, tables.answer_link)
    address = f"/a/{link.code}"
    page = (await neighbour.get(address)).text
    assert "Chúng tôi an toàn" in page
    assert "tel:114" in page
    assert (await _rows(office, tables.answer_link))[0].opened is None, "a preview is no person"
    await neighbour.get(address, **{"Sec-Fetch-Dest": "document"})
    assert (await _rows(office, tables.answer_link))[0].opened is not None
    assert (await neighbour.post(address, {"answer": "vui"})).status == 400
    answered = await neighbour.post(address, {"answer": "need_help"})
    assert "CẦN GIÚP" in (await neighbour.get(answered.location)).text
    assert [row.answer for row in await _rows(office, tables.roll_call_answer)] == ["need_help"]
    assert (await neighbour.get("/a/khongcogica")).status == 404


async def test_a_drill_page_says_so_and_has_no_number(office: Office, visitors: Visitors, homes: str) -> None:
    duty, neighbour = await visitors("truc"), await visitors()
    incident = await office.raise_alarm(drill=True)
    await duty.post(f"/incidents/{incident}/residents", {"scope": "ngo-3"})
    await _send_all(office)
    page = (await neighbour.get(f"/a/{(await _rows(office, tables.answer_link))[0].code}")).text
    assert "DIỄN TẬP" in page
    assert "tel:" not in page


# Reports -------------------------------------------------------------------------------------------------------------


async def _report(visitor: Visitor, code: str, photo: bytes | None = None, **fields: str) -> Answer:
    form = FormData(quote_fields=False)
    for name, value in ({"form": "trang-1", "category": "fire", "text": "cháy to"} | fields).items():
        form.add_field(name, value)
    form.add_field("file", photo or b"", filename="anh.jpg" if photo else "", content_type="image/jpeg")
    return await visitor.post(f"/r/{code}", form)


async def test_a_report_with_a_photo_becomes_an_incident_and_is_followed(
    office: Office, visitors: Visitors, homes: str
) -> None:
    duty, neighbour = await visitors("truc"), await visitors()
    assert "Ngõ 3, Thôn Một, Xã Mẫu" in (await neighbour.get(f"/r/{homes}")).text
    sent = await _report(neighbour, homes, _photo())
    assert sent.location.startswith("/s/")
    assert "Đã nhận tin báo" in (await neighbour.get(sent.location)).text
    assert (await _report(neighbour, homes, _photo())).location == sent.location, "sent twice, it is one"
    [photo] = await _rows(office, tables.report_photo)
    assert b"2026:11:25" not in photo.jpeg
    text = (await duty.get("/messages")).text
    assert "cháy to" in text
    assert (await duty.get(f"/messages/photos/{photo.id}")).headers["Content-Type"] == "image/jpeg"
    assert (await (await visitors("thon2")).get(f"/messages/photos/{photo.id}")).status == 404
    assert (await duty.post("/messages/reports/1/done")).status == 303
    assert (await duty.post("/messages/reports/1/done")).status == 404
    await duty.post("/incidents/1/acknowledge")
    assert "Đang xử lý" in (await neighbour.get(sent.location)).text


@pytest.mark.parametrize("photo", [b"GIF89a not a photo", _photo(9_000_000)], ids=["gif", "huge"])
async def test_a_bad_photo_never_stops_a_report(office: Office, visitors: Visitors, homes: str, photo: bytes) -> None:
    neighbour = await visitors()
    sent = await _report(neighbour, homes, photo)
    assert sent.location.endswith("?photo=no")
    assert "Ảnh không dùng được" in (await neighbour.get(sent.location)).text
    assert len(await _rows(office, tables.incident)) == 1


async def test_what_is_wrong_with_a_report_is_said_beside_what_was_typed(
    office: Office, visitors: Visitors, homes: str
) -> None:
    neighbour = await visitors()
    wrong = await _report(neighbour, homes, category="lửa", text="khói <b>đen</b>")
    assert wrong.status == 422
    assert "Hãy chọn việc gì" in wrong.text
    assert "khói &lt;b&gt;đen&lt;/b&gt;" in wrong.text
    assert (await _report(neighbour, homes, category="info", text="")).status == 422
    assert (await _report(neighbour, homes, text="x" * 5000)).status == 422
    assert (await neighbour.post(f"/r/{homes}", {"category": "fire"})).status == 400
    for address in ("/r/khongcogi", "/s/khongcogi"):
        assert (await neighbour.get(address)).status == 404
    assert await _rows(office, tables.incident) == []


async def test_a_flood_from_one_telephone_ends_in_whom_to_call(
    office: Office, visitors: Visitors, homes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keng_hub.replies.reports.MOST", 2)
    neighbour = await visitors()
    answers = [await _report(neighbour, homes, form=f"trang-{n}", text="001099012345") for n in range(3)]
    assert [one.status for one in answers] == [303, 303, 429]
    assert "tel:114" in answers[2].text
    assert "12 chữ số" in (await neighbour.get(answers[0].location)).text
    elsewhere = await visitors(None, "127.0.0.7")
    assert (await _report(elsewhere, homes, form="trang-9")).status == 303, "a first report is never held back"


# Messages ------------------------------------------------------------------------------------------------------------


def _receive(connection: Connection, text: str, address: str, key: str, now: int) -> None:
    inbox.take(connection, Inbound("sms", address, key, text, now), now)
    row = connection.execute(sa.select(tables.inbound).where(tables.inbound.c.provider_id == key)).one()
    part.take(connection, row.id, "http://keng.example", Emergency(), now)


async def test_what_nobody_understood_is_answered_joined_or_opened_by_a_person(
    office: Office, visitors: Visitors, homes: str
) -> None:
    duty, head = await visitors("truc"), await visitors("thon2")
    for key, text in enumerate(("có họp không", "khói nhiều quá", "nước vào nhà", "hỏi tí"), 1):
        await office.database.write(_receive, text, "+84988000111", str(key), office.clock())
    text = (await duty.get("/messages")).text
    assert "Người gửi chưa đăng ký" in text
    assert "khói nhiều quá" in text
    assert "khói nhiều quá" not in (await head.get("/messages")).text, "a stranger stands in nobody's village"
    assert (await head.post("/messages/1/done")).status == 404
    incident = await office.raise_alarm()
    assert (await duty.post("/messages/2/join", {"code": "SC-0099"})).status == 409
    assert (await duty.post("/messages/2/join", {"code": "SC-0001"})).status == 303
    assert "khói nhiều quá" in (await duty.get(f"/incidents/{incident}")).text
    assert (await duty.post("/messages/3/open", {"place": "khong", "category": "info"})).status == 400
    assert (await duty.post("/messages/3/open", {"place": "ngo-9", "category": "medical"})).status == 303
    assert (await _rows(office, tables.incident))[-1].place == "ngo-9"
    assert (await duty.post("/messages/1/answer", {"text": " "})).status == 409
    assert (await duty.post("/messages/1/answer", {"text": "Họp tối thứ Bảy."})).status == 303
    assert (await _rows(office, tables.delivery))[-1].body_ascii == "Hop toi thu Bay."
    assert (await duty.post("/messages/4/done")).status == 303
    assert (await duty.post("/messages/4/done")).status == 404
    assert "Không có gì chờ" in (await duty.get("/messages")).text
