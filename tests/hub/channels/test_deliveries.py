"""The worker and its ledger on a clock that stands still: order, ladders, leases, errors, ends."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from keng_hub import tables
from keng_hub.channels.channel import ErrorClass, Outcome
from keng_hub.channels.page import Page, PageSettings
from keng_hub.deliveries import receipts, settling
from keng_hub.deliveries.budgets import Limits
from keng_hub.deliveries.states import AttemptState
from keng_hub.deliveries.worker import Deliveries
from keng_hub.incidents import actions
from keng_hub.incidents.states import Verdict
from keng_hub.wakes import Wakes
from keng_wire.alarm import Category, Cause
from support.messages import office
from support.scripted_channel import ScriptedChannel, TokenChannel
from support.village_rows import DUTY, EXPLAINED, Village, add_recipient
from support.webhook_receiver import Behaviour, WebhookReceiver

_ORDINARY = Limits().slots - Limits().reserved
_TRANSIENT = Outcome.refused(ErrorClass.TRANSIENT, "503")
_SECURITY: dict[str, Any] = {"category": Category.SECURITY, "cause": Cause.INTRUSION}


class Post:
    """A village with a worker whose channels are scripted; one `round` claims, sends and settles."""

    def __init__(self, village: Village) -> None:
        self.village = village
        self.page, self.webhook, self.email = ScriptedChannel(), ScriptedChannel(), ScriptedChannel()
        self.worker = self.new_worker()

    def new_worker(self, **channels: Any) -> Deliveries:
        given = {"page": self.page, "webhook": self.webhook, "email": self.email} | channels
        return Deliveries(self.village.database, given, Wakes(), self.village.clock, "https://keng.example/")

    async def round(self, seconds: float = 0) -> int:
        self.village.wait(seconds)
        begun = await self.worker.run_once()
        await self.worker.settled()
        return begun

    def ladder(self, *steps: tuple[str, str, int], recipient: str = "truc-ban") -> None:
        rows = [{"channel": channel, "address": address, "after_s": after} for channel, address, after in steps]
        table = tables.recipient
        self.village.execute(sa.update(table).where(table.c.id == recipient).values(ladder=rows))

    def attempts(self, *where: Any) -> list[sa.Row[Any]]:
        return self.village.rows(tables.attempt, tables.attempt.c.channel != "page", *where)

    def states(self) -> list[str]:
        return [row.state for row in self.attempts()]


@pytest.fixture
def post(village: Village) -> Post:
    return Post(village)


async def test_a_fire_is_handed_to_its_channels_and_noted_hop_by_hop(post: Post) -> None:
    post.village.alarm()
    assert await post.round() == 2
    assert post.states() == ["accepted"]
    [sent] = post.webhook.sent
    assert (sent.short_code, sent.code, sent.address) == ("SC-0001", "SC-2026-0001", "https://truc.example/keng")
    assert sent.link == "https://keng.example/incidents/1"
    assert post.village.rows(tables.alarm)[0].attempted_at == post.village.now
    [attempt] = post.attempts()
    assert set(attempt.stamps) == {"queued", "sending", "accepted"}


async def test_accepted_is_never_called_delivered(post: Post) -> None:
    post.village.alarm()
    await post.round()
    await post.round(3600)
    assert post.states() == ["accepted"]


async def test_a_thousand_queued_pieces_of_information_do_not_delay_a_fire(post: Post) -> None:
    village = post.village
    template = village.alarm(category=Category.INFO, cause=Cause.OTHER)
    [info] = village.letters(template)
    delivery = {column.name: getattr(info, column.name) for column in tables.delivery.columns}
    for_each = [delivery | {"id": 1000 + n} for n in range(1000)]
    attempt: dict[str, Any] = {"channel": "webhook", "address": "x", "n": 1, "state": "queued", "priority": 4}
    attempt |= {"due": village.now, "stamps": dict[str, int]()}
    rows: list[dict[str, Any]] = [attempt | {"delivery": 1000 + n} for n in range(1000)]
    village.execute(sa.insert(tables.delivery).values(for_each))
    village.execute(sa.insert(tables.attempt).values(rows))
    post.webhook.gate.clear()
    await post.worker.run_once()
    await asyncio.sleep(0)
    assert len(post.webhook.sent) == _ORDINARY  # all ordinary slots are held by slow ones
    village.alarm("b")
    await post.worker.run_once()
    await asyncio.sleep(0)
    assert post.webhook.codes[-1] == "SC-0002"  # and the fire goes out all the same
    post.webhook.gate.set()
    await post.worker.settled()
    assert await post.worker.run_once() == _ORDINARY
    await post.worker.settled()


async def test_the_order_is_fire_medical_security_fault_information(post: Post) -> None:
    for n, category in enumerate(reversed(Category)):
        post.village.alarm(str(n), category=category, device=f"d{n}", place="so-7")
    await post.round()
    assert [message.category for message in post.webhook.sent] == [category.value for category in Category]


async def test_a_drill_stands_behind_every_real_alarm(post: Post) -> None:
    post.village.alarm("a", drill=True)
    post.village.alarm("b", **_SECURITY)
    await post.round()
    assert [message.drill for message in post.webhook.sent] == [False, True]


# Ladders -------------------------------------------------------------------------------------------------------------


async def test_for_fire_all_steps_start_at_once(post: Post) -> None:
    post.ladder(("webhook", "a", 0), ("email", "b", 30), ("webhook", "c", 90))
    post.village.alarm()
    assert await post.round() == 4
    assert post.states() == ["accepted"] * 3


async def test_otherwise_each_step_waits_for_its_time(post: Post) -> None:
    post.ladder(("webhook", "a", 0), ("email", "b", 30), ("webhook", "c", 90))
    post.village.alarm(**_SECURITY)
    await post.round()
    assert post.states() == ["accepted", "queued", "queued"]
    await post.round(29)
    assert post.email.sent == []
    await post.round(1)
    assert post.states() == ["accepted", "accepted", "queued"]
    post.village.act(actions.acknowledge, 1, DUTY)
    assert await post.round(60) == 0
    assert post.states() == ["accepted", "accepted", "stopped"]


async def test_a_fault_needs_one_accepted_step_only(post: Post) -> None:
    post.ladder(("webhook", "a", 0), ("email", "b", 30))
    post.village.alarm(category=Category.FAULT)
    await post.round()
    assert post.states() == ["accepted", "stopped"]


async def test_a_step_that_cannot_work_brings_the_next_forward(post: Post) -> None:
    post.ladder(("webhook", "a", 0), ("email", "b", 30), ("webhook", "c", 90))
    post.webhook.script = [Outcome.refused(ErrorClass.UNREACHABLE, "410")]
    post.village.alarm(**_SECURITY)
    await post.round()
    await post.round()
    assert post.states() == ["failed", "accepted", "queued"]


async def test_a_channel_this_hub_does_not_have_holds_no_ladder_up(post: Post) -> None:
    post.ladder(("brieftaube", "a", 0), ("email", "b", 30))
    post.village.alarm(**_SECURITY)
    await post.round()
    assert post.states() == ["failed", "accepted"]
    assert post.attempts()[0].error_code == "no_such_channel"


@pytest.mark.parametrize("state", [AttemptState.SEEN, AttemptState.REPLIED])
async def test_whoever_saw_or_answered_is_not_called_again(post: Post, state: AttemptState) -> None:
    post.ladder(("webhook", "a", 0), ("email", "b", 30))
    post.webhook.usual = Outcome.accepted("m-1")
    post.village.alarm(**_SECURITY)
    await post.round()
    assert post.village.do(receipts.note, "webhook", "m-1", state, post.village.now) == 1
    assert post.states() == [state.value, "stopped"]


async def test_receipts_never_go_backwards_and_strangers_are_ignored(post: Post) -> None:
    post.webhook.usual = Outcome.accepted("m-1")
    post.village.alarm(**_SECURITY)
    await post.round()
    for state in (AttemptState.SEEN, AttemptState.DELIVERED, AttemptState.ACCEPTED):
        post.village.do(receipts.note, "webhook", "m-1", state, post.village.now)
    assert post.states() == ["seen"]
    assert post.village.do(receipts.note, "webhook", "m-2", AttemptState.SEEN, post.village.now) is None
    assert post.village.do(receipts.note, "email", "m-1", AttemptState.SEEN, post.village.now) is None


# Errors --------------------------------------------------------------------------------------------------------------


async def test_a_passing_error_is_tried_again_after_a_growing_pause(post: Post) -> None:
    post.webhook.script = [_TRANSIENT, _TRANSIENT]
    post.village.alarm()
    await post.round()
    [attempt] = post.attempts()
    assert (attempt.state, attempt.tries, attempt.error_class, attempt.error_code) == (
        "queued",
        1,
        "transient",
        "503",
    )
    assert 800 <= attempt.due - post.village.now <= 1200
    assert await post.round(0.5) == 0
    await post.round(1)
    await post.round(3)
    [attempt] = post.attempts()
    assert (attempt.state, attempt.tries, attempt.error_class) == ("accepted", 3, None)
    assert len({message.key for message in post.webhook.sent}) == 1


async def test_a_receiver_that_asks_for_time_gets_it(post: Post) -> None:
    post.webhook.script = [Outcome.refused(ErrorClass.TRANSIENT, "429", retry_after_ms=45_000)]
    post.village.alarm()
    await post.round()
    assert post.attempts()[0].due == post.village.now + 45_000


@pytest.mark.parametrize("error_class", [ErrorClass.PARAMS, ErrorClass.UNREACHABLE, ErrorClass.NIGHT])
async def test_a_ladder_that_ends_with_nothing_accepted_is_a_fault_for_staff(
    post: Post, error_class: ErrorClass
) -> None:
    post.village.do(add_recipient, "ky-thuat", [{"channel": "email", "address": "kt"}], categories=["fault"])
    post.webhook.usual = Outcome.refused(error_class, "no")
    post.village.alarm()
    await post.round()
    [fault] = post.village.rows(tables.incident, tables.incident.c.cause == "undelivered")
    assert fault.severity == "high"
    assert post.village.entries(1, "delivery") == [{"recipient": "truc-ban", "result": "undelivered"}]
    await post.round()
    assert [message.address for message in post.email.sent] == ["kt"]
    assert len(post.village.rows(tables.incident)) == 2  # the fault's own message to truc-ban failed too: no third


@pytest.mark.expects_log("channel (webhook|email|page) is shut")
async def test_all_channels_failing_ends_in_faults_and_never_in_a_circle(post: Post) -> None:
    for channel in (post.page, post.webhook, post.email):
        channel.usual = Outcome.refused(ErrorClass.PERMISSION, "401")
    post.village.alarm()
    for _ in range(30):
        await post.round(30)
    causes = sorted(row.cause for row in post.village.rows(tables.incident))
    assert causes.count("smoke") == 1
    assert causes.count("undelivered") == 2  # the duty officer and the screen
    assert len(causes) <= 6
    assert not (await post.worker.health()).ok


async def test_the_fault_about_a_person_is_over_once_something_is_accepted(post: Post) -> None:
    post.webhook.script = [Outcome.refused(ErrorClass.PARAMS, "no")]
    post.village.alarm()
    await post.round()
    await post.round()  # the fault's own message
    [fault] = post.village.rows(tables.incident, tables.incident.c.cause == "undelivered")
    assert (fault.condition, fault.state) == ("cleared", "new")


async def test_a_token_is_renewed_once_and_the_try_repeated(post: Post) -> None:
    channel = TokenChannel()
    channel.script = [Outcome.refused(ErrorClass.TOKEN, "-216")]
    post.worker = post.new_worker(webhook=channel)
    post.village.alarm()
    await post.round()
    assert (channel.refreshed, post.states()) == (1, ["accepted"])


@pytest.mark.expects_log("channel webhook is shut: token -216")
async def test_a_token_that_stays_bad_shuts_the_channel(post: Post) -> None:
    channel = TokenChannel(Outcome.refused(ErrorClass.TOKEN, "-216"))
    post.worker = post.new_worker(webhook=channel)
    post.village.alarm()
    await post.round()
    assert (channel.refreshed, len(channel.sent), post.states()[0]) == (1, 2, "failed")


@pytest.mark.expects_log("channel webhook failed on attempt")
async def test_a_bug_in_a_channel_ends_its_step_and_not_the_worker(post: Post) -> None:
    post.ladder(("webhook", "a", 0), ("email", "b", 30))
    post.webhook.script = [RuntimeError("bug")]
    post.village.alarm(**_SECURITY)
    await post.round()
    await post.round()
    assert post.states() == ["failed", "accepted"]
    assert post.attempts()[0].uncertain


# The breaker ---------------------------------------------------------------------------------------------------------


@pytest.mark.expects_log("channel webhook is shut: transient 503")
async def test_a_channel_that_fails_five_times_is_shut_for_all_but_the_urgent(post: Post) -> None:
    post.webhook.usual = _TRANSIENT
    for n in range(5):
        post.village.alarm(str(n), category=Category.INFO, place=f"noi-{n}")
    await post.round()
    [fault] = post.village.rows(tables.incident, tables.incident.c.cause == "channel")
    assert fault.condition == "active"
    health = await post.worker.health()
    assert (health.ok, health.detail) == (False, "channels shut: webhook")
    tried = len(post.webhook.sent)
    await post.round(5)
    assert len(post.webhook.sent) == tried
    post.village.alarm("f")  # a fire is tried whatever the breaker says
    await post.round()
    assert len(post.webhook.sent) == tried + 1
    post.webhook.usual = Outcome.accepted()
    await post.round(70)
    assert post.village.row(tables.incident, fault.id).condition == "cleared"
    while await post.round(30):
        pass
    assert set(post.states()) <= {"accepted", "stopped"}


@pytest.mark.expects_log("channel webhook is shut")
async def test_a_shut_channel_is_asked_by_one_message_at_a_time(post: Post) -> None:
    post.webhook.usual = _TRANSIENT
    for n in range(8):
        post.village.alarm(str(n), category=Category.INFO, place=f"noi-{n}")
    await post.round()
    tried = len(post.webhook.sent)
    await post.round(11)
    assert len(post.webhook.sent) == tried + 1


@pytest.mark.expects_log("channel webhook is shut: permission 401")
async def test_a_refused_login_shuts_at_once_and_the_ladder_goes_on(post: Post) -> None:
    post.ladder(("webhook", "a", 0), ("email", "b", 30))
    post.webhook.usual = Outcome.refused(ErrorClass.PERMISSION, "401")
    post.village.alarm(**_SECURITY)
    await post.round()
    await post.round()
    assert post.states()[:2] == ["failed", "accepted"]


# Time ----------------------------------------------------------------------------------------------------------------


async def test_what_is_too_old_is_not_sent_any_more_and_that_is_a_fault(post: Post) -> None:
    post.village.alarm()
    await post.round(3600)
    assert {message.kind for message in post.webhook.sent} == {"fault"}
    assert post.attempts()[0].state == "expired"
    unreached = post.village.rows(tables.alarm, tables.alarm.c.cause == "undelivered")
    assert sorted(row.device for row in unreached) == ["man-hinh-truc", "truc-ban"]


async def test_a_message_that_waited_says_how_late_it_is(post: Post) -> None:
    post.village.alarm()
    await post.round(59 * 60)
    [message] = post.webhook.sent
    assert message.body_vi.startswith("MUỘN 59 phút. CHÁY")
    assert message.body_ascii.startswith("MUON 59 phut. CHAY")


async def test_a_step_that_comes_at_its_own_time_is_not_late(post: Post) -> None:
    post.ladder(("webhook", "a", 0), ("email", "b", 600))
    post.village.alarm(**_SECURITY)
    await post.round()
    await post.round(600)
    assert post.email.sent[0].body_vi.startswith("AN NINH")


async def test_a_worker_that_died_inside_a_step_loses_nothing(post: Post) -> None:
    post.webhook.gate.clear()
    post.village.alarm()
    await post.worker.run_once()
    await asyncio.sleep(0.05)
    dead = post.worker
    assert post.states() == ["sending"]
    post.worker = post.new_worker(webhook=ScriptedChannel())
    assert await post.round(29) == 0
    assert await post.round(1) == 1
    [attempt] = post.attempts()
    assert (attempt.state, attempt.tries, attempt.uncertain) == ("accepted", 2, True)
    # The first worker comes back to life: its word is too late to count.
    post.webhook.usual = Outcome.refused(ErrorClass.PARAMS, "no")
    post.webhook.gate.set()
    await dead.settled()
    assert post.states() == ["accepted"]


async def test_the_late_word_of_a_first_try_counts_as_long_as_no_second_was_made(post: Post) -> None:
    post.webhook.gate.clear()
    post.village.alarm()
    await post.worker.run_once()
    await asyncio.sleep(0.05)
    post.village.wait(31)
    assert post.village.do(settling.recover, ["webhook"], post.village.now) == []
    assert post.states() == ["queued"]
    post.webhook.gate.set()
    await post.worker.settled()
    assert post.states() == ["accepted"]


async def test_an_answer_is_not_forgotten_because_the_database_was_away_when_it_came(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, refusals = post.village.database, iter([True, True, True])
    write = database.write_urgently

    async def refuse_first(function: Any, *arguments: Any) -> Any:
        if function.__name__ == "_settle" and next(refusals, False):
            raise OperationalError("UPDATE attempt", {}, Exception("the server closed the connection"))
        return await write(function, *arguments)

    monkeypatch.setattr(database, "write_urgently", refuse_first)
    post.village.alarm()
    await post.round()
    assert (post.states(), len(post.webhook.sent)) == (["accepted"], 1)


async def test_two_workers_never_send_the_same_attempt(post: Post) -> None:
    for n in range(20):
        post.village.do(add_recipient, f"nguoi-{n}", [{"channel": "webhook", "address": str(n)}])
    post.village.alarm()
    second = post.new_worker()
    for _ in range(4):
        await asyncio.gather(post.worker.run_once(), second.run_once())
        await asyncio.gather(post.worker.settled(), second.settled())
    addresses = [message.address for message in post.webhook.sent]
    assert len(addresses) == len(set(addresses)) == 21


async def test_overdue_messages_are_a_matter_of_health(post: Post) -> None:
    post.village.alarm()
    assert (await post.worker.health()).ok
    post.village.wait(61)
    health = await post.worker.health()
    assert (health.ok, health.detail) == (False, "2 messages overdue")


# The whole way -------------------------------------------------------------------------------------------------------


async def test_the_page_accepts_by_its_event_and_has_delivered_when_it_was_shown(post: Post) -> None:
    village = post.village
    post.worker = post.new_worker(page=Page(PageSettings(), office(village.database)))
    incident_id = village.alarm()
    await post.round()
    page = tables.attempt.c.channel == "page"
    [attempt] = village.rows(tables.attempt, page)
    assert attempt.state == "accepted"
    assert village.rows(tables.page_event)[int(attempt.provider_id) - 1].data == {"incident": incident_id}
    assert village.do(receipts.shown, incident_id, village.wait(2)) is True
    assert village.do(receipts.shown, incident_id, village.wait(2)) is False
    assert village.rows(tables.attempt, page)[0].state == "delivered"
    assert village.rows(tables.alarm)[0].shown_at == village.now - 2000


async def test_a_page_that_is_quicker_than_the_worker_has_delivered_all_the_same(post: Post) -> None:
    incident_id = post.village.alarm()
    post.village.do(receipts.shown, incident_id, post.village.now)
    assert post.village.rows(tables.alarm)[0].attempted_at == post.village.now
    assert await post.round() == 1  # the webhook's; the page's is done
    assert post.page.sent == []


async def test_all_clear_reaches_whoever_was_alarmed(post: Post) -> None:
    post.village.alarm()
    await post.round()
    post.village.act(actions.acknowledge, 1, DUTY)
    post.village.act(actions.close, 1, DUTY, Verdict.FALSE_ALARM, "khói bếp", ended=EXPLAINED)
    await post.round()
    assert [message.kind for message in post.webhook.sent] == ["alarm", "all_clear"]
    assert {channel.sent[-1].kind for channel in (post.page, post.webhook)} == {"all_clear"}
    assert post.email.sent == []


@pytest.mark.expects_log("cannot work on the ledger")
async def test_the_worker_runs_on_when_the_database_was_away_and_closes_its_channels(post: Post) -> None:
    village = post.village
    village.execute(sa.text("ALTER TABLE attempt RENAME TO gone"))
    task = asyncio.create_task(post.worker.run())
    await asyncio.sleep(0.1)
    village.execute(sa.text("ALTER TABLE gone RENAME TO attempt"))
    village.alarm()
    await asyncio.wait_for(post.webhook.called.wait(), 10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert post.webhook.closed


async def test_a_real_receiver_that_stumbles_gets_the_message_once_it_stands(post: Post, tmp_path: Any) -> None:
    from keng_hub.channels.webhook import Webhook, WebhookSettings
    from support.webhook_receiver import SECRET

    secret = tmp_path / "secret"
    secret.write_text(SECRET, encoding="utf-8")
    secret.chmod(0o600)
    async with WebhookReceiver() as receiver:
        receiver.script = [Behaviour(503), Behaviour(cut=True), Behaviour(200, '{"id": "their-1"}')]
        settings = WebhookSettings(secret_file=secret, hosts=["x.example"], private_hosts=["127.0.0.1"])
        post.worker = post.new_worker(webhook=Webhook(settings, office(post.village.database)))
        post.ladder(("webhook", receiver.url, 0))
        post.village.alarm()
        for _ in range(3):
            await post.round(3)
        [attempt] = post.attempts()
        assert (attempt.state, attempt.tries, attempt.provider_id, attempt.uncertain) == (
            "accepted",
            3,
            "their-1",
            True,
        )
        assert len({got.headers["Idempotency-Key"] for got in receiver.received}) == 1
        assert all(got.signed for got in receiver.received)
