"""The list, the page of one incident, and every act with its refusals, without any script: plain forms."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import entries
from keng_hub.incidents.entries import EntryKind
from keng_hub.tables import attempt, command, delivery
from support.office import Office
from support.visitor import Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _duty(office: Office, visitors: Visitors) -> Visitor:
    await office.add_account("truc", "duty")
    return await visitors("truc")


def _commands(connection: Connection) -> list[tuple[str, str, str]]:
    query = sa.select(command.c.name, command.c.state, command.c.reason).order_by(command.c.created)
    return [tuple(row) for row in connection.execute(query)]


async def test_fire_stands_above_everything_and_waiting_above_held(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    held = await office.raise_alarm()
    await office.raise_alarm("ngo-9", "cong-to-9", category="info", severity="info", cause="other")
    await office.raise_alarm("ngo-9", "khoi-9", category="security", severity="high", cause="contact")
    fire = await office.raise_alarm("ngo-9", "khoi-9")
    await duty.post(f"/incidents/{held}/acknowledge")
    text = (await duty.get("/incidents")).text
    order = [int(key) for key in re.findall(r'<li id="incident-(\d+)"', text)]
    assert order[0] == fire
    assert order[-1] == held


async def test_a_row_says_in_words_what_where_when_and_how_long_until_it_escalates(
    office: Office, visitors: Visitors
) -> None:
    duty = await _duty(office, visitors)
    await office.raise_alarm(at=office.clock() - 17 * 60_000 - 500)
    text = (await duty.get("/incidents")).text
    for word in ("Khẩn cấp", "Có khói", "Nhà ông Mẫu A, Ngõ 3, Thôn Một", "MUỘN 17 phút", "Mô phỏng", "Chưa xác minh"):
        assert word in text
    assert "Chuyển cấp sau" in text
    assert re.search(r"\d\d/11/2026 \d\d:\d\d|\d\d/\d\d/20\d\d \d\d:\d\d", text)
    assert "Kẻng bổ sung, không thay thế" in text


async def test_a_drill_is_marked_on_every_page_that_shows_it(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    incident = await office.raise_alarm(drill=True)
    for path in ("/incidents", f"/incidents/{incident}", "/incidents/strip"):
        assert "DIỄN TẬP" in (await duty.get(path)).text


async def test_accepted_is_never_called_delivered(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    incident = await office.raise_alarm()

    def accept(connection: Connection) -> None:
        mine = sa.select(delivery.c.id).where(delivery.c.incident == incident)
        connection.execute(
            sa.update(attempt)
            .where(attempt.c.delivery.in_(mine), attempt.c.channel == "email")
            .values(state="accepted", stamps={"accepted": office.clock()})
        )

    await office.database.write(accept)
    for path in ("/incidents", f"/incidents/{incident}"):
        text = (await duty.get(path)).text
        assert "Nhà mạng đã nhận" in text
        assert "Đã đến máy" not in text


async def test_the_way_of_an_alarm_is_shown_hop_by_hop(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    incident = await office.raise_alarm()
    text = (await duty.get(f"/incidents/{incident}")).text
    assert re.search(r"Trạm nghe cảm biến</th><td>\d\d:\d\d:\d\d,\d{3}", text)
    assert re.search(r"Trạm gửi đi</th><td>[\d:,]+</td><td class=\"num\">\+0,3\d\d s", text)
    assert re.search(r"Hiện trên màn hình</th><td>–", text)


async def test_from_alarm_to_closed_every_act_has_a_name_and_a_result(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    incident = await office.raise_alarm()
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("acknowledge", {}, "Đã tiếp nhận. Bạn đang phụ trách sự cố này."),
        ("state", {"state": "verifying"}, "Đã đổi trạng thái."),
        ("verdict", {"verdict": "false_alarm", "reason": "khói bếp, chủ nhà xác nhận"}, "Đã lưu kết luận."),
        ("comment", {"text": "đã nhắc chủ nhà mở cửa sổ"}, "Đã lưu ghi chú."),
        ("silence", {"reason": "đã có người tại chỗ"}, "Đã gửi lệnh tắt chuông"),
        ("reset", {"reason": "đã hết khói"}, "Đã gửi lệnh đặt lại"),
        ("close", {"reason": "khói bếp, không thiệt hại", "false_alarm_cause": "cooking_smoke"}, "Sự cố đã đóng."),
    ]
    for act, form, said in steps:
        answer = await duty.post(f"/incidents/{incident}/{act}", form)
        assert answer.status == 303, (act, answer.text)
        assert said in (await duty.get(answer.location)).text
    row = await office.incident(incident)
    assert (row["state"], row["verdict"]) == ("closed", "false_alarm")
    text = (await duty.get(f"/incidents/{incident}")).text
    for word in ("khói bếp, chủ nhà xác nhận", "đã nhắc chủ nhà mở cửa sổ", "đã hết khói", "Nguyễn Văn Truc"):
        assert word in text
    assert f"incident-{incident}" not in (await duty.get("/incidents")).text
    assert f"incident-{incident}" in (await duty.get("/incidents?show=closed")).text


async def test_acknowledging_silencing_and_resetting_are_three_different_acts(
    office: Office, visitors: Visitors
) -> None:
    duty = await _duty(office, visitors)
    incident = await office.raise_alarm()
    await duty.post(f"/incidents/{incident}/acknowledge", {"back": "list"})
    assert await office.database.read(_commands) == []
    await duty.post(f"/incidents/{incident}/silence", {"reason": "thử"})
    await duty.post(f"/incidents/{incident}/reset", {"reason": "xong"})
    assert await office.database.read(_commands) == [("silence", "queued", "thử"), ("reset", "queued", "xong")]
    assert (await office.incident(incident))["state"] == "acknowledged"


@pytest.mark.parametrize(
    ("before", "act", "form", "status", "text"),
    [
        ([], "close", {"reason": "x"}, 409, "Hãy tiếp nhận sự cố trước"),
        ([], "state", {"state": "contained"}, 409, "Hãy tiếp nhận sự cố trước"),
        (["acknowledge"], "close", {"reason": "xong"}, 409, "Nguồn vẫn đang báo"),
        (["acknowledge"], "close", {"verdict": "confirmed"}, 409, ""),
        (["acknowledge"], "verdict", {"verdict": "false_alarm"}, 409, "Hãy ghi lý do"),
        (["acknowledge"], "verdict", {"verdict": "drill", "reason": "x"}, 409, "Diễn tập phải được đánh dấu"),
        (["acknowledge"], "verdict", {"verdict": "maybe"}, 422, "không có trong danh sách chọn"),
        (["acknowledge"], "verdict", {}, 422, "Còn thiếu mục này."),
        (["acknowledge"], "state", {"state": "closed"}, 409, "Không làm được bước này"),
        (["acknowledge"], "state", {"state": "new"}, 409, "Không làm được bước này"),
        (["acknowledge"], "state", {"state": "burning"}, 422, "không có trong danh sách chọn"),
        ([], "release", {"reason": "x"}, 409, "Chưa ai tiếp nhận"),
        (["acknowledge"], "release", {}, 409, "Hãy ghi lý do"),
        ([], "silence", {}, 409, "Hãy ghi lý do"),
        ([], "reset", {"reason": " "}, 409, "Hãy ghi lý do"),
        ([], "reopen", {"reason": "x"}, 409, "Không làm được bước này"),
        ([], "acknowledge", {"back": "elsewhere"}, 422, "không có trong danh sách chọn"),
        ([], "explode", {}, 404, "Không có trang này"),
    ],
)
async def test_a_refused_act_says_why_and_changes_nothing(
    office: Office, visitors: Visitors, before: list[str], act: str, form: dict[str, str], status: int, text: str
) -> None:
    duty = await _duty(office, visitors)
    incident = await office.raise_alarm()
    for earlier in before:
        await duty.post(f"/incidents/{incident}/{earlier}")
    was = await office.incident(incident)
    answer = await duty.post(f"/incidents/{incident}/{act}", form)
    assert answer.status == status
    assert text in answer.text
    assert await office.incident(incident) == was


async def test_a_refused_reason_is_still_in_the_form(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    incident = await office.raise_alarm()
    typed = "một lý do dài đã gõ"
    answer = await duty.post(f"/incidents/{incident}/verdict", {"verdict": "drill", "reason": typed})
    assert typed in answer.text


async def test_acknowledging_twice_keeps_the_first_time_and_moves_the_owner(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    await office.add_account("pho", "commune_lead")
    second = await visitors("pho")
    incident = await office.raise_alarm()
    await duty.post(f"/incidents/{incident}/acknowledge")
    first = await office.incident(incident)
    assert (await second.post(f"/incidents/{incident}/acknowledge")).status == 303
    row = await office.incident(incident)
    assert row["acknowledged"] == first["acknowledged"]
    assert row["owner"] != first["owner"]


async def test_closed_incidents_come_fifty_at_a_time(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    first = await office.raise_alarm(category="info", severity="info", cause="other")

    def copy(connection: Connection) -> None:
        from keng_hub.tables import incident

        row = dict(connection.execute(sa.select(incident)).mappings().one())
        del row["id"]
        for n in range(60):
            connection.execute(sa.insert(incident).values(row | {"code": f"SC-2026-9{n:03}", "state": "closed"}))

    await office.database.write(copy)
    text = (await duty.get("/incidents?show=closed&category=info")).text
    assert len(re.findall(r'<li id="incident-', text)) == 50
    link = re.search(r'href="(/incidents\?show=closed[^"]*before=\d+)"', text)
    assert link
    older = (await duty.get(link[1].replace("&amp;", "&"))).text
    assert len(re.findall(r'<li id="incident-', older)) == 10
    assert f'id="incident-{first}"' not in text + older


def _smoke(device: str, *, active: bool = True) -> dict[str, Any]:
    return {"kind": "fire_hint", "device": device, "occurrence": "e" * 16, "active": active, "sign": "smoke"}


async def test_what_looks_like_smoke_to_a_camera_is_told_as_a_weak_sign(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    fire = await office.raise_alarm()
    await office.happen("ngo-3", _smoke("khoi-bep"))
    await office.happen("ngo-3", _smoke("khoi-bep", active=False))
    text = (await duty.get(f"/incidents/{fire}")).text
    assert "thấy hình ảnh giống khói, dấu hiệu yếu" in text
    assert "không còn thấy giống khói, điều đó chưa chứng minh được gì" in text


async def test_smoke_by_itself_asks_to_check_and_is_no_fire(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    await office.happen("ngo-3", _smoke("khoi-bep"))
    text = (await duty.get("/incidents")).text
    assert "Cần kiểm tra: camera thấy giống khói, chưa chắc" in text
    assert "CHÁY" not in text


async def test_an_empty_list_says_the_next_step(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    assert "Xem các thiết bị" in (await duty.get("/incidents")).text
    assert "Đến các sự cố đang mở" in (await duty.get("/incidents?show=closed")).text


async def test_every_kind_of_entry_is_told_in_words(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    incident = await office.raise_alarm()
    told: list[tuple[EntryKind, dict[str, Any], str]] = [
        (EntryKind.CONTACT, {"node": "ngo-3", "lost": True, "since": 1}, "chưa rõ tình hình, không phải đã hết"),
        (EntryKind.CONTACT, {"node": "ngo-3", "lost": False}, "Trạm đã liên lạc lại"),
        (EntryKind.STATE, {"from": "closed", "to": "reopened", "why": "alarmed_again"}, "nguồn báo động lại"),
        (EntryKind.ESCALATE, {"round": 2, "recipients": ["x"], "given_up": False}, "đã chuyển cấp, lượt 2"),
        (EntryKind.ESCALATE, {"round": 60, "recipients": [], "given_up": True}, "ngừng gửi thêm tin"),
        (EntryKind.EXPIRE, {"owner": 1, "from": "acknowledged", "reopened": True}, "mở lại cho mọi người"),
        (EntryKind.RELEASE, {"from": "a", "to": "b", "reason": "hết ca"}, "hết ca"),
        (EntryKind.COMMAND, {"name": "reset", "ok": False, "error": "vẫn còn khói"}, "trạm từ chối (vẫn còn khói)"),
        (EntryKind.DELIVERY, {"recipient": "Trực ban", "result": "undelivered"}, "không nhận được tin"),
        (EntryKind.ALL_CLEAR, {"recipients": ["x"]}, "Báo yên cho đúng những người"),
        (EntryKind.UNREADABLE, {"error": "?", "node": "ngo-3", "device": "x"}, "đọc không đủ; vẫn coi là báo động"),
    ]

    def write(connection: Connection) -> None:
        for kind, data, _ in told:
            entries.write(connection, incident, kind, data, office.clock())

    await office.database.write(write)
    text = (await duty.get(f"/incidents/{incident}")).text
    for kind, _, words in told:
        assert words in text, kind
