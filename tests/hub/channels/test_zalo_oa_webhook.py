"""The webhook of an Official Account: who is believed, what is kept, what follows, and that silence is noticed."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from keng_hub.channels.hooked import NotTaken
from keng_hub.channels.zalo import oa_queue
from keng_hub.channels.zalo.oa_events import AHEAD_MS, OLDEST_MS
from keng_hub.channels.zalo.oa_examine import examine, reason
from keng_hub.channels.zalo_oa import ZaloOa
from keng_hub.database import Database
from keng_hub.deliveries.ledger import Step
from keng_hub.deliveries.states import AttemptState
from keng_hub.incidents.case import HUB
from keng_hub.quarantine import put as quarantine_put
from keng_hub.tables import alarm, attempt, contact, household, inbound, quarantine, zalo_event
from keng_hub.tables import place as places
from support.accepted import accepted
from support.listening import listening, secret_file, until
from support.messages import SENT, message
from support.village_rows import Village
from support.zalo_oa import APP_ID, OA_ID, Desk, FakeZaloOa, event, signed

TEXT = {"text": "CAN GIUP", "msg_id": "tin-1"}


@asynccontextmanager
async def opened(village: Village, folder: Path) -> AsyncGenerator[Desk]:
    async with FakeZaloOa() as zalo:
        made = Desk(zalo, village.database, folder).authorised()
        yield made
        await made.close()


@pytest.fixture
async def desk(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    database = Database(sqlite_url)
    async with opened(Village(database), tmp_path) as made:
        yield made
    database.close()


@pytest.fixture
async def desk_on_both(village: Village, tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(village, tmp_path) as made:
        yield made


class Door:
    """The channel's hook behind a real web server, without what the pages put in front."""

    def __init__(self, channel: ZaloOa) -> None:
        self.refused: list[NotTaken] = []

        async def hook(request: web.Request) -> web.StreamResponse:
            try:
                return await channel.hook(request)
            except NotTaken as refused:
                self.refused.append(refused)
                return web.Response(status=refused.status)

        app = web.Application()
        app.router.add_post("/hooks/zalo_oa", hook)
        self._client = TestClient(TestServer(app))

    async def __aenter__(self) -> "Door":
        await self._client.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def bring(self, document: dict[str, Any], stamp: int = SENT, **who: str) -> int:
        """An event with a right signature."""
        return await self.post(*signed(document, stamp, **who))

    async def post(self, body: bytes, headers: dict[str, str] | None = None) -> int:
        """Whatever bytes."""
        async with self._client.post("/hooks/zalo_oa", data=body, headers=headers) as answer:
            return answer.status


def rows(desk: Desk, table: sa.Table) -> list[Any]:
    return desk.database.read_now(lambda connection: list(connection.execute(sa.select(table)).all()))


async def worked_off(desk: Desk, channel: ZaloOa) -> None:
    async with listening(channel):
        await until(lambda: not rows(desk, zalo_event))


def state(desk: Desk) -> str:
    return str(rows(desk, attempt)[-1].state)


async def test_what_a_person_writes_is_kept_once_however_often_zalo_brings_it(desk_on_both: Desk) -> None:
    desk = desk_on_both
    channel = desk.channel()
    async with Door(channel) as door:
        for _ in range(3):
            assert await door.bring(event("user_send_text", TEXT)) == 200
        assert len(rows(desk, zalo_event)) == 1
        await worked_off(desk, channel)
        assert await door.bring(event("user_send_text", TEXT)) == 200  # a late copy
        await worked_off(desk, channel)
    said = [(row.channel, row.address, row.provider_id, row.text, row.at) for row in rows(desk, inbound)]
    assert said == [("zalo_oa", "777", "tin-1", "CAN GIUP", SENT)]


@pytest.mark.parametrize(("text", "taken"), [("CAN GIUP", 1), ("chiều nay ai đi chợ không", 0)])
async def test_of_a_group_only_what_is_meant_for_us_is_taken(desk: Desk, text: str, taken: int) -> None:
    channel = desk.channel()
    async with Door(channel) as door:
        assert await door.bring(event("user_send_group_text", TEXT | {"text": text}, recipient={"id": "g1"})) == 200
        await worked_off(desk, channel)
    assert len(rows(desk, inbound)) == taken


@pytest.mark.parametrize("who", [APP_ID, OA_ID])
@pytest.mark.parametrize("in_header", [False, True])
async def test_either_id_and_either_place_of_the_time_stamp_is_believed(desk: Desk, who: str, in_header: bool) -> None:
    document = event("user_send_group_text", TEXT, recipient={"id": "g1"})
    if in_header:
        document["timestamp"] = "1"
    body, headers = signed(document, who=who)
    headers |= {"X-ZEvent-Timestamp": str(SENT)} if in_header else {}
    async with Door(desk.channel()) as door:
        assert await door.post(body, headers) == 200
        assert door.refused == []


@pytest.mark.parametrize("body", [b"{}", b" {} \n", b""])
async def test_the_check_of_the_address_is_answered_and_changes_nothing(desk: Desk, body: bytes) -> None:
    async with Door(desk.channel()) as door:
        assert await door.post(body) == 200
        assert door.refused == []
    assert rows(desk, zalo_event) == []


async def test_forged_calls_are_refused_with_a_reason(desk: Desk) -> None:
    body, right = signed(event("user_send_text", TEXT))
    mac = right["X-ZEvent-Signature"]
    forged: list[tuple[bytes, dict[str, str]]] = [
        (body, {}),
        (body, {"X-ZEvent-Signature": "mac="}),
        (body, {"X-ZEvent-Signature": "mac=" + "0" * 64}),
        (body, {"X-ZEvent-Signature": "ấ"}),
        (body.replace(b"777", b"778"), right),
        (body, signed(event("user_send_text", TEXT), who="khac")[1]),
        (body, {"X-ZEvent-Signature": mac[:-1]}),
    ]
    async with Door(desk.channel()) as door:
        for one, headers in forged:
            assert (
                await door.post(one, {name: value.encode().decode("latin-1") for name, value in headers.items()}) == 401
            )
        assert {refused.reason.partition(":")[0] for refused in door.refused} == {"wrong signature"}
        assert door.refused[0].payload == body
        for one in (b"[1]", b"khong phai", b"\xff", b"[" * 5_000):
            assert await door.post(one, right) == 400
    assert rows(desk, zalo_event) == []


@pytest.mark.parametrize("stamp", [SENT - OLDEST_MS - 1, SENT + AHEAD_MS + 1, 0])
async def test_what_was_recorded_and_played_again_is_answered_and_put_aside(desk: Desk, stamp: int) -> None:
    document = event("user_send_location", {"coordinates": {"latitude": "21.03"}, "msg_id": "m"}, timestamp=str(stamp))
    async with Door(desk.channel()) as door:
        assert await door.bring(document, stamp) == 200
        [refused] = door.refused
    assert "wrong time" in refused.reason
    assert b"21.03" not in refused.payload
    assert rows(desk, zalo_event) == []


async def test_without_the_accounts_secret_the_door_is_closed(desk: Desk) -> None:
    async with Door(desk.channel(oa_secret_file=None)) as door:
        assert await door.bring(event("user_send_text", TEXT)) == 404


async def test_where_somebody_is_is_never_kept(desk: Desk) -> None:
    channel = desk.channel()
    message = {
        "msg_id": "o-day",
        "attachments": [{"payload": {"coordinates": {"latitude": "21.03", "longitude": "105.8"}}}],
    }
    async with Door(channel) as door:
        await door.bring(event("user_send_location", message))
        assert "21.03" not in rows(desk, zalo_event)[0].body
        await worked_off(desk, channel)
    assert [row.text for row in rows(desk, inbound)] == ["[vị trí]"]


async def test_receipts_move_a_message_on_and_never_back_in_any_order(desk_on_both: Desk) -> None:
    desk = desk_on_both
    channel = desk.channel()
    accepted(desk.database, "z1", Step("zalo_oa", "777"))
    async with Door(channel) as door:
        await door.bring(event("user_seen_message", {"msg_ids": ["khac", "z1"]}))
        await worked_off(desk, channel)
        assert state(desk) == "seen"
        await door.bring(event("user_received_message", {"msg_id": "z1", "tracking_id": "k"}))
        await worked_off(desk, channel)
    assert state(desk) == "seen"


async def test_a_receipt_faster_than_our_own_note_waits_for_it(desk_on_both: Desk) -> None:
    desk = desk_on_both
    channel = desk.channel()
    async with Door(channel) as door:
        await door.bring(event("user_received_message", {"msg_id": "z9"}))
    async with listening(channel):
        await until(lambda: [row.due > SENT for row in rows(desk, zalo_event)] == [True])
        accepted(desk.database, "z9", Step("zalo_oa", "777"))
        desk.now += 5_000
        await until(lambda: state(desk) == AttemptState.DELIVERED.value)
    assert rows(desk, zalo_event) == []


async def test_a_receipt_of_a_message_that_is_not_ours_is_forgotten_after_two_minutes(desk: Desk) -> None:
    channel = desk.channel()
    async with Door(channel) as door:
        await door.bring(event("user_received_message", {"msg_id": "khong-ai-biet"}))
    desk.now += oa_queue.EARLY_MS
    await worked_off(desk, channel)


def _join(connection: sa.Connection, place: str) -> None:
    made = (
        sa.insert(household).values(place=place, label="Nhà 12", call_numbers=[], added=SENT).returning(household.c.id)
    )
    key = connection.execute(made).scalar_one()
    values = {"channel": "zalo_oa", "address": "777", "language": "vi", "state": "verified", "added": SENT}
    connection.execute(sa.insert(contact).values(household=key, **values))


@pytest.mark.parametrize(("name", "left_as"), [("user_withdraw", "left"), ("unfollow", "dead")])
async def test_who_withdraws_or_leaves_is_no_longer_told(desk: Desk, name: str, left_as: str) -> None:
    channel, place = desk.channel(), rows(desk, places)[0].id
    desk.database.write_now(_join, place)
    document = event(name, None, follower={"id": "777"}) if name == "unfollow" else event(name, None)
    if name == "unfollow":
        del document["sender"]
    async with Door(channel) as door:
        assert await door.bring(document) == 200
    await worked_off(desk, channel)
    assert [row.state for row in rows(desk, contact)] == [left_as]


@pytest.mark.expects_log("zalo_oa: event 1 cannot be worked on")
async def test_an_event_that_cannot_be_worked_on_holds_up_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real = oa_queue.follow

    def breaks(connection: sa.Connection, one: Any, now: int) -> bool:
        if one.messages == ["tin-1"]:
            raise ZeroDivisionError
        return real(connection, one, now)

    monkeypatch.setattr(oa_queue, "follow", breaks)
    channel = desk.channel()
    async with Door(channel) as door:
        await door.bring(event("user_send_text", TEXT))
        await door.bring(event("user_send_text", {"text": "AN TOAN", "msg_id": "tin-2"}))
    await worked_off(desk, channel)
    assert [row.text for row in rows(desk, inbound)] == ["AN TOAN"]
    [aside] = rows(desk, quarantine)
    assert (aside.topic, aside.reason) == ("hooks/zalo_oa", "ZeroDivisionError")
    assert json.loads(aside.payload)[0] == "user_send_text"


async def test_a_webhook_that_fell_silent_is_told_and_ended_when_it_speaks(desk: Desk) -> None:
    channel = desk.channel(silence_min=60)
    for n in range(3):
        await channel.send(message(address="+84912345678", key=str(n)))
    device = sa.select(alarm.c.device).where(alarm.c.node == HUB, alarm.c.condition == "active")

    def told() -> list[str]:
        return desk.database.read_now(lambda connection: list(connection.execute(device).scalars()))

    async with listening(channel), Door(channel) as door:
        await asyncio.sleep(0.05)
        assert told() == []
        desk.now += 61 * 60_000
        await until(lambda: told() == ["zalo_oa/webhook"])
        assert not (await channel.health()).ok
        document = event("user_received_message", {"msg_id": "z1"}, timestamp=str(desk.now))
        assert await door.bring(document, desk.now) == 200
        desk.now += 61_000
        await until(lambda: told() == [])


async def test_a_refused_call_can_be_looked_at_again_when_the_secret_was_the_wrong_one(desk: Desk) -> None:
    body, headers = signed(event("follow", follower={"id": "777"}), who=OA_ID)
    wrong = secret_file(desk.folder, "wrong", "secret of another account")
    async with Door(desk.channel(oa_secret_file=wrong)) as door:
        assert await door.post(body, headers) == 401
        [refused] = door.refused
    desk.database.write_now(quarantine_put, "hooks/zalo_oa", refused.reason, refused.payload, SENT)
    desk.database.write_now(quarantine_put, "hooks/zalo_oa", reason("mac=\r\nấ", "x"), b"{}", SENT - 1)
    lines = desk.database.read_now(examine, desk.settings())
    assert [line[:9] for line in lines] == ["✓ follow:", "✗ ?: giả "]
    assert "oa_id" in lines[0]
    assert "body" in lines[0]
    assert "✗ follow" in desk.database.read_now(examine, desk.settings(oa_secret_file=wrong))[0]
