"""What webhooks are brought: the wrong, huge, doubled, forged and late is put aside with its reason, or refused."""

import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp import ClientSession
from yarl import URL

from keng_hub.channels import CHANNELS
from keng_hub.channels.cap import Cap, CapSettings
from keng_hub.channels.channel import Office as Lent
from keng_hub.channels.sms.gateway_settings import SmsGatewaySettings
from keng_hub.channels.sms_gateway import SmsGateway
from keng_hub.channels.zalo.oa_events import AHEAD_MS, OLDEST_MS
from keng_hub.channels.zalo_bot import ZaloBot, ZaloBotSettings
from keng_hub.deliveries.ledger import Step
from keng_hub.tables import attempt, inbound, quarantine, zalo_event
from support.accepted import accepted
from support.forms.village import Furnished
from support.listening import secret_file
from support.messages import SENT
from support.zalo_bot import TOKEN as BOT_TOKEN
from support.zalo_bot import event as bot_event
from support.zalo_oa import Desk, FakeZaloOa, signed
from support.zalo_oa import event as oa_event

pytestmark = pytest.mark.asyncio(loop_scope="session")
SECRET = "bí-mật-của-móc"
TOKEN = "duoi-ngau-nhien"
PHONE = "+84912345678"
DAY_MS = 86_400_000
TEXT = {"text": "CAN GIUP", "msg_id": "tin-1"}


class Call(NamedTuple):
    """What a provider, or somebody who pretends to be one, sends."""

    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = {}


class Case(NamedTuple):
    """A kind of bad call, what it is answered, and the reason kept with it; empty when nothing is kept aside."""

    channel: str
    kind: str
    call: Call
    status: int
    reason: str = ""


def _bot(document: object, secret: str = SECRET) -> Call:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Call("POST", "/hooks/zalo_bot", body, {"X-Bot-Api-Secret-Token": secret})


def _oa(document: dict[str, Any], stamp: int = SENT, signature: str = "") -> Call:
    body, right = signed(document | {"timestamp": str(stamp)}, stamp)
    return Call("POST", "/hooks/zalo_oa", body, right | ({"X-ZEvent-Signature": signature} if signature else {}))


def _raw_oa(body: bytes) -> Call:
    return Call("POST", "/hooks/zalo_oa", body, {"X-ZEvent-Signature": "mac=00"})


def _sms(end: str = TOKEN, method: str = "GET", **changed: str) -> Call:
    query = {"SMSID": "s1", "RequestId": "k1", "phonenumber": "84912345678", "SendStatus": "5"} | changed
    return Call(method, str(URL(f"/hooks/sms_gateway/{end}").with_query(query)))


def _ok(document: dict[str, Any]) -> dict[str, Any]:
    return {"ok": True, "result": document}


_NOT_JSON = "not a JSON object"
_LARGE = "larger than a call may be"
GOOD = {
    "zalo_bot": _bot(_ok(bot_event("CAN GIUP"))),
    "zalo_oa": _oa(oa_event("user_send_text", TEXT)),
    "sms_gateway": _sms(),
}
_WRONG: list[dict[str, Any]] = [
    {"message_id": {}},
    {"message_id": "\x00"},
    {"date": -1},
    {"date": "hôm qua"},
    {"chat": "chat-a"},
    {"sender": None},
]
CASES = [
    *(Case("zalo_bot", "wrong", _bot(body), 400, _NOT_JSON) for body in (b"\xff\xfe", b"[]", b"[" * 20_000, b"{")),
    *(Case("zalo_bot", "wrong", _bot(_ok(bot_event("x", **changed))), 400, "no event: ") for changed in _WRONG),
    Case("zalo_bot", "wrong", _bot({"ok": True}), 400, "no event: "),
    Case("zalo_bot", "huge", _bot(b'{"x": "' + b"a" * 40_000 + b'"}'), 413, _LARGE),
    Case("zalo_bot", "huge", _bot(_ok(bot_event("a" * 20_001))), 400, "no event: message.text"),
    Case("zalo_bot", "forged", _bot(_ok(bot_event("x")), "đoán mò"), 401, "wrong secret token"),
    Case("zalo_bot", "forged", Call("POST", "/hooks/zalo_bot", b"{}"), 401, "wrong secret token"),
    *(Case("zalo_oa", "wrong", _raw_oa(body), 400, _NOT_JSON) for body in (b"\xff\xfe", b"[]", b"[" * 20_000, b"{")),
    Case("zalo_oa", "wrong", _oa({"event_name": 7, "sender": {}}), 200, "genuine, and no event"),
    Case("zalo_oa", "huge", _raw_oa(b'{"x": "' + b"a" * 40_000 + b'"}'), 413, _LARGE),
    Case("zalo_oa", "forged", _oa(oa_event("follow"), signature="mac=" + "0" * 64), 401, "signature"),
    Case(
        "zalo_oa", "forged", Call("POST", "/hooks/zalo_oa", json.dumps(oa_event("follow")).encode()), 401, "signature"
    ),
    Case("zalo_oa", "late", _oa(oa_event("follow"), SENT - OLDEST_MS - 1), 200, "genuine, and at a wrong time"),
    Case("zalo_oa", "late", _oa(oa_event("follow"), SENT + AHEAD_MS + 1), 200, "genuine, and at a wrong time"),
    *(
        Case("sms_gateway", "wrong", _sms(**changed), 400, "no receipt")
        for changed in ({"SendStatus": "9"}, {"SendStatus": ""}, {"RequestId": ""}, {"phonenumber": "1"})
    ),
    Case("sms_gateway", "wrong", _sms(method="POST"), 405, "a callback is a GET"),
    Case("sms_gateway", "wrong", _sms(RequestId="k2"), 404, "no such message"),
    Case("sms_gateway", "huge", _sms(RequestId="k" * 5_000), 400, "no receipt"),
    Case("sms_gateway", "forged", _sms("doan-mo"), 404, "wrong path"),
    Case("sms_gateway", "forged", _sms(phonenumber="84900000000"), 404, "no such message"),
    Case("cap", "forged", Call("GET", "/hooks/cap/feed", headers={"Authorization": "Bearer sai"}), 401, ""),
    Case("cap", "wrong", Call("POST", "/hooks/cap/feed", b"<alert/>"), 404, ""),
]


@pytest_asyncio.fixture(loop_scope="session")
async def doors(village: Furnished, tmp_path: Path) -> AsyncGenerator[Furnished]:
    """The pages with every channel that a provider calls."""
    database, lent = village.office.database, Lent(village.office.database, lambda: SENT, lambda: None)
    bot = ZaloBotSettings(
        token_file=secret_file(tmp_path, "bot", BOT_TOKEN),
        inbound="webhook",
        webhook_url="https://keng.example/hooks/zalo_bot",
        webhook_secret_file=secret_file(tmp_path, "moc", SECRET),
    )
    gateway = SmsGatewaySettings(
        preset="esms",
        brandname="XAMAU",
        api_key_file=secret_file(tmp_path, "api", "x"),
        secret_key_file=secret_file(tmp_path, "secret", "x"),
        callback_url="https://keng.example/hooks/sms_gateway",
        callback_token_file=secret_file(tmp_path, "token", TOKEN),
    )
    cap = CapSettings(sender="vn.mau.hub", hosts=["cap.example"], feed_token_file=secret_file(tmp_path, "cap", TOKEN))
    accepted(database, "k1", Step("sms_gateway", PHONE))
    async with AsyncExitStack() as stack:
        zalo = await stack.enter_async_context(FakeZaloOa())
        desk = Desk(zalo, database, tmp_path).authorised()
        channels: dict[str, Any] = {"zalo_bot": ZaloBot(bot, lent), "sms_gateway": SmsGateway(gateway, lent)}
        channels |= {"zalo_oa": desk.channel(), "cap": Cap(cap, lent)}
        for name, channel in channels.items():
            stack.push_async_callback(channel.close)
            village.office.hooked[name] = channel
        yield village
        village.office.hooked.clear()


async def _send(doors: Furnished, call: Call) -> int:
    url = URL(doors.office.url + call.path, encoded=True)
    async with (
        ClientSession() as http,
        http.request(call.method, url, data=call.body or None, headers=call.headers) as answer,
    ):
        return answer.status


def _rows(doors: Furnished, table: sa.Table) -> list[Any]:
    return doors.office.database.read_now(lambda connection: list(connection.execute(sa.select(table)).all()))


def _kept(doors: Furnished) -> dict[str, list[Any]]:
    return {name: rows for name, rows in doors.rows().items() if name != "quarantine"}


async def test_every_channel_that_is_called_has_its_cases() -> None:
    called = set[str]()
    for name, where in CHANNELS.items():
        module, _, kind = where.partition(":")
        called |= {name} if hasattr(getattr(import_module(module), kind), "hook") else set()
    assert {case.channel for case in CASES} == called
    assert {case.channel for case in CASES if case.kind in ("huge",)} == set(GOOD) == called - {"cap"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.channel}-{case.kind}-{case.reason[:20]}")
async def test_a_bad_call_is_put_aside_with_its_reason_and_changes_nothing(doors: Furnished, case: Case) -> None:
    before = _kept(doors)
    assert await _send(doors, case.call) == case.status
    assert _kept(doors) == before
    reasons = [row.reason for row in _rows(doors, quarantine)]
    assert len(reasons) == bool(case.reason), reasons
    assert all(case.reason in reason for reason in reasons)


@pytest.mark.parametrize("channel", GOOD)
async def test_a_call_that_is_brought_twice_is_one(doors: Furnished, channel: str) -> None:
    assert [await _send(doors, GOOD[channel]), await _send(doors, GOOD[channel])] == [200, 200]
    assert len(_rows(doors, inbound)) == 1 + (channel == "zalo_bot")  # one stood there before
    assert len(_rows(doors, zalo_event)) == (channel == "zalo_oa")
    states = [row.state for row in _rows(doors, attempt) if row.channel == "sms_gateway"]
    assert states == ["delivered" if channel == "sms_gateway" else "accepted"]
    assert _rows(doors, quarantine) == []


async def test_a_receipt_that_comes_late_takes_nothing_back(doors: Furnished) -> None:
    assert await _send(doors, _sms()) == 200
    assert await _send(doors, _sms(SendStatus="7")) == 200
    assert [row.state for row in _rows(doors, attempt) if row.channel == "sms_gateway"] == ["delivered"]


async def test_a_message_that_comes_late_is_kept_with_its_own_time(doors: Furnished) -> None:
    call = _bot(_ok(bot_event("CAN GIUP", date=SENT - 3 * DAY_MS)))
    assert await _send(doors, call) == 200
    assert _rows(doors, inbound)[-1].at == SENT - 3 * DAY_MS


@pytest.mark.parametrize("text", ["CAN\x00 GIUP", "CA\u0302N GIU\u0301P"])
async def test_a_text_that_no_database_could_keep_is_kept_without_what_spoils_it(doors: Furnished, text: str) -> None:
    assert await _send(doors, _bot(_ok(bot_event(text)))) == 200
    assert _rows(doors, inbound)[-1].text in ("CAN GIUP", "C\u00c2N GI\u00daP")
