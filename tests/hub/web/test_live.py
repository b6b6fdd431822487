"""The WebSocket: numbered events, replay, what was shown, and when it ends."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from sqlalchemy.engine import Connection

from keng_hub import page_events
from keng_hub.page_events import PageEvent
from keng_hub.tables import account, alarm, attempt, delivery
from keng_hub.web import live, stream
from keng_hub.web.stream import Subscription
from support.office import Office, until
from support.patience import PATIENCE_S
from support.visitor import Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _duty(office: Office, visitors: Visitors) -> Visitor:
    await office.add_account("truc", "duty")
    return await visitors("truc")


def _is_true(condition: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        return condition()

    return ask


async def _next(socket: ClientWebSocketResponse) -> list[Any]:
    said: list[Any] = json.loads((await socket.receive(timeout=PATIENCE_S)).data)
    return said


async def test_the_server_speaks_first_and_then_tells_what_happens(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    last = await office.publish("devices")
    async with await duty.live() as socket:
        n, name, data = await _next(socket)
        assert (n, name) == (last, "sync")
        assert data["version"]
        incident = await office.raise_alarm()
        told = [await _next(socket)]
        while told[-1][1] != "incidents":
            told.append(await _next(socket))
        assert told[-1][2] == {"incident": incident}
        numbers = [n for n, _, _ in told]
        assert numbers == sorted(numbers)
        assert numbers[0] > last


async def test_who_comes_back_gets_what_was_missed_in_order(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    first = await office.publish("devices", {"n": 0})
    missed = [await office.publish("incident", {"incident": n}) for n in range(3)]
    async with await duty.live(f"?since={first}") as socket:
        told = [await _next(socket) for _ in range(4)]
    assert [n for n, _, _ in told] == [*missed, missed[-1]]
    assert [name for _, name, _ in told] == ["incident"] * 3 + ["sync"]


@pytest.mark.parametrize("since", ["99999", "-1", "x", "9" * 40, ""])
async def test_a_number_that_cannot_be_gives_only_sync(office: Office, visitors: Visitors, since: str) -> None:
    duty = await _duty(office, visitors)
    last = await office.publish("devices")
    async with await duty.live(f"?since={since}") as socket:
        assert (await _next(socket))[:2] == [last, "sync"]


async def test_who_missed_too_much_fetches_everything_instead(
    office: Office, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SLICE", 2)
    duty = await _duty(office, visitors)
    first = await office.publish("devices")
    last = [await office.publish("devices") for _ in range(4)][-1]
    async with await duty.live(f"?since={first}") as socket:
        assert (await _next(socket))[:2] == [last, "sync"]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
async def test_another_site_cannot_listen(office: Office, visitors: Visitors, origin: str) -> None:
    duty = await _duty(office, visitors)
    with pytest.raises(WSServerHandshakeError) as refused:
        await duty.live(origin=origin)
    assert refused.value.status == 403


async def test_without_an_origin_or_a_session_nobody_listens(office: Office, visitors: Visitors) -> None:
    duty, stranger = await _duty(office, visitors), await visitors()
    with pytest.raises(WSServerHandshakeError) as refused:
        await duty.http.ws_connect(office.url + "/live")
    assert refused.value.status == 403
    with pytest.raises(WSServerHandshakeError) as refused:
        await stranger.live()
    assert refused.value.status == 401


@pytest.mark.parametrize("words", ["no json", "[]", '{"shown": "all"}', '{"shown": [0]}', '{"shown": [1.5]}'])
async def test_a_page_that_talks_nonsense_is_hung_up_on(office: Office, visitors: Visitors, words: str) -> None:
    duty = await _duty(office, visitors)
    async with await duty.live() as socket:
        await _next(socket)
        await socket.send_str(words)
        assert (await socket.receive(timeout=PATIENCE_S)).type is WSMsgType.CLOSE
        assert socket.close_code == 1003


async def test_what_was_shown_becomes_the_last_hop_and_the_pages_receipt(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    incident = await office.raise_alarm()

    def hop(connection: Connection) -> int | None:
        shown: int | None = connection.scalar(sa.select(alarm.c.shown_at).where(alarm.c.incident == incident))
        return shown

    def states(connection: Connection) -> set[str]:
        query = sa.select(attempt.c.state).join(delivery).where(attempt.c.channel == "page")
        return set(connection.execute(query).scalars())

    async with await duty.live() as socket:
        await socket.send_str(json.dumps({"shown": [incident, 12345]}))
        await until(lambda: office.database.read(hop))
        first = await office.database.read(hop)
        assert await office.database.read(states) == {"delivered"}
        await socket.send_str(json.dumps({"shown": [incident]}))
        await office.publish("devices")
        while (await _next(socket))[1] != "devices":
            pass
    assert await office.database.read(hop) == first


async def test_who_may_not_see_an_incident_cannot_have_been_shown_it(office: Office, visitors: Visitors) -> None:
    await office.add_account("thon2", "village_head", "thon-hai")
    there, here = await office.raise_alarm(), await office.raise_alarm("ngo-9", "khoi-9")

    def hops(connection: Connection) -> dict[int, int | None]:
        rows = connection.execute(sa.select(alarm.c.incident, alarm.c.shown_at))
        return {incident: shown for incident, shown in rows}

    async with await (await visitors("thon2")).live() as socket:
        await socket.send_str(json.dumps({"shown": [there, here]}))

        async def noted() -> bool:
            return (await office.database.read(hops))[here] is not None

        await until(noted)
    assert (await office.database.read(hops))[there] is None


async def test_the_socket_ends_with_the_session(
    office: Office, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BEAT_S", 0.05)
    duty = await _duty(office, visitors)
    async with await duty.live() as socket:
        assert (await _next(socket))[1] == "sync"
        assert (await _next(socket))[1] == "beat"
        await office.database.write(lambda connection: connection.execute(sa.update(account).values(disabled=True)))
        message = await socket.receive(timeout=PATIENCE_S)
        while message.type is WSMsgType.TEXT:
            message = await socket.receive(timeout=PATIENCE_S)
        assert socket.close_code == live.SESSION_OVER


async def test_an_open_page_counts_as_use_of_the_session(
    office: Office, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keng_hub.tables import session

    monkeypatch.setattr(live, "BEAT_S", 0.05)
    duty = await _duty(office, visitors)

    async def touched() -> bool:
        used = await office.database.read(lambda connection: connection.scalar(sa.select(session.c.used)))
        return bool(used and used > office.clock() - 60_000)

    async with await duty.live():
        office.clock.ahead += 3_600_000
        await until(touched)


async def test_the_end_of_the_hub_hangs_up_at_once(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    async with await duty.live() as socket:
        await _next(socket)
        closing = asyncio.create_task(office.close())
        assert (await socket.receive(timeout=PATIENCE_S)).type is WSMsgType.CLOSE
        assert socket.close_code == 1012
        await asyncio.wait_for(closing, 5)
    await office.open()


async def test_a_page_that_is_too_slow_is_told_to_come_back() -> None:
    subscription = Subscription()
    for n in range(stream.QUEUE + 1):
        subscription.put(PageEvent(n, 0, "devices", {}))
    assert subscription.overflowed.is_set()
    assert subscription.queue.qsize() == stream.QUEUE


@pytest.mark.expects_log("page events could not be read")
async def test_a_database_that_is_away_for_a_moment_does_not_end_the_stream(
    office: Office, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "POLL_S", 0.02)
    duty = await _duty(office, visitors)
    real, failures = page_events.since, 0

    def fails_once(*arguments: Any) -> Any:
        nonlocal failures
        failures += 1
        if failures == 1:
            raise OSError("disk away")
        return real(*arguments)

    async with await duty.live() as socket:
        await _next(socket)
        monkeypatch.setattr(page_events, "since", fails_once)
        await until(_is_true(lambda: failures >= 1))  # a look that was under way may still end well
        n = await office.publish("devices")
        assert (await _next(socket))[:2] == [n, "devices"]
    assert failures > 1
