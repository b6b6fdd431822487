"""Zalo Bot against a double of its platform: sending, both ways in, bad answers, and a token nobody ever sees."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from keng_hub.channels.channel import ErrorClass, Inbound, Outcome, Result
from keng_hub.channels.hooked import NotTaken
from keng_hub.channels.zalo import bot
from keng_hub.channels.zalo.texts import LONGEST, text, units
from keng_hub.channels.zalo_bot import ZaloBot, ZaloBotSettings
from keng_hub.database import Database
from keng_hub.errors import NotReady
from keng_hub.tables import inbound, quarantine
from support.hub_parts import rows
from support.listening import listening, secret_file, until
from support.messages import SENT, message, office
from support.provider import BAD, IMPATIENT_S, Reply
from support.zalo_bot import TOKEN, FakeZaloBot, event, refusal

Make = Callable[..., ZaloBot]


@pytest.fixture
async def platform() -> AsyncIterator[FakeZaloBot]:
    async with FakeZaloBot() as running:
        yield running


@pytest.fixture
def one_database(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
async def make(platform: FakeZaloBot, one_database: Database, tmp_path: Path) -> AsyncIterator[Make]:
    made: list[ZaloBot] = []

    def new(token: str = TOKEN, **settings: Any) -> ZaloBot:
        given = {"token_file": secret_file(tmp_path, "token", token), "api": platform.url, "timeout_s": 5}
        if settings.get("inbound") == "webhook":
            given["webhook_secret_file"] = secret_file(tmp_path, "webhook", "bí-mật-của-móc")
            given["webhook_url"] = "https://keng.example/hooks/zalo_bot"
        made.append(ZaloBot(ZaloBotSettings.model_validate(given | settings), office(one_database)))
        return made[-1]

    yield new
    for channel in made:
        await channel.close()


async def test_a_message_goes_out_as_plain_text_with_its_link(make: Make, platform: FakeZaloBot) -> None:
    assert await make().send(message(address="chat-a")) == Outcome.accepted("b-1")
    [call] = platform.calls
    assert call.json == {"chat_id": "chat-a", "text": f"{message().body_vi}\nhttps://keng.example/incidents/231"}


def test_a_text_that_is_too_long_keeps_its_code_and_its_link() -> None:
    long = message(body_vi="Nước dâng 🌊 " * 400 + "SC-0231")
    fitted = text(long)
    assert units(fitted) <= LONGEST
    assert fitted.endswith("… SC-0231\nhttps://keng.example/incidents/231")
    exact = message(body_vi="a" * LONGEST, link=None)
    assert text(exact) == "a" * LONGEST


@pytest.mark.parametrize(
    ("code", "result", "error_class"),
    [
        (400, Result.FAILED, ErrorClass.UNREACHABLE),
        (401, Result.RETRY, ErrorClass.TOKEN),
        (403, Result.FAILED, ErrorClass.PARAMS),
        (404, Result.FAILED, ErrorClass.PARAMS),
        (408, Result.RETRY, ErrorClass.TRANSIENT),
        (413, Result.FAILED, ErrorClass.PARAMS),
        (429, Result.RETRY, ErrorClass.TRANSIENT),
        (500, Result.RETRY, ErrorClass.TRANSIENT),
    ],
)
@pytest.mark.parametrize("by_status", [False, True])
async def test_each_error_has_its_class_wherever_the_platform_says_it(
    make: Make, platform: FakeZaloBot, code: int, result: Result, error_class: ErrorClass, by_status: bool
) -> None:
    platform.script = [Reply("", status=code) if by_status else refusal(code)]
    outcome = await make().send(message(address="chat-a"))
    assert (outcome.result, outcome.error_class, outcome.error_code) == (result, error_class, str(code))
    assert outcome.uncertain is (code in (408, 500))


async def test_a_rate_limit_says_how_long_to_wait(make: Make, platform: FakeZaloBot) -> None:
    reply = refusal(429, status=429)
    reply.headers["Retry-After"] = "7"
    platform.script = [reply]
    assert (await make().send(message(address="chat-a"))).retry_after_ms == 7_000


@pytest.mark.parametrize("kind", BAD)
async def test_after_a_bad_answer_the_message_may_have_arrived(make: Make, platform: FakeZaloBot, kind: str) -> None:
    platform.script = [BAD[kind]]
    outcome = await make(timeout_s=IMPATIENT_S).send(message(address="chat-a"))
    assert (outcome.result, outcome.error_class, outcome.uncertain) == (Result.RETRY, ErrorClass.TRANSIENT, True)


async def test_a_platform_that_is_away_has_taken_nothing(make: Make, platform: FakeZaloBot) -> None:
    channel = make()
    await platform.__aexit__(None, None, None)
    outcome = await channel.send(message(address="chat-a"))
    assert (outcome.error_class, outcome.uncertain) == (ErrorClass.TRANSIENT, False)


async def test_the_self_test_asks_who_we_are(make: Make, platform: FakeZaloBot) -> None:
    assert (await make().check()).result is Result.ACCEPTED
    outcome = await make(token="99:khong-phai-ma-nay").check()
    assert outcome.error_class is ErrorClass.TOKEN
    platform.script = [refusal(404, status=404)]
    assert (await make().check()).error_class is ErrorClass.PERMISSION


async def test_the_token_stands_in_no_log_no_outcome_and_no_repr(
    make: Make, platform: FakeZaloBot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    channel = make(timeout_s=IMPATIENT_S)
    told: list[object] = [channel, vars(channel)["_settings"], channel.hosts()]
    for reply in (*BAD.values(), refusal(401), Reply("", status=302, headers={"Location": "/bot"})):
        platform.script = [reply]
        told.append(await channel.send(message(address="chat-a")))
    await platform.__aexit__(None, None, None)
    told.append(await channel.check())
    shown = caplog.text + repr(told)
    assert TOKEN.partition(":")[2] not in shown
    assert "cut off" in BAD  # what was tried


def test_a_file_without_a_token_is_refused_without_being_shown(make: Make) -> None:
    with pytest.raises(NotReady) as caught:
        make(token="bot1234567890:bi-mat_cua-bot-AbC")
    assert "bi-mat" not in str(caught.value)


async def test_what_people_write_comes_in_by_polling_once_each(
    make: Make, platform: FakeZaloBot, one_database: Database
) -> None:
    for one in (event(), event(), event("AN TOÀN 🙏", message_id="m-2")):
        platform.updates.put_nowait(one)
    channel = make()
    async with listening(channel):
        await until(lambda: len(rows(one_database, inbound)) == 2)
        assert (await channel.health()).ok
    said = [(row.channel, row.address, row.provider_id, row.text, row.at) for row in rows(one_database, inbound)]
    assert said == [
        ("zalo_bot", "chat-a", "m-1", "LIENKET 123456", 1_794_999_990_000),
        ("zalo_bot", "chat-a", "m-2", "AN TOÀN 🙏", 1_794_999_990_000),
    ]


async def test_two_processes_of_the_hub_never_poll_at_the_same_time(
    make: Make, platform: FakeZaloBot, one_database: Database
) -> None:
    async with listening(make(), make()):
        for n in range(5):
            platform.updates.put_nowait(event(message_id=f"m-{n}"))
        await until(lambda: len(rows(one_database, inbound)) == 5)
    assert platform.overlapped == 0


@pytest.mark.expects_log("zalo_bot: getUpdates: 400")
async def test_a_webhook_left_at_the_platform_is_told_as_trouble(make: Make, platform: FakeZaloBot) -> None:
    platform.webhook = {"url": "https://khac.example"}
    channel = make()
    async with listening(channel):
        await platform.wait_for(1)
        await until(lambda: vars(channel)["_trouble"] == "getUpdates: 400")
        assert not (await channel.health()).ok


async def test_the_hubs_own_webhook_is_taken_back_when_it_polls_again(
    make: Make, platform: FakeZaloBot, one_database: Database
) -> None:
    own = "https://keng.example/hooks/zalo_bot"
    platform.webhook = {"url": own}
    platform.updates.put_nowait(event())
    async with listening(make(webhook_url=own)):
        await until(lambda: rows(one_database, inbound))
    assert platform.webhook is None


@pytest.mark.parametrize(
    "one",
    [
        {"event_name": "message.text.received"},
        event(date="hôm qua"),
        event(date=-1),
        event("x" * 30_000),
        event(message_id=""),
        event(chat={"id": "c" * 500}),
        event(chat={"id": "nhom", "chat_type": "GROUP"}),
        {"ok": 1},
    ],
    ids=["no message", "no date", "before time", "huge", "no id", "long chat", "group", "nothing"],
)
async def test_an_event_that_is_none_is_kept_aside_with_its_reason(
    make: Make, platform: FakeZaloBot, one_database: Database, one: dict[str, Any]
) -> None:
    platform.updates.put_nowait(one)
    async with listening(make()):
        await until(lambda: rows(one_database, quarantine))
    [kept] = rows(one_database, quarantine)
    assert kept.topic == "getUpdates/zalo_bot"
    assert kept.reason
    assert rows(one_database, inbound) == []


def test_other_bots_and_what_the_platform_hides_are_nothing_to_us() -> None:
    for one in (
        event(sender={"id": "b", "is_bot": True}),
        event(None, event_name="message.unsupported.received"),
        event(""),
    ):
        assert bot.inbound(one, b"", SENT, groups=False) is None


def test_a_picture_is_heard_as_one_and_a_time_ahead_of_ours_counts_as_now() -> None:
    said = bot.inbound(event(None, event_name="message.image.received", date=SENT + 9), b"", SENT, groups=False)
    assert said == Inbound("zalo_bot", "chat-a", "m-1", "[ảnh]", SENT)
    of_group = bot.inbound(event(chat={"id": "nhom", "chat_type": "GROUP"}), b"", SENT, groups=True)
    assert of_group is not None
    assert of_group.address == "nhom"


async def test_the_webhook_is_registered_with_its_secret(make: Make, platform: FakeZaloBot) -> None:
    async with listening(make(inbound="webhook")):
        await platform.wait_for(1)
    assert platform.webhook == {"url": "https://keng.example/hooks/zalo_bot", "secret_token": "bí-mật-của-móc"}


async def test_a_hook_is_closed_while_the_bot_polls(make: Make) -> None:
    with pytest.raises(NotTaken) as refused:
        await make().hook(make_mocked_request("POST", "/hooks/zalo_bot"))
    assert refused.value.status == 404
