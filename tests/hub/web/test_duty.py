"""The pages of duty: roster, shift book, mutes; who may plan, and that each refusal says why."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import incident, mute, recipient, shift
from keng_hub.web import languages
from keng_hub.web.duty.shared import Shared
from support.office import Office
from support.visitor import Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _rostered(connection: Connection) -> None:
    for key, name in (("nguyen", "Nguyễn Văn Mẫu"), ("tran", "Trần Thị Mẫu")):
        values: dict[str, Any] = {"id": key, "name": name, "tier": 1, "categories": [], "ladder": [], "rostered": True}
        connection.execute(sa.insert(recipient).values(**values))


async def _duty(office: Office, visitors: Visitors, name: str = "truc", role: str = "duty") -> Visitor:
    await office.add_account(name, role)
    return await visitors(name)


def _plan(office: Office, **more: str) -> dict[str, str]:
    today = languages.local(office.clock()).date()
    return {
        "recipient": "nguyen", "first": today.isoformat(), "last": (today + timedelta(days=1)).isoformat(),
        "days": "all", "begins": "00:00", "ends": "00:00",
    } | more  # fmt: skip


async def test_shifts_are_planned_changed_and_shown(office: Office, visitors: Visitors) -> None:
    await office.database.write(_rostered)
    duty = await _duty(office, visitors)
    answer = await duty.post("/roster", _plan(office))
    assert answer.status == 303
    page = (await duty.get(answer.location)).text
    assert "Nguyễn Văn Mẫu" in page
    assert "Đã lưu." in page
    [first, _] = (await office.database.read(lambda c: c.execute(sa.select(shift.c.id)).scalars().all()))[:2]
    await duty.post(f"/roster/{first}/deputy", {"deputy": "tran", "reason": "đi họp"})
    assert "thay Nguyễn Văn Mẫu: đi họp" in (await duty.get("/roster")).text
    assert (await duty.post(f"/roster/{first}/cancel", {"reason": "đổi lịch", "deputy": ""})).status == 303
    assert "Theo lịch chưa có ai trực" in (await duty.get("/roster")).text


@pytest.mark.parametrize(
    ("path", "more", "status", "words"),
    [
        ("/roster", {"last": "2020-01-01"}, 409, "Kết thúc trước khi bắt đầu."),
        ("/roster", {"first": "hôm nay"}, 422, "không phải là ngày"),
        ("/roster", {"recipient": "khong-co"}, 409, "không theo lịch"),
        ("/roster", {"days": "sometimes"}, 422, ""),
        ("/roster/999/cancel", None, 409, "vừa bị bỏ"),
        ("/roster/days", None, 422, ""),
    ],
)
async def test_a_plan_that_makes_no_sense_says_why(
    office: Office, visitors: Visitors, path: str, more: dict[str, str] | None, status: int, words: str
) -> None:
    await office.database.write(_rostered)
    duty = await _duty(office, visitors)
    form = {"reason": "x", "deputy": ""} if more is None else _plan(office, **more)
    answer = await duty.post(path, form)
    assert answer.status == status
    assert words in answer.text
    assert 'role="alert"' in answer.text


async def test_only_who_plans_may_plan(office: Office, visitors: Visitors) -> None:
    police = await _duty(office, visitors, "ca", "police")
    assert (await police.get("/roster")).status == 200
    assert (await police.post("/roster", _plan(office))).status == 403
    head = await _duty(office, visitors, "truong-thon", "village_head")
    assert (await head.get("/roster")).status == 403


async def test_a_handover_is_taken_by_the_next_one(office: Office, visitors: Visitors) -> None:
    first, second = await _duty(office, visitors), await _duty(office, visitors, "truc2")
    await office.raise_alarm()
    await first.post("/shifts", {"text": "Ngõ 3 còn khói"})
    assert "chưa ai nhận" in (await first.get("/shifts")).text
    assert (await first.post("/shifts/1/take")).status == 409
    assert (await second.post("/shifts/1/take")).status == 303
    page = (await second.get("/shifts")).text
    assert "SC-" in page
    assert "chưa ai nhận" not in page
    await office.raise_alarm("ngo-9", "khoi-9")
    assert "Đầu báo khói nhà văn hóa" in (await first.get("/shifts")).text
    assert (await second.post("/shifts", {"text": " "})).status == 422


async def test_a_mute_needs_the_second_persons_word_for_fire_and_ends_when_told(
    office: Office, visitors: Visitors
) -> None:
    one, other = await _duty(office, visitors), await _duty(office, visitors, "truc2")
    form = {"place": "", "source": "ngo-3/khoi-bep", "category": "fire", "minutes": "60", "reason": "bảo trì"}
    assert (await one.post("/mutes", form)).status == 303
    assert (await one.post("/mutes/1/agree")).status == 409
    assert (await other.post("/mutes/1/agree")).status == 303
    assert "đồng ý:" in (await other.get("/mutes")).text
    assert (await other.post("/mutes/1/end")).status == 303
    assert "Không có gì đang tạm tắt." in (await one.get("/mutes")).text
    for wrong in ({"minutes": "481"}, {"minutes": "x"}, {"reason": " "}, {"source": "ngo-3/khong-co"}, {"place": "x"}):
        assert (await one.post("/mutes", form | wrong)).status in (409, 422)


async def test_what_was_ended_is_muted_again_in_the_same_words(office: Office, visitors: Visitors) -> None:
    duty, form = await _duty(office, visitors), {"minutes": "5", "reason": "thử còi"}
    for number in (1, 2):
        assert (await duty.post("/mutes", form)).status == 303
        assert (await duty.post("/mutes", form)).status == 303  # a second press
        assert (await duty.post(f"/mutes/{number}/end")).status == 303
        assert "Không có gì đang tạm tắt." in (await duty.get("/mutes")).text


async def test_a_head_mutes_in_the_own_village_only_and_does_not_see_the_others(
    office: Office, visitors: Visitors
) -> None:
    duty = await _duty(office, visitors)
    await duty.post("/mutes", {"minutes": "5", "reason": "chung"})
    await office.add_account("truong-thon", "village_head", place="thon-hai")
    head = await visitors("truong-thon")
    assert "chung" not in (await head.get("/mutes")).text
    assert (await head.post("/mutes/1/end")).status == 404
    assert (await head.post("/mutes", {"minutes": "5", "reason": "x", "source": "ngo-3"})).status == 409
    assert (await head.post("/mutes", {"minutes": "5", "reason": "của thôn"})).status == 303
    places = await office.database.read(lambda c: c.execute(sa.select(mute.c.place)).scalars().all())
    assert places == [None, "thon-hai"]


async def test_the_desk_shows_what_burns_what_is_worked_on_and_what_is_overdue(
    office: Office, visitors: Visitors
) -> None:
    duty = await _duty(office, visitors)
    first = await office.raise_alarm()
    second = await office.raise_alarm("ngo-9", "khoi-9", category="security", severity="high", cause="contact")
    await duty.post(f"/incidents/{second}/acknowledge")
    long_ago = office.clock() - 30 * 60_000
    values = sa.update(incident).where(incident.c.id == first).values(opened=long_ago, happened=long_ago)
    await office.database.write(lambda c: c.execute(values))
    burning, working, late = (await duty.get("/desk")).text.partition('id="desk"')[2].split("<section")[1:]
    assert f'id="desk-{first}"' in burning
    assert f'id="desk-{second}"' in working
    assert f'href="/incidents/{first}"' in late
    assert "Tiếp nhận</b>" in late


async def test_a_police_officer_sees_no_fault_and_no_reading_at_the_desk(office: Office, visitors: Visitors) -> None:
    await office.raise_alarm("ngo-9", "khoi-9", category="fault", severity="low", cause="other")
    police = await _duty(office, visitors, "ca", "police")
    assert "Không có gì chờ." in (await police.get("/desk")).text
    head = await _duty(office, visitors, "to-truong", "group_head")
    assert (await head.get("/desk")).status == 403


PART = {"HX-Request": "true"}


async def test_the_live_part_of_the_desk_comes_alone_and_says_what_the_page_says(
    office: Office, visitors: Visitors
) -> None:
    incident = await office.raise_alarm()
    duty = await _duty(office, visitors)
    part = (await duty.get("/desk", **PART)).text
    whole = (await duty.get("/desk")).text
    assert part.startswith('<div id="desk">')
    assert "<html" not in part
    for text in (part, whole):
        assert f'id="desk-{incident}"' in text
        assert f'action="/incidents/{incident}/acknowledge"' in text


async def test_the_live_part_of_one_role_or_language_is_not_given_to_another(
    office: Office, visitors: Visitors
) -> None:
    fault = await office.raise_alarm("ngo-9", "khoi-9", category="fault", severity="low", cause="other")
    duty = await _duty(office, visitors)
    police = await _duty(office, visitors, "ca", "police")
    parts = [(await one.get("/desk", **PART)).text for one in (duty, police)]
    assert [f'id="desk-{fault}"' in part for part in parts] == [True, False]
    await duty.post("/language", {"language": "en", "next": "/desk"})
    english = (await duty.get("/desk", **PART)).text
    assert ("Nobody has it" in english, "Chưa ai tiếp nhận" in parts[0]) == (True, True)


async def test_who_has_just_acted_sees_it_on_the_page_that_follows(office: Office, visitors: Visitors) -> None:
    incident = await office.raise_alarm()
    duty = await _duty(office, visitors)
    assert f'action="/incidents/{incident}/acknowledge"' in (await duty.get("/desk", **PART)).text
    await duty.post(f"/incidents/{incident}/acknowledge")
    assert f'action="/incidents/{incident}/acknowledge"' not in (await duty.get("/desk")).text


async def test_screens_that_ask_at_once_share_one_look_and_none_gets_an_old_one() -> None:
    shared, looks = Shared(), list[int]()

    async def look() -> int:
        looks.append(len(looks))
        await asyncio.sleep(0)
        return len(looks)

    assert await asyncio.gather(*(shared.get("duty", 1, look) for _ in range(50))) == [1] * 50
    assert await shared.get("police", 1, look) == 2
    assert await shared.get("duty", 2, look) == 3
    impatient = asyncio.create_task(shared.get("duty", 3, look))
    other = asyncio.create_task(shared.get("duty", 3, look))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await other == 4


async def test_a_look_that_fails_fails_for_who_asked_and_is_made_anew() -> None:
    shared = Shared()

    async def broken() -> int:
        raise ConnectionError

    async def whole() -> int:
        return 1

    for _ in range(2):
        with pytest.raises(ConnectionError):
            await shared.get("duty", 1, broken)
    assert await shared.get("duty", 1, whole) == 1
