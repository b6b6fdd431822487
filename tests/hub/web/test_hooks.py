"""`/hooks/<channel>`: who is let in, what is kept aside, and that nobody can keep a provider out."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from sqlalchemy.exc import OperationalError

from keng_hub.channels.channel import Office as ChannelOffice
from keng_hub.channels.hooked import NotTaken, read_object, same_secret
from keng_hub.channels.zalo_bot import ZaloBot, ZaloBotSettings
from keng_hub.clock import now_ms
from keng_hub.tables import inbound, quarantine
from keng_hub.web import hooks
from support.hub_parts import rows
from support.office import Office
from support.visitor import Visitors
from support.zalo_bot import TOKEN, event

pytestmark = pytest.mark.asyncio(loop_scope="session")
SECRET = "bí-mật-của-móc"


class Door:
    """A channel that is called: takes what carries the word, and breaks as it is told to."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.breaks: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def hook(self, request: web.Request) -> web.StreamResponse:
        await self.gate.wait()
        if self.breaks:
            raise self.breaks
        body, document = await read_object(request)
        if not same_secret(str(document.get("word")), "vừng"):
            raise NotTaken(401, "wrong word", body)
        self.taken.append(document)
        return web.json_response({"ok": True})


@pytest.fixture
def door(office: Office) -> Door:
    made = Door()
    office.hooked["cua"] = made
    return made


async def _post(office: Office, data: bytes, path: str = "/hooks/cua", **headers: str) -> tuple[int, str]:
    async with ClientSession() as http, http.post(office.url + path, data=data, headers=headers) as answer:
        return answer.status, await answer.text()


GOOD = '{"word": "vừng"}'.encode()


async def test_a_provider_needs_no_session_and_no_origin(office: Office, door: Door) -> None:
    assert (await _post(office, GOOD))[0] == 200
    assert (await _post(office, GOOD, "/hooks/cua/a/b", Origin="https://khac.example"))[0] == 200
    assert len(door.taken) == 2


async def test_a_channel_that_is_not_there_is_not_found(office: Office, visitors: Visitors) -> None:
    assert await _post(office, GOOD, "/hooks/khong-co") == (404, "404\n")
    assert (await (await visitors()).get("/hooks/")).status == 404


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b'{"word": "sai"}', 401, "wrong word"),
        (b"\xff\xfe", 400, "not a JSON object"),
        (b"[]", 400, "not a JSON object"),
        (b"[" * 20_000, 400, "not a JSON object"),
        (b"", 400, "not a JSON object"),
        (b'{"word": "v' + b"u" * 40_000 + b'"}', 413, "larger than a call may be"),
    ],
    ids=["forged", "no text", "a list", "nested", "empty", "huge"],
)
async def test_what_cannot_be_taken_is_kept_aside_with_its_reason(
    office: Office, door: Door, body: bytes, status: int, reason: str
) -> None:
    assert (await _post(office, body))[0] == status
    [kept] = rows(office.database, quarantine)
    assert (kept.topic, kept.reason) == ("hooks/cua", reason)
    assert door.taken == []


async def test_a_flood_of_forged_calls_is_slowed_and_the_provider_still_comes_through(
    office: Office, door: Door
) -> None:
    forged = [await _post(office, json.dumps({"word": f"sai {n}"}).encode()) for n in range(hooks.FREE + 10)]
    assert [status for status, _ in forged] == [401] * hooks.FREE + [429] * 10
    assert len(rows(office.database, quarantine)) == hooks.FREE
    assert (await _post(office, GOOD))[0] == 200
    office.clock.ahead += hooks.MINUTE_MS
    assert (await _post(office, b'{"word": "sai"}'))[0] == 401


async def test_more_calls_than_there_is_room_for_are_asked_to_come_again(office: Office, door: Door) -> None:
    door.gate.clear()
    calls = [asyncio.create_task(_post(office, GOOD)) for _ in range(hooks.AT_ONCE + 6)]
    done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED, timeout=10)
    assert {task.result()[0] for task in done} == {503}
    door.gate.set()
    answers = await asyncio.gather(*calls)
    assert sorted({status for status, _ in answers}) == [200, 503]
    assert len(door.taken) == hooks.AT_ONCE


@pytest.mark.expects_log("a call of cua cannot be kept now")
async def test_while_the_database_is_away_a_provider_is_asked_to_come_again(office: Office, door: Door) -> None:
    door.breaks = OperationalError("INSERT", {}, Exception("away"))
    assert (await _post(office, GOOD))[0] == 503


@pytest.mark.expects_log("the hook of cua failed")
async def test_a_fault_in_a_channel_names_no_path(office: Office, door: Door, caplog: pytest.LogCaptureFixture) -> None:
    door.breaks = ZeroDivisionError()
    assert (await _post(office, GOOD, "/hooks/cua/duong-bi-mat"))[0] == 503
    assert "duong-bi-mat" not in caplog.text


async def test_a_call_that_never_ends_is_given_up(office: Office, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "PATIENCE_S", 0.05)
    door.gate.clear()
    assert (await _post(office, GOOD))[0] == 503
    door.gate.set()


async def test_sources_are_not_remembered_without_bound() -> None:
    refusals = hooks.Refusals()
    for n in range(hooks.SOURCES + 500):
        refusals.too_many("cua", str(n), 0)
    assert len(vars(refusals)["_counts"]) == hooks.SOURCES


@pytest.fixture
def bot_hook(office: Office, tmp_path: Path) -> None:
    files = {"token": TOKEN, "webhook": SECRET}
    for name, words in files.items():
        (tmp_path / name).write_text(words)
        (tmp_path / name).chmod(0o600)
    settings = ZaloBotSettings(
        token_file=tmp_path / "token",
        inbound="webhook",
        webhook_url="https://keng.example/hooks/zalo_bot",
        webhook_secret_file=tmp_path / "webhook",
    )
    office.hooked["zalo_bot"] = ZaloBot(settings, ChannelOffice(office.database, now_ms, lambda: None))


async def test_the_bots_webhook_takes_a_message_once_and_only_with_its_secret(office: Office, bot_hook: None) -> None:
    body = json.dumps({"ok": True, "result": event("CAN GIUP")}).encode()
    for _ in range(2):
        assert (await _post(office, body, "/hooks/zalo_bot", **{"X-Bot-Api-Secret-Token": SECRET}))[0] == 200
    for wrong in ("", "bi-mat-cua-moc", SECRET + "x"):
        assert (await _post(office, body, "/hooks/zalo_bot", **{"X-Bot-Api-Secret-Token": wrong}))[0] == 401
    [said] = rows(office.database, inbound)
    assert (said.channel, said.address, said.text) == ("zalo_bot", "chat-a", "CAN GIUP")
    assert [row.reason for row in rows(office.database, quarantine)] == ["wrong secret token"]
