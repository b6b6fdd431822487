"""An Official Account against a double of Zalo: three ways of sending, windows, error tables, templates."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from keng_hub.channels.channel import ErrorClass, Inbound, Outcome, Result
from keng_hub.channels.zalo.oa_errors import Family, verdict
from keng_hub.database import Database
from keng_hub.incidents.case import HUB
from keng_hub.replies import inbox
from keng_hub.tables import alarm
from support.hub_parts import rows
from support.messages import SENT, message
from support.provider import BAD, IMPATIENT_S, Reply
from support.zalo_oa import APP_SECRET, Desk, FakeZaloOa

GROUP = "/v3.0/oa/group/message"
CS = "/v3.0/oa/message/cs"
NIGHT = SENT + 6 * 3_600_000  # 00:06 in Vietnam; SENT is 18:06
HOUR = 3_600_000


@pytest.fixture
async def zalo() -> AsyncIterator[FakeZaloOa]:
    async with FakeZaloOa() as running:
        yield running


@pytest.fixture
async def desk(zalo: FakeZaloOa, sqlite_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    database = Database(sqlite_url)
    made = Desk(zalo, database, tmp_path).authorised()
    yield made
    await made.close()
    database.close()


def wrote(desk: Desk, at: int, user: str = "777") -> None:
    desk.database.write_now(inbox.take, Inbound("zalo_oa", user, f"m-{at}", "1", at), at)


def faults_going_on(database: Database) -> list[str]:
    query = sa.select(alarm.c.device).where(alarm.c.node == HUB, alarm.c.condition == "active")
    return sorted(database.read_now(lambda connection: list(connection.execute(query).scalars())))


async def test_a_group_gets_the_text_also_at_night(desk: Desk, zalo: FakeZaloOa) -> None:
    assert await desk.channel().send(message(address="gmf:g1", sent=NIGHT)) == Outcome.accepted("z1")
    [call] = zalo.of(GROUP)
    text = f"{message().body_vi}\nhttps://keng.example/incidents/231"
    assert call.json == {"recipient": {"group_id": "g1"}, "message": {"text": text}}


async def test_a_person_who_wrote_within_seven_days_gets_a_consultation_text(desk: Desk, zalo: FakeZaloOa) -> None:
    wrote(desk, SENT - 6 * 24 * HOUR)
    assert await desk.channel().send(message(address="777")) == Outcome.accepted("z1")
    assert zalo.of(CS)[0].json["recipient"] == {"user_id": "777"}


@pytest.mark.parametrize("days", [None, 8])
async def test_outside_the_window_nobody_is_asked(desk: Desk, zalo: FakeZaloOa, days: int | None) -> None:
    if days is not None:
        wrote(desk, SENT - days * 24 * HOUR)
    assert await desk.channel().send(message(address="777")) == Outcome.refused(ErrorClass.WINDOW, "7_days")
    assert zalo.calls == []


async def test_at_night_a_person_is_only_tried_where_the_settings_say_so(desk: Desk, zalo: FakeZaloOa) -> None:
    wrote(desk, SENT)
    at_night = message(address="777", sent=NIGHT)
    assert (await desk.channel().send(at_night)).error_class is ErrorClass.NIGHT
    assert zalo.calls == []
    assert (await desk.channel(cs_at_night=True).send(at_night)).result is Result.ACCEPTED


async def test_a_telephone_gets_the_template_of_its_kind_of_message(desk: Desk, zalo: FakeZaloOa) -> None:
    channel = desk.channel()
    for _ in range(2):
        assert (await channel.send(message(address="+84912345678"))).result is Result.ACCEPTED
    assert len(zalo.of("/template/info/v2")) == 1  # what was enabled within the hour still is
    sent = zalo.of("/message/template")[0].json
    assert sent == {
        "phone": "84912345678",
        "template_id": "100001",
        "template_data": {"noi_dung": message().body_vi[:39] + "…", "ma": "SC-0231"},
        "tracking_id": message().key,
    }


async def test_a_template_that_is_not_enabled_is_not_used_and_staff_are_told(desk: Desk, zalo: FakeZaloOa) -> None:
    channel = desk.channel()
    outcome = await channel.send(message(address="+84912345678", kind="notice", category="info"))
    assert (outcome.result, outcome.error_code) == (Result.FAILED, "template PENDING_REVIEW")
    assert zalo.of("/message/template") == []
    assert faults_going_on(desk.database) == ["zalo_oa/template"]
    zalo.templates["100002"] = "ENABLE"
    assert (await channel.send(message(address="+84912345678", kind="notice"))).result is Result.ACCEPTED
    assert faults_going_on(desk.database) == []


async def test_a_kind_of_message_without_a_template_is_a_fault_of_the_settings(desk: Desk) -> None:
    outcome = await desk.channel().send(message(address="+84912345678", kind="update"))
    assert (outcome.error_class, outcome.error_code) == (ErrorClass.PARAMS, "no template: update")


async def test_one_group_that_is_shut_is_told_and_ended_without_shutting_the_account(
    desk: Desk, zalo: FakeZaloOa
) -> None:
    channel = desk.channel()
    zalo.errors["g1"] = -237
    outcome = await channel.send(message(address="gmf:g1"))
    assert (outcome.result, outcome.error_class) == (Result.FAILED, ErrorClass.PARAMS)
    assert faults_going_on(desk.database) == ["zalo_oa/gmf"]
    await channel.send(message(address="gmf:g1"))
    assert len(rows(desk.database, alarm)) == 1
    zalo.errors.clear()
    await desk.channel().send(message(address="gmf:g1"))  # another process, after a restart
    assert faults_going_on(desk.database) == []


@pytest.mark.parametrize(
    ("family", "code", "error_class"),
    [
        (Family.MESSAGE, -216, ErrorClass.TOKEN),
        (Family.MESSAGE, -220, ErrorClass.TOKEN),
        (Family.MESSAGE, -242, ErrorClass.PERMISSION),
        (Family.MESSAGE, -224, ErrorClass.PERMISSION),
        (Family.MESSAGE, -213, ErrorClass.UNREACHABLE),
        (Family.MESSAGE, -244, ErrorClass.UNREACHABLE),
        (Family.MESSAGE, -230, ErrorClass.WINDOW),
        (Family.MESSAGE, -234, ErrorClass.NIGHT),
        (Family.MESSAGE, -32, ErrorClass.TRANSIENT),
        (Family.MESSAGE, -211, ErrorClass.QUOTA),
        (Family.MESSAGE, -403, ErrorClass.PARAMS),
        (Family.MESSAGE, -201, ErrorClass.PARAMS),
        (Family.MESSAGE, -9999, ErrorClass.TRANSIENT),
        (Family.TEMPLATE, -124, ErrorClass.TOKEN),
        (Family.TEMPLATE, -1241, ErrorClass.PERMISSION),
        (Family.TEMPLATE, -105, ErrorClass.PERMISSION),
        (Family.TEMPLATE, -108, ErrorClass.UNREACHABLE),
        (Family.TEMPLATE, -110, ErrorClass.UNREACHABLE),
        (Family.TEMPLATE, -100, ErrorClass.TRANSIENT),
        (Family.TEMPLATE, -112, ErrorClass.PARAMS),
        (Family.TEMPLATE, -133, ErrorClass.PARAMS),
        (Family.TEMPLATE, -216, ErrorClass.TRANSIENT),
    ],
)
@pytest.mark.parametrize("as_text", [False, True])
def test_a_number_means_what_its_family_says(family: Family, code: int, error_class: ErrorClass, as_text: bool) -> None:
    from keng_hub.channels.provider import Answer

    answer = Answer(200, Reply({"error": str(code) if as_text else code}).data)
    found = verdict(family, answer)
    assert (found.outcome.error_class, found.outcome.error_code) == (error_class, str(code))
    assert found.staff is (code in (-403, -112, -133))
    assert found.outcome.retry_after_ms == (60_000 if code == -32 else None)


@pytest.mark.parametrize("kind", BAD)
async def test_after_a_bad_answer_the_message_may_have_arrived(desk: Desk, zalo: FakeZaloOa, kind: str) -> None:
    zalo.script = [BAD[kind]]
    outcome = await desk.channel(timeout_s=IMPATIENT_S).send(message(address="gmf:g1"))
    assert (outcome.result, outcome.error_class, outcome.uncertain) == (Result.RETRY, ErrorClass.TRANSIENT, True)


async def test_the_self_test_looks_at_groups_and_templates(desk: Desk, zalo: FakeZaloOa) -> None:
    channel = desk.channel()
    assert (await channel.check()).error_code == "template PENDING_REVIEW"
    zalo.templates["100002"] = "ENABLE"
    assert (await channel.check()).result is Result.ACCEPTED
    zalo.script = [Reply({"error": 0, "data": {"groups": [{"status": "disabled"}, {"status": "enabled"}]}})]
    assert (await channel.check()).error_code == "1 groups not enabled"
    zalo.script = [Reply({"error": -209})]
    assert (await channel.check()).error_class is ErrorClass.PERMISSION


def test_a_message_costs_what_the_settings_say(desk: Desk) -> None:
    channel = desk.channel(template_price=290, group_price=55)
    prices = [channel.price(message(address=address)) for address in ("gmf:g1", "+84912345678", "777")]
    assert prices == [55, 290, 0]


async def test_no_token_and_no_secret_stands_in_a_log_or_an_outcome(
    desk: Desk, zalo: FakeZaloOa, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    channel = desk.channel(timeout_s=IMPATIENT_S)
    told: list[Any] = [desk.settings(), desk.settings().app(), desk.pair(), channel]
    for reply in BAD.values():
        zalo.script = [reply]
        told.append(await channel.send(message(address="gmf:g1")))
    shown = caplog.text + repr(told)
    for secret in (APP_SECRET, "'a1'", "'r1'", "access='", zalo.calls[0].headers["appsecret_proof"]):
        assert secret not in shown
