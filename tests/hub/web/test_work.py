"""The work on an incident, on its pages: who is sent, the call card, the roll call, how it ends, and its report."""

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import FormData
from PIL import Image
from sqlalchemy.engine import Connection

from keng_hub import tables
from keng_hub.incidents import dispatch, roll_call
from keng_hub.incidents.wording import VIETNAM
from support.office import Office
from support.visitor import Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _staff(office: Office) -> dict[str, int]:
    people = [("truc", "duty", None), ("doi", "security_team", "thon-mot"), ("to", "group_head", "ngo-3")]
    people += [("khac", "security_team", "thon-hai"), ("ky", "technician", None), ("xem", "observer", None)]
    return {name: await office.add_account(name, role, place) for name, role, place in people}


def _settle(connection: Connection) -> None:
    for key, place, label in ((1, "nha-a", "Nhà A"), (2, "ngo-3", "Nhà 2"), (3, "ngo-9", "Nhà 9")):
        values: dict[str, Any] = {"place": place, "label": label, "call_numbers": [f"+8490000000{key}"], "added": 1}
        connection.execute(sa.insert(tables.household).values(id=key, **values))


async def _fire(office: Office, visitor: Visitor, **more: Any) -> int:
    incident = await office.raise_alarm(**more)
    await _does(visitor, incident, "acknowledge")
    return incident


async def _does(visitor: Visitor, incident: int, act: str, **form: Any) -> None:
    answer = await visitor.post(f"/incidents/{incident}/{act}", form)
    assert answer.status == 303, answer.text


async def test_somebody_is_sent_accepts_and_arrives(office: Office, visitors: Visitors) -> None:
    ids = await _staff(office)
    desk, team = await visitors("truc"), await visitors("doi")
    incident = await _fire(office, desk)
    assert "Bạn chưa có nhiệm vụ" in (await team.get("/dispatch")).text
    await _does(desk, incident, "send", assignee=ids["doi"], reason="mang bình chữa cháy")
    text = (await team.get("/dispatch")).text
    assert "mang bình chữa cháy" in text
    assert 'href="tel:114"' in text
    [task] = await office.database.read(dispatch.of_incident, incident)
    for state in ("accepted", "arrived", "done"):
        assert (await team.post(f"/dispatch/{task['id']}/{state}", {})).status == 303
    refused = await team.post(f"/dispatch/{task['id']}/arrived", {})
    assert (refused.status, "đã sang bước khác" in refused.text) == (409, True)
    page = (await desk.get(f"/incidents/{incident}")).text
    assert page.count("Nguyễn Văn Doi") >= 2
    assert "Đã xong nhiệm vụ" in page


async def test_a_task_is_moved_by_its_own_person_and_the_desk_only(office: Office, visitors: Visitors) -> None:
    ids = await _staff(office)
    desk, other, group = await visitors("truc"), await visitors("khac"), await visitors("to")
    incident = await _fire(office, desk)
    await _does(desk, incident, "send", assignee=ids["doi"])
    [task] = await office.database.read(dispatch.of_incident, incident)
    assert (await other.post(f"/dispatch/{task['id']}/accepted", {})).status == 404
    assert (await group.post(f"/incidents/{incident}/task", {"task": task["id"], "state": "done"})).status == 403
    assert (await desk.post(f"/dispatch/{task['id']}/accepted", {})).status == 403
    assert (await desk.post(f"/incidents/{incident}/task", {"task": 99, "state": "done"})).status == 409
    assert (await desk.post(f"/incidents/{incident}/send", {"assignee": ids["khac"]})).status == 409
    assert (await desk.post(f"/incidents/{incident}/send", {"assignee": "ai đó"})).status == 422
    await _does(desk, incident, "replace", task=task["id"], assignee=ids["to"], reason="không nghe máy")
    assert [one["state"] for one in await office.database.read(dispatch.of_incident, incident)] == [
        *("withdrawn", "asked"),
    ]


async def test_the_call_card_says_what_is_known_of_the_place(office: Office, visitors: Visitors) -> None:
    await _staff(office)
    await office.database.write(_settle)
    desk = await visitors("truc")
    card = {"address": "đi từ đình làng", "access": "rộng 2,5 m", "latitude": "21,0285", "longitude": "105.85"}
    assert (await desk.post("/places/ngo-3/card", card)).status == 303
    wrong = await desk.post("/places/ngo-3/card", {"latitude": "91", "longitude": "1", "water": "ao làng"})
    assert (wrong.status, "ao làng" in wrong.text) == (422, True)
    assert (await desk.post("/places/ngo-3/card", {"latitude": "21.0"})).status == 422
    assert (await desk.get("/places/khong-co/card")).status == 404
    incident = await _fire(office, desk)
    text = (await desk.get(f"/incidents/{incident}")).text
    for part in ("rộng 2,5 m", "đi từ đình làng", 'href="tel:114"', 'href="tel:+84900000001"', "geo:21.0285,105.85"):
        assert part in text, part
    await _does(desk, incident, "called", service="fire", reason="đang đến")
    assert "Đã gọi: Cứu hỏa" in (await desk.get(f"/incidents/{incident}")).text
    assert "Phiếu gọi" not in (await (await visitors("xem")).get(f"/incidents/{incident}")).text


async def test_a_drill_shows_no_number_to_call(office: Office, visitors: Visitors) -> None:
    ids = await _staff(office)
    await office.database.write(_settle)
    desk, team = await visitors("truc"), await visitors("doi")
    incident = await _fire(office, desk, drill=True)
    await _does(desk, incident, "send", assignee=ids["doi"])
    await _does(desk, incident, "begin_roll_call")
    for visitor, path in (
        (desk, f"/incidents/{incident}"),
        (team, "/dispatch"),
        (desk, f"/incidents/{incident}/roll-call"),
    ):
        text = (await visitor.get(path)).text.partition("<footer>")[0]
        assert "DIỄN TẬP" in text
        assert not [part for part in ("tel:", "114", "115", "113", "112") if part in text], path


async def test_households_are_ticked_off_each_by_who_looks_after_them(office: Office, visitors: Visitors) -> None:
    await _staff(office)
    await office.database.write(_settle)
    desk, group = await visitors("truc"), await visitors("to")
    incident = await _fire(office, desk)
    await _does(group, incident, "begin_roll_call")
    answer = await group.post(
        f"/incidents/{incident}/answer", {"household": 1, "answer": "need_help", "back": "roll-call"}
    )
    assert (answer.status, answer.location) == (303, f"/incidents/{incident}/roll-call?done=answer")
    assert (await group.post(f"/incidents/{incident}/answer", {"household": 3, "answer": "safe"})).status == 409
    assert (await group.post(f"/incidents/{incident}/answer", {"household": 1, "answer": "vui"})).status == 422
    rows = await office.database.read(roll_call.for_rescuers, incident)
    assert [(row["label"], row["answer"]) for row in rows] == [("Nhà A", "need_help"), ("Nhà 2", "no_answer")]
    text = (await group.get(f"/incidents/{incident}/roll-call")).text
    assert "Cần giúp" in text
    assert (await (await visitors("khac")).get(f"/incidents/{incident}/roll-call")).status == 404
    assert (await (await visitors("xem")).get(f"/incidents/{incident}/roll-call")).status == 403


async def test_what_is_overdue_has_a_list_of_its_own(office: Office, visitors: Visitors) -> None:
    await _staff(office)
    desk = await visitors("truc")
    incident = await office.raise_alarm()
    assert "Không có bước nào quá hạn" in (await desk.get("/incidents?show=overdue")).text
    office.clock.ahead += 61_000
    text = (await desk.get("/incidents?show=overdue")).text
    assert f"/incidents/{incident}" in text
    assert "Quá hạn: Tiếp nhận" in text


async def test_it_is_closed_with_its_cause_reported_and_filed(office: Office, visitors: Visitors) -> None:
    await _staff(office)
    desk = await visitors("truc")
    incident = await _fire(office, desk)
    ending = {"verdict": "confirmed", "reason": "đã dập", "dead": 0, "injured": 1, "damage": "", "loss": ""}
    refused = await desk.post(f"/incidents/{incident}/close", ending)
    assert (refused.status, "chọn nguyên nhân" in refused.text) == (409, True)
    typed = ending | {"loss": "nhiều lắm", "damage": "cháy gian bếp", "cause": "cooking"}
    again = await desk.post(f"/incidents/{incident}/close", typed)
    assert again.status == 422
    for part in ("nhiều lắm", "cháy gian bếp", 'value="cooking" selected', 'value="confirmed" selected'):
        assert part in again.text, part
    await _does(desk, incident, "close", **ending | {"cause": "electrical", "loss": 5_000_000})
    assert (await desk.post(f"/incidents/{incident}/file", {"document": "12/BC-UBND"})).status == 409
    made = await desk.post(f"/incidents/{incident}/urgent-report", {})
    assert made.location.startswith("/reports/urgent/BCN-")
    report = (await desk.get(made.location)).text
    for part in ("Chập điện", "5.000.000", "SHA-256", "Ai làm gì"):
        assert part in report, part
    assert (await desk.get(made.location + "/content")).text.startswith("{")
    assert (await (await visitors("khac")).get(made.location)).status == 404
    assert (await (await visitors("ky")).get(made.location)).status == 403
    await _does(desk, incident, "file", document="12/BC-UBND")
    assert (await office.incident(incident))["state"] == "filed"


async def test_a_handover_stands_in_the_timeline(office: Office, visitors: Visitors) -> None:
    await _staff(office)
    desk = await visitors("truc")
    incident = await _fire(office, desk)
    await _does(desk, incident, "handover", to="Công an xã", channel="điện thoại", reference="CV-7")
    text = (await desk.get(f"/incidents/{incident}")).text
    assert "Bàn giao cho Công an xã" in text
    assert "CV-7" in text
    assert (await desk.post(f"/incidents/{incident}/handover", {"to": "", "channel": "x"})).status == 422


async def test_a_photo_is_made_anew_and_shown_to_whom_pictures_are(office: Office, visitors: Visitors) -> None:
    await _staff(office)
    desk = await visitors("truc")
    incident = await _fire(office, desk)
    sent = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(sent, "JPEG", comment=b"secret")
    for data, status in ((sent.getvalue(), 303), (b"GIF89a no photo", 422)):
        form = FormData()
        form.add_field("file", data, filename="anh.jpg", content_type="image/jpeg")
        assert (await desk.post(f"/incidents/{incident}/photos", form)).status == status
    assert "secret" not in (await desk.get(f"/incidents/{incident}/photos/1")).text
    assert (await desk.get(f"/incidents/{incident}/photos/1")).status == 200
    assert (await (await visitors("doi")).get(f"/incidents/{incident}/photos/1")).status == 403
    assert (await desk.get(f"/incidents/{incident + 1}/photos/1")).status == 404


async def test_a_drill_is_planned_begun_and_ended_on_its_page(office: Office, visitors: Visitors) -> None:
    await _staff(office)
    await office.add_account("thon", "village_head", "thon-hai")
    head, desk = await visitors("thon"), await visitors("truc")
    start = datetime.fromtimestamp(office.clock() / 1000, VIETNAM)
    times = {"first": f"{start:%Y-%m-%dT%H:%M}", "last": f"{start + timedelta(hours=1):%Y-%m-%dT%H:%M}"}
    assert (await head.post("/drills", times | {"place": "thon-mot", "purpose": "sơ tán"})).status == 404
    assert (
        await head.post("/drills", {"place": "thon-hai", "first": "mai", "last": "kia", "purpose": "x"})
    ).status == 422
    assert (await head.post("/drills", times | {"place": "thon-hai", "purpose": "sơ tán"})).status == 303
    assert (await (await visitors("doi")).get("/drills")).status == 403
    assert (await head.post("/drills/99/begin", {})).status == 404
    assert (await head.post("/drills/1/begin", {})).status == 303
    assert (await head.post("/drills/1/begin", {})).status == 409
    assert (await head.post("/drills/1/end", {"learnt": "còi nhỏ"})).status == 303
    text = (await desk.get("/drills")).text
    assert "còi nhỏ" in text
    assert "không có báo động nào tới" in text
    assert "Tháng này chưa diễn tập: Thôn Một" in text
