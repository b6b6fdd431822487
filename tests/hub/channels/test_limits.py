"""What the ledger spends, how fast it goes, whom it lets sleep, and what residents get when it was too late."""

import pytest
import sqlalchemy as sa

from keng_hub import tables
from keng_hub.channels.channel import ErrorClass, Outcome
from keng_hub.deliveries.budgets import Bucket, Limits
from keng_hub.deliveries.ledger import Step
from keng_hub.deliveries.quiet import by_night, morning, start_of_day
from keng_hub.deliveries.settling import SLICE
from keng_hub.deliveries.worker import BATCH
from keng_wire.alarm import Category
from support.post import Post
from support.village_rows import Village

_SMS = Step("sms", "+84900000001")
_HOUR_MS = 3_600_000
_EVENING = 5 * 3600
"""From 18:06 to 23:06, in seconds."""


# Speed ---------------------------------------------------------------------------------------------------------------


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(Limits(per_minute=6, burst=3))
    assert (bucket.left(0), bucket.left_for_ordinary(0)) == (3, 2)
    bucket.take(3, 0, urgent=True)
    assert [bucket.left(at) for at in (0, 9_999, 10_000, 25_000, 600_000)] == [0, 0, 1, 2, 3]


def test_a_bucket_forgets_a_clock_that_was_set_back() -> None:
    bucket = Bucket(Limits(per_minute=6, burst=3))
    bucket.take(3, 10_000_000, urgent=True)
    assert [bucket.left(at) for at in (0, 9_999, 10_000, 30_000)] == [0, 0, 1, 3]


def test_what_a_long_message_takes_beyond_the_tokens_is_owed() -> None:
    bucket = Bucket(Limits(per_minute=6, burst=3))
    bucket.take(2, 0, urgent=True)
    bucket.take(3, 0, urgent=True)
    assert [bucket.left(at) for at in (0, 29_999, 30_000, 50_000)] == [0, 0, 1, 3]


def test_long_notices_never_owe_out_of_the_share_of_a_fire() -> None:
    bucket = Bucket(Limits(per_minute=6, burst=3))
    bucket.take(9, 0)
    assert (bucket.left(0), bucket.left_for_ordinary(0)) == (1, 0)
    bucket.take(1, 0, urgent=True)
    assert [bucket.left(at) for at in (0, 10_000)] == [0, 1]
    assert [bucket.left_for_ordinary(at) for at in (80_000, 90_000, 100_000)] == [0, 1, 2]


def test_a_channel_without_a_rate_has_no_bucket() -> None:
    assert Bucket(Limits()).left(0) is None


async def test_a_slow_channel_sends_at_its_pace_and_keeps_room_for_a_fire(village: Village) -> None:
    post = Post(village, sms=Limits(per_minute=6, burst=3))
    people = [post.house(f"ho-{n}", Step("sms", str(n))) for n in range(4)]
    post.tell(*people)
    await post.round()
    assert len(post.sms.sent) == 2  # the third token is a fire's
    post.tell(people[0], category=Category.FIRE, code="SC-0001")
    await post.round()
    assert post.sms.codes == ["TB-0001", "TB-0001", "SC-0001"]
    await post.round(10)
    await post.round(10)
    assert len(post.sms.sent) == 4


@pytest.mark.parametrize(("parts", "in_a_minute"), [(1, 8), (2, 4), (3, 3)])
async def test_the_pace_of_a_sim_counts_parts(village: Village, parts: int, in_a_minute: int) -> None:
    post = Post(village, sms=Limits(slots=1, per_minute=6, burst=3))
    post.sms.of_parts = parts
    post.tell(*(post.house(f"ho-{n}", Step("sms", str(n))) for n in range(12)))
    for _ in range(61):  # what the bucket held at first, and six parts a minute
        await post.round(1)
    assert len(post.sms.sent) == in_a_minute


async def test_long_notices_hold_up_no_fire_and_a_long_alarm_is_paced_too(village: Village) -> None:
    post = Post(village, sms=Limits(per_minute=6, burst=3))
    post.sms.of_parts = 3
    people = [post.house(f"ho-{n}", Step("sms", str(n))) for n in range(3)]
    post.tell(*people)
    await post.round()
    assert post.sms.codes == ["TB-0001"]
    post.tell(*people, category=Category.FIRE, code="SC-0001")
    await post.round()
    assert post.sms.codes == ["TB-0001", "SC-0001"]
    assert [await post.round(15), await post.round(15), await post.round(15)] == [0, 1, 0]


async def test_what_waits_too_long_for_its_turn_goes_the_next_way_and_staff_hear_of_it_once(village: Village) -> None:
    post = Post(village, sms=Limits(per_minute=1, burst=1))
    people = [post.house(f"ho-{n}", Step("sms", str(n)), Step("email", f"{n}@x.example", 3600)) for n in range(3)]
    post.tell(*people)
    await post.round()
    assert post.states("email").count("accepted") == 0
    await post.round(61)
    await post.round()
    assert sorted(post.states("email")) == ["accepted", "stopped", "stopped"]
    await post.round(61)
    [fault] = post.faults("budget")
    assert (fault.condition, len(village.rows(tables.incident))) == ("cleared", 1)


# Money ---------------------------------------------------------------------------------------------------------------


async def test_the_money_of_a_day_ends_at_its_cap_the_ladder_goes_on_and_a_fire_is_sent_all_the_same(
    village: Village,
) -> None:
    post = Post(village, sms=Limits(daily_cap=700))
    people = [post.house(f"ho-{n}", Step("sms", str(n)), Step("email", f"{n}@x.example", 3600)) for n in range(3)]
    post.tell(*people)
    await post.round()
    await post.round()
    assert sorted(post.states()) == ["accepted", "accepted", "failed"]
    assert post.states("email").count("accepted") == 1
    post.tell(people[0], category=Category.FIRE, code="SC-0009")
    await post.round(11)
    assert post.sms.codes == ["TB-0001", "TB-0001", "SC-0009"]
    await post.round(11)
    [fault] = post.faults("budget")
    assert fault.condition == "active"
    assert (await post.worker.health()).ok  # the channel works: only its money is used up
    await post.round(6 * 3600)  # another day
    assert post.faults("budget")[0].condition == "cleared"


async def test_what_was_refused_for_sure_costs_nothing_and_what_may_have_arrived_does(village: Village) -> None:
    post = Post(village)
    post.sms.script = [
        Outcome.refused(ErrorClass.PARAMS, "108"),
        Outcome.refused(ErrorClass.TRANSIENT, "timeout", uncertain=True),
        Outcome.accepted("m-1", cost=550),
    ]
    for n in range(2):
        post.tell(post.house(f"ho-{n}", Step("sms", str(n))), code=f"TB-000{n}")
        await post.round()
    costs = [row.cost for row in village.rows(tables.attempt, tables.attempt.c.channel == "sms")]
    assert costs == [None, 300]
    await post.round(2)
    assert village.rows(tables.attempt, tables.attempt.c.channel == "sms")[1].cost == 850


# Night ---------------------------------------------------------------------------------------------------------------


def test_quiet_hours_are_those_of_the_village() -> None:
    ten_at_night = 15 * _HOUR_MS  # 22:00 in Vietnam, in UTC
    assert [by_night(ten_at_night + ms) for ms in (-1, 0, 8 * _HOUR_MS - 1, 8 * _HOUR_MS)] == [False, True, True, False]
    assert morning(ten_at_night) == ten_at_night + 8 * _HOUR_MS
    assert morning(ten_at_night - 1) == ten_at_night - 1
    assert start_of_day(ten_at_night) == -7 * _HOUR_MS


async def test_a_notice_lets_residents_sleep_and_is_not_late_in_the_morning(village: Village) -> None:
    post = Post(village)
    house = post.house("ho-1", _SMS)
    village.wait(_EVENING)
    post.tell(house)
    assert await post.round() == 0
    assert (await post.worker.health()).ok
    await post.round(7 * 3600)  # 06:06
    assert [message.body_vi for message in post.sms.sent] == ["MUỘN 6 phút. Mất điện."]


async def test_a_notice_that_waits_for_another_try_at_ten_waits_for_the_morning(village: Village) -> None:
    post = Post(village)
    post.sms.script = [Outcome.refused(ErrorClass.TRANSIENT, "503", retry_after_ms=_EVENING * 1000)]
    post.tell(post.house("ho-1", _SMS))
    await post.round()
    assert await post.round(_EVENING) == 0
    assert await post.round(7 * 3600) == 1


@pytest.mark.parametrize("more", [{"category": Category.FIRE}, {"any_hour": True}])
async def test_danger_wakes_residents(village: Village, more: dict[str, Category]) -> None:
    post = Post(village)
    house = post.house("ho-1", _SMS)
    village.wait(_EVENING)
    post.tell(house, **more)
    assert await post.round() == 1


async def test_who_is_on_duty_is_told_at_any_hour(village: Village) -> None:
    post = Post(village)
    village.wait(_EVENING)
    village.alarm(category=Category.FAULT)
    await post.round()
    assert post.page.codes[0] == "SC-0001"


# Residents -----------------------------------------------------------------------------------------------------------


async def test_an_address_nobody_is_behind_is_a_dead_contact_and_leaves_the_ladder(village: Village) -> None:
    post = Post(village)
    post.sms.script = [Outcome.refused(ErrorClass.UNREACHABLE, "108")]
    post.tell(post.house("ho-1", _SMS, Step("email", "a@x.example", 60)))
    await post.round()
    await post.round()
    assert [row.state for row in village.rows(tables.contact)] == ["dead", "verified"]
    [row] = village.rows(tables.recipient, tables.recipient.c.id == "ho-1")
    assert [step["channel"] for step in row.ladder] == ["email"]
    assert post.states("email") == ["accepted"]


async def test_households_out_of_reach_are_one_fault_a_message(village: Village) -> None:
    post = Post(village)
    post.sms.usual = Outcome.refused(ErrorClass.PARAMS, "no")
    post.tell(*(post.house(f"ho-{n}", Step("sms", str(n))) for n in range(3)))
    await post.round()
    assert len(post.faults("unreached")) == 1
    assert post.faults("undelivered") == []


async def test_residents_get_one_summary_instead_of_alarms_that_are_too_old(village: Village) -> None:
    post = Post(village)
    house = post.house("ho-1", _SMS)
    post.sms.usual = Outcome.refused(ErrorClass.TRANSIENT, "503", retry_after_ms=30_000)
    for name, device in (("a", "khoi-5a"), ("b", "khoi-7")):
        incident = village.alarm(name, device=device)
        post.tell(house, category=Category.FIRE, code="x")
        last = sa.select(sa.func.max(tables.delivery.c.id)).scalar_subquery()
        village.execute(sa.update(tables.delivery).where(tables.delivery.c.id == last).values(incident=incident))
        await post.round(3601)
    post.sms.usual = Outcome.accepted()
    post.sms.sent.clear()
    await post.round(60)
    [message] = post.sms.sent
    assert message.body_vi.startswith("Tin tóm tắt, không phải báo động mới.")
    fires = [row.code.replace("2026-", "") for row in post.faults("smoke")]
    assert len(fires) == 2
    assert all(code in message.body_vi for code in fires)
    await post.round(3600)
    assert len(post.sms.sent) == 1


async def test_a_claim_takes_few_ordinary_messages_of_a_wide_channel_so_that_a_fire_waits_for_few(
    village: Village,
) -> None:
    post = Post(village, sms=Limits(slots=200))
    post.tell(*(post.house(f"ho-{n}", Step("sms", str(n))) for n in range(BATCH + 4)))
    assert [await post.round(), await post.round()] == [BATCH, 4]


async def test_what_is_too_old_is_ended_some_at_a_time(village: Village) -> None:
    post = Post(village)
    house = post.house("ho-1", Step("sms", "1"))
    for n in range(SLICE + 5):
        post.tell(house, code=f"TB-{n}")
    await post.worker.settled()
    village.wait(25 * 3600)
    ended: list[int] = []
    for _ in range(2):
        await post.worker.run_once()
        await post.worker.settled()
        ended.append(post.states().count("expired"))
    assert ended == [SLICE, SLICE + 5]


@pytest.mark.expects_log("channel sms is shut")
async def test_what_waits_for_a_channel_that_is_shut_is_no_matter_of_its_budget(village: Village) -> None:
    post = Post(village, sms=Limits(per_minute=60, burst=60))
    post.sms.usual = Outcome.refused(ErrorClass.PERMISSION, "401")
    post.tell(*(post.house(f"ho-{n}", Step("sms", str(n))) for n in range(30)))
    await post.round()
    await post.round(120)
    assert post.faults("budget") == []
    assert len(post.faults("channel")) == 1
