"""The tokens of an Official Account: a refresh token that counts once, among processes, cuts and lost answers."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from yarl import URL

from keng_hub.channels.channel import ErrorClass, Result
from keng_hub.channels.zalo import oa_tokens
from keng_hub.channels.zalo.oa_authorise import authorise
from keng_hub.channels.zalo.oa_tokens import Pair
from keng_hub.database import Database
from keng_hub.errors import NotReady
from keng_hub.incidents.case import HUB
from keng_hub.tables import alarm, zalo_account
from support.hub_parts import rows
from support.listening import listening, until
from support.messages import SENT, message
from support.provider import BAD, Reply
from support.zalo_oa import OA_ID, Desk, FakeZaloOa

HOUR = 3_600_000
TOKEN = "/v4/oa/access_token"


@pytest.fixture
async def zalo() -> AsyncIterator[FakeZaloOa]:
    async with FakeZaloOa() as running:
        yield running


@pytest.fixture
async def desk(zalo: FakeZaloOa, sqlite_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    database = Database(sqlite_url)
    made = Desk(zalo, database, tmp_path)
    yield made
    await made.close()
    database.close()


@pytest.fixture
async def desk_on_both(zalo: FakeZaloOa, database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(zalo, database, tmp_path)
    yield made
    await made.close()


def told(desk: Desk) -> list[str]:
    query = sa.select(alarm.c.device).where(alarm.c.node == HUB, alarm.c.condition == "active")
    return desk.database.read_now(lambda connection: list(connection.execute(query).scalars()))


async def test_an_account_that_nobody_authorised_sends_nothing(desk: Desk, zalo: FakeZaloOa) -> None:
    outcome = await desk.channel().send(message(address="gmf:g1"))
    assert (outcome.result, outcome.error_class, outcome.error_code) == (
        Result.FAILED,
        ErrorClass.PERMISSION,
        "not authorised",
    )
    assert zalo.calls == []


async def test_the_pair_is_renewed_when_six_hours_are_left_and_kept_before_it_is_used(
    desk_on_both: Desk, zalo: FakeZaloOa
) -> None:
    desk = desk_on_both
    desk.authorised(hours=6.1)
    async with listening(desk.channel()):
        await asyncio.sleep(0.1)
        assert zalo.of(TOKEN) == []
    desk.now += HOUR
    async with listening(desk.channel()):
        await until(lambda: desk.pair().access == "a2")
    assert desk.pair() == Pair("a2", "r2", desk.now + 25 * HOUR)
    assert (await desk.channel().send(message(address="gmf:g1"))).result is Result.ACCEPTED


async def test_a_token_that_ended_is_renewed_by_the_first_message(desk: Desk, zalo: FakeZaloOa) -> None:
    channel = desk.authorised(hours=0).channel()
    outcomes = await asyncio.gather(*(channel.send(message(address="gmf:g1", key=str(n))) for n in range(5)))
    assert {outcome.result for outcome in outcomes} == {Result.ACCEPTED}
    assert len(zalo.of(TOKEN)) == 1


async def test_many_processes_use_a_refresh_token_once(desk_on_both: Desk, zalo: FakeZaloOa) -> None:
    desk = desk_on_both
    desk.authorised(hours=0)
    channels = [desk.channel() for _ in range(6)]
    for _ in range(20):
        outcomes = await asyncio.gather(*(channel.send(message(address="gmf:g1")) for channel in channels))
        if {outcome.result for outcome in outcomes} == {Result.ACCEPTED}:
            break
        assert {outcome.error_code for outcome in outcomes} <= {None, oa_tokens.ELSEWHERE}
    else:
        pytest.fail("not all of them ever got a token")
    assert [call.form["refresh_token"] for call in zalo.of(TOKEN)] == ["r1"]
    assert desk.pair().access == "a2"


async def test_a_token_that_zalo_refuses_is_renewed_once_however_many_met_it(desk: Desk, zalo: FakeZaloOa) -> None:
    channel = desk.authorised().channel()
    zalo.script = [Reply({"error": -216})] * 3
    messages = [message(address="gmf:g1", key=str(n)) for n in range(3)]
    first = [await channel.send(one) for one in messages]
    assert {outcome.error_class for outcome in first} == {ErrorClass.TOKEN}
    await asyncio.gather(*(channel.refresh() for _ in messages))
    assert (await channel.send(messages[0])).result is Result.ACCEPTED
    assert len(zalo.of(TOKEN)) == 1


async def test_whoever_gives_up_waiting_does_not_lose_the_new_pair(desk: Desk, zalo: FakeZaloOa) -> None:
    channel = desk.authorised(hours=0).channel()
    pair = {"access_token": "a2", "refresh_token": "r2", "expires_in": "90000"}
    zalo.script = [Reply(pair, latency_s=0.2)]
    sending = asyncio.create_task(channel.send(message(address="gmf:g1")))
    await zalo.wait_for(1)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await channel.close()
    assert desk.pair().access == "a2"


async def test_a_database_that_is_away_when_the_answer_comes_gets_the_pair_later(
    desk: Desk, zalo: FakeZaloOa, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, real, failures = desk.authorised(hours=0).channel(), oa_tokens.store, [1, 1]

    def away_twice(*given: Any) -> None:
        if failures:
            failures.pop()
            raise OperationalError("UPDATE", {}, Exception("away"))
        real(*given)

    monkeypatch.setattr(oa_tokens, "store", away_twice)
    assert (await channel.send(message(address="gmf:g1"))).result is Result.ACCEPTED
    assert (desk.pair().access, failures) == ("a2", [])


@pytest.mark.expects_log("zalo_oa: token: oauth -14020")
async def test_a_pair_that_is_lost_is_told_to_staff_and_ended_by_authorising_again(
    desk: Desk, zalo: FakeZaloOa
) -> None:
    desk.authorised(hours=0)
    zalo.generation = 7  # somebody else used it
    channel = desk.channel()
    outcome = await channel.send(message(address="gmf:g1"))
    assert (outcome.error_class, outcome.error_code) == (ErrorClass.PERMISSION, "oauth -14020")
    async with listening(channel):
        await until(lambda: told(desk) == ["zalo_oa/token"])
        assert not (await channel.health()).ok
        desk.authorised()
        desk.now += 61_000
        await until(lambda: not told(desk))
        assert (await channel.health()).ok


@pytest.mark.parametrize("kind", sorted(BAD.keys() - {"too slow"}))
async def test_a_bad_answer_of_the_token_endpoint_keeps_the_old_pair(desk: Desk, zalo: FakeZaloOa, kind: str) -> None:
    desk.authorised(hours=0)
    zalo.script = [BAD[kind]]
    outcome = await desk.channel().send(message(address="gmf:g1"))
    assert (outcome.result, outcome.error_class) == (Result.RETRY, ErrorClass.TRANSIENT) or kind == "half an answer"
    assert desk.pair().refresh == "r1"


async def test_the_database_holds_no_token_in_the_clear(desk: Desk) -> None:
    zalo = desk.zalo
    zalo.generation = 123456789
    desk.authorised()
    [row] = rows(desk.database, zalo_account)
    assert "a123456789" not in repr(row)
    assert desk.pair().access == "a123456789"
    other = desk.settings().app()
    assert type(other)(other.id, "another secret", other.oauth).unseal(row.sealed, row.expires) is None


async def _authorise(desk: Desk, **changed: str) -> str:
    said: list[str] = []

    def answer(_: str) -> str:
        asked = URL(said[1]).query
        assert asked["app_id"] == desk.settings().app_id
        assert len(asked["code_challenge"]) == 43
        given = {"code": desk.zalo.code, "oa_id": OA_ID, "state": asked["state"]} | changed
        return str(URL("https://keng.example/zalo").with_query(given)) + "\n"

    await authorise(desk.settings(), desk.database, answer, said.append, lambda: SENT)
    return said[-1]


async def test_an_administrator_authorises_by_hand(desk: Desk, zalo: FakeZaloOa) -> None:
    assert "Xong" in await _authorise(desk)
    assert desk.pair() == Pair("a2", "r2", SENT + 25 * HOUR)
    form = zalo.of(TOKEN)[0].form
    assert (form["grant_type"], len(form["code_verifier"])) == ("authorization_code", 43)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"state": "khac"}, "its state"),
        ({"oa_id": "111"}, "oa_id"),
        ({"code": ""}, "no code"),
        ({"code": "cu"}, "-14012"),
    ],
)
async def test_an_answer_to_something_else_is_refused(desk: Desk, changed: dict[str, str], words: str) -> None:
    with pytest.raises(NotReady, match=words):
        await _authorise(desk, **changed)
    assert rows(desk.database, zalo_account) == []
