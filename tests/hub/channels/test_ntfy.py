"""ntfy on the own network: one POST, its reference, its refusals."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keng_hub.channels.channel import ErrorClass, Result, Where
from keng_hub.channels.ntfy import Ntfy, NtfySettings
from keng_hub.database import Database
from support.messages import message, office
from support.provider import BAD, Call, FakeProvider, Reply


def channel(database: Database, url: str, **settings: Any) -> Ntfy:
    return Ntfy(NtfySettings.model_validate({"url": url, "timeout_s": 0.5} | settings), office(database))


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    one = Database(sqlite_url)
    yield one
    one.close()


def _server(call: Call) -> Reply:
    return Reply({"healthy": True} if call.path == "/v1/health" else {"id": "hwQ2YpKdmg", "event": "message"})


async def test_a_message_is_published_with_its_weight(database: Database, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("tk_khong-phai-ma-that\n")
    token.chmod(0o600)
    async with FakeProvider(_server) as provider:
        ntfy = channel(database, provider.url, token_file=token)
        outcome = await ntfy.send(message(address="thon-mau"))
        drill = await ntfy.send(message(address="thon-mau", drill=True, link=None))
        checked = await ntfy.check()
        await ntfy.close()
    assert (outcome.result, outcome.provider_id, drill.result, checked.result) == (
        Result.ACCEPTED,
        "hwQ2YpKdmg",
        Result.ACCEPTED,
        Result.ACCEPTED,
    )
    first, second, _ = provider.calls
    assert (first.method, first.headers["Authorization"]) == ("POST", "Bearer tk_khong-phai-ma-that")
    assert (first.json["topic"], first.json["priority"], first.json["title"]) == ("thon-mau", 5, "SC-0231")
    assert first.json["click"] == "https://keng.example/incidents/231"
    assert (second.json["priority"], "drill" in second.json["tags"], "click" in second.json) == (3, True, False)


@pytest.mark.parametrize("behaviour", ["cut off", "half an answer", "too slow", "server error", "bad gateway"])
async def test_a_bad_answer_may_still_have_arrived(database: Database, behaviour: str) -> None:
    async with FakeProvider(lambda call: BAD[behaviour]) as provider:
        ntfy = channel(database, provider.url)
        outcome = await ntfy.send(message(address="thon-mau"))
        await ntfy.close()
    assert (outcome.error_class, outcome.uncertain) == (ErrorClass.TRANSIENT, True)


@pytest.mark.parametrize(
    ("status", "error_class"),
    [(400, ErrorClass.PARAMS), (403, ErrorClass.PERMISSION), (429, ErrorClass.TRANSIENT)],
)
async def test_a_refusal_has_its_class(database: Database, status: int, error_class: ErrorClass) -> None:
    async with FakeProvider(lambda call: Reply("", status=status, headers={"Retry-After": "7"})) as provider:
        ntfy = channel(database, provider.url)
        outcome = await ntfy.send(message(address="thon-mau"))
        await ntfy.close()
    assert (outcome.error_class, outcome.retry_after_ms) == (error_class, 7000 if status == 429 else None)


async def test_a_server_that_is_not_well_and_a_topic_that_is_none_are_told(database: Database) -> None:
    async with FakeProvider(lambda call: Reply({"healthy": False})) as provider:
        ntfy = channel(database, provider.url)
        assert (await ntfy.check()).error_code == "unhealthy"
        assert (await ntfy.send(message(address="a/b"))).error_code == "topic"
        await ntfy.close()
    assert len(provider.calls) == 1


def test_a_server_elsewhere_is_unknown_until_somebody_says_where_it_stands(database: Database) -> None:
    far: dict[str, Any] = {"lan": False}
    known: list[tuple[dict[str, Any], Where]] = [({}, Where.LOCAL), (far, Where.UNKNOWN)]
    for settings, where in [*known, (far | {"abroad": True}, Where.ABROAD)]:
        [host] = channel(database, "https://ntfy.example:8443", **settings).hosts()
        assert (host.host, host.where) == ("ntfy.example", where)
