"""Who would be called now: names, deputies and ways by tier, what holds it back, and the policy that may be changed."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.rosters import mutes
from keng_hub.tables import audit_entry, escalation_policy, recipient, shift
from support.office import Office
from support.scripted_channel import ScriptedChannel
from support.visitor import Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
TIMES = {"first_s": "20", "every_s": "30", "until_min": "90"}


def _people(connection: Connection, now: int, account_id: int) -> None:
    ways = {
        "nguyen": ("Nguyễn Văn Mẫu", 1, True, [("sms", 0)]),
        "tran": ("Trần Thị Mẫu", 1, True, [("sms", 0), ("email", 20)]),
        "le": ("Lê Văn Mẫu", 3, False, [("page", 0), ("sms", 30)]),
    }
    for key, (name, tier, rostered, steps) in ways.items():
        ladder = [{"channel": channel, "address": "x", "after_s": after} for channel, after in steps]
        values: dict[str, Any] = {"id": key, "name": name, "tier": tier, "categories": [], "rostered": rostered}
        connection.execute(sa.insert(recipient).values(**values, ladder=ladder))
    times = {"begins": now - 1000, "ends": now + 3_600_000, "account": account_id, "made": now}
    connection.execute(sa.insert(shift).values(recipient="nguyen", deputy="tran", reason="họp", **times))


def _tier(text: str, n: int) -> str:
    return text.partition(f'id="tier-{n}"')[2].partition('class="tier"')[0]


async def test_the_page_says_who_is_called_when_by_what_and_who_cannot_be_reached(
    office: Office, visitors: Visitors
) -> None:
    duty_id = await office.add_account("truc", "duty")
    await office.database.write(_people, office.clock(), duty_id)
    office.channels["email"] = ScriptedChannel()
    duty = await visitors("truc")
    text = (await duty.get("/escalation?place=nha-a&category=security")).text
    first, second, third = (_tier(text, n) for n in (1, 2, 3))
    assert "ngay lập tức" in first
    assert "Trần Thị Mẫu</b> (thay Nguyễn Văn Mẫu)" in first
    assert "chưa cài đặt" in first
    assert "E-mail +20 s" in first or "+20 s" in first
    assert "sau 60 giây" in second
    assert "Lãnh đạo xã" in second
    assert "sau 120 giây" in third
    assert "chỉ thấy trên trang" in third
    assert "không liên lạc được" not in text
    del office.channels["email"]
    text = (await duty.get("/escalation?place=nha-a")).text
    assert "không liên lạc được" in _tier(text, 1)
    assert "+20 s" not in text  # fire: all at once


async def test_what_is_muted_there_is_said_and_elsewhere_not(office: Office, visitors: Visitors) -> None:
    duty_id = await office.add_account("truc", "duty")
    now = office.clock()
    await office.database.write(mutes.begin, duty_id, "bảo trì loa", now + 60_000, now, place="thon-mot")
    duty = await visitors("truc")
    assert "bảo trì loa" in (await duty.get("/escalation?place=nha-a&category=security")).text
    assert "bảo trì loa" not in (await duty.get("/escalation?place=ngo-9&category=security")).text
    assert "bảo trì loa" not in (await duty.get("/escalation?place=nha-a&category=fire")).text


async def test_a_policy_is_set_shown_with_its_source_and_taken_back(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    duty = await visitors("truc")
    answer = await duty.post("/escalation/fire/thon-mot", TIMES)
    assert answer.status == 303
    assert "Đã lưu." in (await duty.get(answer.location)).text
    text = (await duty.get("/escalation?place=nha-a")).text
    assert "Thôn Một:</b> gọi cấp 2 sau 20 giây" in text
    assert "sau 20 giây, nếu chưa ai tiếp nhận" in _tier(text, 2)
    assert "/drop" not in text
    acts = await office.database.read(lambda c: c.execute(sa.select(audit_entry.c.act)).scalars().all())
    assert "POST /escalation/fire/thon-mot" in acts
    assert (await duty.post("/escalation/fire/thon-mot/drop")).status == 303
    assert "Mặc định:</b> gọi cấp 2 sau 60 giây" in (await duty.get("/escalation?place=nha-a")).text


async def test_what_would_come_later_is_refused_in_words_with_what_was_typed(
    office: Office, visitors: Visitors
) -> None:
    await office.add_account("truc", "duty")
    duty = await visitors("truc")
    answer = await duty.post("/escalation/fire", TIMES | {"first_s": "90"})
    assert answer.status == 409
    assert "từ 10 đến 60" in answer.text
    assert 'value="90"' in answer.text
    assert (await duty.post("/escalation/fire", TIMES | {"first_s": "bao lâu"})).status == 422
    assert (await duty.post("/escalation/info", TIMES)).status == 404
    assert (await duty.post("/escalation/fire/khong-co", TIMES)).status == 404
    assert await office.database.read(lambda c: c.execute(sa.select(escalation_policy.c.id)).all()) == []


async def test_places_out_of_sight_and_who_may_not_plan_are_refused(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc2", "duty", "thon-hai")
    await office.add_account("ca", "police")
    duty, police = await visitors("truc2"), await visitors("ca")
    assert (await duty.get("/escalation")).status == 200
    assert (await duty.get("/escalation?place=nha-a")).status == 404
    assert (await duty.post("/escalation/fire/nha-a", TIMES)).status == 404
    assert (await duty.post("/escalation/fire", TIMES)).status == 404
    assert (await duty.post("/escalation/fire/ngo-9", TIMES)).status == 303
    text = (await police.get("/escalation?category=info")).text
    assert "không bao giờ chuyển cấp" in text
    assert (await police.get("/escalation?category=x")).status == 404
    assert (await police.post("/escalation/fire", TIMES)).status == 403
