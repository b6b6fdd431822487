"""The page of a fire point: marks with who and until, acts by right, and a proof test from its start to its record."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import command, device, proof_test
from keng_hub.web.languages import stamp
from keng_hub.web.point_acts import ACTS
from support.office import Office
from support.visitor import Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
POINT = "/devices/ngo-3/khoi-bep"
FINGERPRINT = "ab" * 32


async def become_point(office: Office, **more: Any) -> None:
    """The smoke head of the kitchen is a fire point its node has told of."""

    def change(connection: Connection) -> None:
        values = {"fingerprint": FINGERPRINT, "marks": ["unproven"], "details": [{"mark": "unproven"}]} | more
        where = (device.c.node == "ngo-3", device.c.id == "khoi-bep")
        connection.execute(sa.update(device).where(*where).values(**values))

    await office.database.write(change)


async def orders(office: Office) -> list[Any]:
    """The commands that were written, oldest first."""

    def read(connection: Connection) -> list[Any]:
        return list(connection.execute(sa.select(command).order_by(command.c.created, command.c.id)).all())

    return await office.database.read(read)


async def tests(office: Office) -> list[Any]:
    """The records of proof tests."""

    def read(connection: Connection) -> list[Any]:
        return list(connection.execute(sa.select(proof_test)).all())

    return await office.database.read(read)


async def test_the_page_says_who_disabled_a_point_why_and_until_when_to_those_who_may_know(
    office: Office, visitors: Visitors
) -> None:
    now = office.clock()
    detail = {"mark": "disabled", "since": now, "until": now + 3_600_000, "by": "Trần Thị Mẫu", "reason": "hàn cửa"}
    await become_point(office, marks=["disabled"], details=[detail], interval=45)
    await office.add_account("tho", "technician")
    await office.add_account("xem", "observer")
    technician, observer = await visitors("tho"), await visitors("xem")
    seen, hidden = [(await one.get(POINT)).text for one in (technician, observer)]
    for words in ("Tạm ngắt", "A – mất kết nối được báo trong 100 giây", "45 giây"):
        assert words in seen
        assert words in hidden
    for words in ("Trần Thị Mẫu", "hàn cửa", "Bật lại điểm"):
        assert words in seen
        assert words not in hidden


async def test_only_technician_and_duty_may_act_and_only_in_their_place(office: Office, visitors: Visitors) -> None:
    await become_point(office)
    form = {"minutes": "30", "reason": "hàn cửa"}
    for role in ("observer", "commune_lead", "police", "village_head", "group_head", "security_team", "culture"):
        await office.add_account(role, role)
        person = await visitors(role)
        for act in ACTS:
            assert (await person.post(f"{POINT}/{act}", form)).status == 403, role
    await office.add_account("tho9", "technician", "thon-hai")
    stranger = await visitors("tho9")
    assert (await stranger.get(POINT)).status == 404
    assert (await stranger.post(f"{POINT}/disable", form)).status == 404
    assert await orders(office) == []


async def test_disabling_needs_a_reason_and_an_end_and_becomes_a_command(office: Office, visitors: Visitors) -> None:
    await become_point(office)
    who = await office.add_account("tho", "technician")
    person = await visitors("tho")
    without = await person.post(f"{POINT}/disable", {"minutes": "120", "reason": " "})
    assert (without.status, 'id="problem"' in without.text) == (409, True)
    assert (await person.post(f"{POINT}/disable", {"reason": "hàn cửa"})).status == 422
    assert (await person.post(f"{POINT}/test", {"minutes": "61", "reason": "kiểm tra"})).status == 409
    assert (await person.post(f"{POINT}/disable", {"minutes": "99999", "reason": "hàn cửa"})).status == 422
    assert await orders(office) == []
    done = await person.post(f"{POINT}/disable", {"minutes": "120", "reason": "hàn cửa"})
    assert done.status == 303
    assert "Đã gửi lệnh tạm ngắt điểm" in (await person.get(done.headers["Location"])).text
    (row,) = await orders(office)
    assert (row.name, row.device, row.account, row.reason) == ("disable", "khoi-bep", who, "hàn cửa")
    assert row.until - row.created == 120 * 60_000


async def test_what_is_no_fire_point_cannot_be_disabled(office: Office, visitors: Visitors) -> None:
    await office.add_account("tho", "technician")
    person = await visitors("tho")
    assert (await person.post("/devices/ngo-3/cam-ngo/disable", {"minutes": "30", "reason": "x"})).status == 409
    assert (await person.get("/devices/ngo-3/khong-co")).status == 404


async def test_a_proof_test_from_its_start_to_its_record(office: Office, visitors: Visitors) -> None:
    await become_point(office)
    who = await office.add_account("tho", "technician")
    person = await visitors("tho")
    assert (await person.post(f"{POINT}/prove", {"minutes": "10"})).status == 303
    assert "Đang chờ điểm báo" in (await person.get(POINT)).text
    (order,) = await orders(office)
    early = {"test": order.id, "method": "smoke"}
    assert (await person.post(f"{POINT}/confirm", early)).status == 409, "nothing came yet"

    tested: dict[str, Any] = {"occurrence": "ab" * 8, "test": True, "tested_by": "Nguyễn Văn Tho"}
    assert await office.raise_alarm(**tested) == 0, "a test result is no incident"
    seen = {"kind": "proof", "device": "khoi-bep", "test": order.id, "occurrence": "ab" * 8, "raw": '{"t":"ev"}'}
    seen |= {"decoded": "smoke, fire", "fingerprint": FINGERPRINT, "versions": {"firmware": "1.4.0"}}
    await office.happen("ngo-3", seen)
    rung = {"kind": "sounder", "output": "coi-1", "pattern": "self_test", "on": True, "since_frame": 31}
    await office.happen("ngo-3", rung | {"occurrence": "ab" * 8})
    text = (await person.get(POINT)).text
    assert "Xác nhận nghiệm thu" in text
    assert (await person.post(f"{POINT}/confirm", {"test": order.id})).status == 422, "how must be said"
    await person.post(f"{POINT}/confirm", {"test": order.id, "method": "smoke", "reason": "bình khói thử"})
    assert (await tests(office))[0].state == "seen", "the node has not answered yet"
    proven = (await orders(office))[-1]
    assert (proven.name, proven.test, proven.method) == ("proven", order.id, "smoke")
    await office.happen("ngo-3", {"kind": "result", "command": proven.id, "ok": True})

    (row,) = await tests(office)
    assert (row.state, row.account, row.method, row.remark) == ("proven", who, "smoke", "bình khói thử")
    assert (row.raw, row.decoded, row.fingerprint) == ('{"t":"ev"}', "smoke, fire", FINGERPRINT)
    assert (row.versions, row.sounder_ms) == ({"firmware": "1.4.0"}, 31)
    assert row.hub_ms is not None
    assert row.confirmed is not None
    text = (await person.get(POINT)).text
    for words in ("Khói thử", "0,031", "bình khói thử", "firmware 1.4.0", "Kết quả thử"):
        assert words in text


async def test_a_refused_or_expired_start_is_no_running_test(office: Office, visitors: Visitors) -> None:
    await become_point(office)
    await office.add_account("tho", "technician")
    person = await visitors("tho")
    await person.post(f"{POINT}/prove", {"minutes": "10"})
    (order,) = await orders(office)

    def refuse(connection: Connection) -> None:
        values = {"state": "failed", "error": "điểm đang báo"}
        connection.execute(sa.update(command).where(command.c.id == order.id).values(**values))

    await office.database.write(refuse)
    text = (await person.get(POINT)).text
    assert "Bắt đầu thử nghiệm thu" in text
    assert "điểm đang báo" in text


async def test_the_list_of_proofs_has_unproven_points_first(office: Office, visitors: Visitors) -> None:
    await become_point(office)
    proof = {"test": "0" * 16, "at": office.clock(), "by": "Nguyễn Văn Mẫu", "method": "smoke", "simulated": False}

    def other(connection: Connection) -> None:
        values = {"fingerprint": FINGERPRINT, "proof": proof}
        connection.execute(sa.update(device).where(device.c.id == "khoi-9").values(**values))

    await office.database.write(other)
    await office.add_account("xem", "observer")
    text = (await (await visitors("xem")).get("/proofs")).text
    assert text.index("proof-ngo-3-khoi-bep") < text.index("proof-ngo-9-khoi-9")
    assert "<b>1</b> trên 2 điểm chưa nghiệm thu" in text
    assert text.index("Lâu chưa thử nhất") < text.index("Đầu báo khói nhà văn hóa")


async def test_a_point_shows_its_certificate_and_the_day_it_must_be_replaced(
    office: Office, visitors: Visitors
) -> None:
    now = office.clock()
    await office.add_account("xem", "observer")
    person = await visitors("xem")
    await become_point(office, certificate="KĐ-MẪU-0001", end_of_life=now + 40 * 86_400_000 + 60_000)
    text = (await person.get(POINT)).text
    assert "KĐ-MẪU-0001" in text
    assert "còn 40 ngày" in text
    over = {"marks": ["end_of_life"], "details": [{"mark": "end_of_life", "since": now - 86_400_000}]}
    await become_point(office, certificate=None, uncertified=True, end_of_life=now - 86_400_000, **over)
    text = (await person.get(POINT)).text
    for words in ("chưa có chứng nhận (tham khảo)", "đã hết hạn dùng", "Hết hạn dùng", f"từ {stamp(now - 86_400_000)}"):
        assert words in text, words
    assert "chưa có chứng nhận (tham khảo)" in (await person.get("/devices")).text


async def test_a_latched_alarm_that_is_over_by_itself_says_so(office: Office, visitors: Visitors) -> None:
    await become_point(office, latched=True)
    await office.add_account("truc", "duty")
    person = await visitors("truc")
    assert "Đã tự hết" in (await person.get(POINT)).text
    listed = (await person.get("/devices")).text
    assert "đã tự hết, còn chốt" in listed
    assert '<tr id="device-ngo-3-khoi-bep" class="alarm">' in listed


async def test_the_alarm_of_an_isolated_point_is_called_so_and_told_to_the_duty_person(
    office: Office, visitors: Visitors
) -> None:
    incident = await office.raise_alarm(isolated=True)
    await office.add_account("truc", "duty")
    person = await visitors("truc")
    text = (await person.get(f"/incidents/{incident}")).text
    assert "Cháy ở điểm bị cô lập" in text
    assert "Trực ban xã" in text, "the duty person is told"
    real = await office.raise_alarm()
    assert real != incident, "an isolated point confirms no other"
    await office.raise_alarm(occurrence=f"{1:016x}", isolated=False)
    text = (await person.get(f"/incidents/{incident}")).text
    assert "Cháy ở điểm bị cô lập" not in text.split('id="timeline"')[0]


async def test_the_view_of_a_camera_is_confirmed_with_a_name_and_becomes_a_command(
    office: Office, visitors: Visitors
) -> None:
    who = await office.add_account("tho", "technician")
    person = await visitors("tho")
    assert "Học lại góc nhìn này" in (await person.get("/devices/ngo-3/cam-ngo")).text
    assert "Học lại góc nhìn này" not in (await person.get(POINT)).text
    done = await person.post("/devices/ngo-3/cam-ngo/relearn", {"reason": "đã lau kính"})
    assert done.status == 303
    assert "hình hiện nay là hình đúng" in (await person.get(done.location)).text
    (row,) = await orders(office)
    assert (row.name, row.device, row.account, row.reason) == ("relearn", "cam-ngo", who, "đã lau kính")
    assert (await person.post(f"{POINT}/relearn", {})).status == 409  # no camera
