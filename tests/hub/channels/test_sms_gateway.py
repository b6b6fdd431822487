"""SMS by a gateway: eSMS against a double, its callbacks in the ledger, and any other gateway without injection."""

import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiohttp.test_utils import make_mocked_request
from pydantic import ValidationError

from keng_hub.channels.channel import ErrorClass, Outcome, Result, Where
from keng_hub.channels.hooked import NotTaken
from keng_hub.channels.sms import esms
from keng_hub.channels.sms.gateway_settings import SmsGatewaySettings
from keng_hub.channels.sms_gateway import SmsGateway
from keng_hub.database import Database
from keng_hub.deliveries.ledger import Step
from keng_hub.tables import alarm, attempt
from support.accepted import accepted
from support.esms import API_KEY, BALANCE, SECRET_KEY, SEND, FakeEsms
from support.listening import secret_file
from support.messages import SENT, message, office
from support.provider import BAD, IMPATIENT_S, FakeProvider, Reply
from support.village_rows import Village

PHONE = "+84912345678"
TOKEN = "duoi-ngau-nhien"
Make = Callable[..., SmsGateway]


@pytest.fixture
async def provider() -> AsyncIterator[FakeEsms]:
    async with FakeEsms() as running:
        yield running


@pytest.fixture
async def make(provider: FakeEsms, village: Village, tmp_path: Path) -> AsyncIterator[Make]:
    made: list[SmsGateway] = []

    def new(**changed: Any) -> SmsGateway:
        given: dict[str, Any] = {"preset": "esms", "timeout_s": 5}
        if changed.get("preset") != "generic":
            given |= {
                "api": provider.url,
                "brandname": "XAMAU",
                "api_key_file": secret_file(tmp_path, "api", API_KEY),
                "secret_key_file": secret_file(tmp_path, "secret", SECRET_KEY),
                "callback_url": "https://keng.example/hooks/sms_gateway",
                "callback_token_file": secret_file(tmp_path, "token", TOKEN),
            }
        made.append(SmsGateway(SmsGatewaySettings.model_validate(given | changed), office(village.database)))
        return made[-1]

    yield new
    for channel in made:
        await channel.close()


@pytest.fixture
def village(sqlite_url: str) -> Any:
    database = Database(sqlite_url)
    yield Village(database)
    database.close()


async def test_esms_gets_what_its_documents_ask_for(make: Make, provider: FakeEsms) -> None:
    channel = make(sandbox=True)
    assert await channel.send(message(address=PHONE)) == Outcome.accepted(message().key)
    [call] = provider.of(SEND)
    assert call.json == {
        "ApiKey": API_KEY,
        "SecretKey": SECRET_KEY,
        "Phone": "84912345678",
        "Content": message().body_ascii,
        "Brandname": "XAMAU",
        "SmsType": "2",
        "IsUnicode": "0",
        "Sandbox": "1",
        "RequestId": message().key,
        "CallbackUrl": f"https://keng.example/hooks/sms_gateway/{TOKEN}",
    }


async def test_a_text_with_marks_says_so(make: Make, provider: FakeEsms) -> None:
    await make(spelling="marks").send(message(address=PHONE))
    assert provider.of(SEND)[0].json["IsUnicode"] == "1"


async def test_the_same_message_again_is_the_same_message(make: Make, provider: FakeEsms) -> None:
    channel = make()
    outcomes = [await channel.send(message(address=PHONE)) for _ in range(2)]
    assert outcomes == [Outcome.accepted(message().key)] * 2
    assert len(provider.sent) == 1


@pytest.mark.parametrize(
    ("code", "error_class"),
    [
        ("99", ErrorClass.TRANSIENT),
        ("101", ErrorClass.PERMISSION),
        ("103", ErrorClass.MONEY),
        ("104", ErrorClass.PERMISSION),
        ("108", ErrorClass.UNREACHABLE),
        ("118", ErrorClass.PARAMS),
        ("140", ErrorClass.PERMISSION),
        ("146", ErrorClass.PARAMS),
        ("177", ErrorClass.PARAMS),
        ("9999", ErrorClass.TRANSIENT),
    ],
)
async def test_each_code_has_its_class(make: Make, provider: FakeEsms, code: str, error_class: ErrorClass) -> None:
    provider.codes["84912345678"] = code
    outcome = await make().send(message(address=PHONE))
    assert (outcome.error_class, outcome.error_code) == (error_class, code)


@pytest.mark.parametrize("kind", BAD)
async def test_after_a_bad_answer_the_message_may_have_arrived(make: Make, provider: FakeEsms, kind: str) -> None:
    provider.script = [BAD[kind]]
    outcome = await make(timeout_s=IMPATIENT_S).send(message(address=PHONE))
    assert (outcome.result, outcome.error_class, outcome.uncertain) == (Result.RETRY, ErrorClass.TRANSIENT, True)


async def test_the_self_test_looks_at_the_money(make: Make, provider: FakeEsms) -> None:
    channel = make()
    assert (await channel.check()).result is Result.ACCEPTED
    provider.balance = 900
    assert await channel.check() == Outcome.refused(ErrorClass.MONEY, "balance 900")
    provider.script = [Reply({"CodeResponse": "101"})]
    assert (await channel.check()).error_class is ErrorClass.PERMISSION
    assert {call.path for call in provider.calls} == {BALANCE}


async def test_keys_and_the_end_of_the_path_stand_in_no_log(
    make: Make, provider: FakeEsms, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    channel = make(timeout_s=IMPATIENT_S)
    told: list[Any] = [channel, vars(channel)["_sender"], vars(channel)["_settings"]]
    for reply in BAD.values():
        provider.script = [reply]
        told.append(await channel.send(message(address=PHONE)))
    shown = caplog.text + repr(told)
    assert not [secret for secret in (API_KEY, SECRET_KEY, TOKEN) if secret in shown]


def test_a_message_costs_its_parts(make: Make) -> None:
    long = message(body_vi="Mất điện từ 8 giờ. " * 20, body_ascii="Mat dien tu 8 gio. " * 20)
    assert (make(part_price=300).parts(long), make(part_price=300).price(long)) == (3, 900)
    assert make(part_price=300, spelling="marks").price(long) == 6 * 300


async def call_back(channel: SmsGateway, status: str = "5", rest: str = TOKEN, **changed: str) -> int:
    query = {"SMSID": "s1", "RequestId": "k1", "phonenumber": "84912345678", "SendStatus": status} | changed
    path = f"/hooks/sms_gateway/{rest}?" + "&".join(f"{name}={value}" for name, value in query.items())
    request = make_mocked_request("GET", path, match_info={"channel": "sms_gateway", "rest": rest})
    return (await channel.hook(request)).status


def states(village: Village) -> list[str]:
    return [row.state for row in sorted(village.rows(attempt), key=lambda row: row.n)]


async def test_a_callback_moves_the_message_on_in_any_order(make: Make, village: Village) -> None:
    accepted(village.database, "k1", Step("sms_gateway", PHONE), Step("email", "a@x.example"))
    channel = make()
    for status in ("1", "5", "7", "2", "4", "5"):
        assert await call_back(channel, status, phonenumber="0912345678") == 200
    assert states(village) == ["delivered", "stopped"]


async def test_a_message_the_network_refuses_later_goes_on_by_the_next_step(make: Make, village: Village) -> None:
    accepted(village.database, "k1", Step("sms_gateway", PHONE), Step("email", "a@x.example"))
    channel = make()
    for _ in range(2):
        assert await call_back(channel, "4") == 200
    assert states(village) == ["failed", "queued"]
    assert [row.due for row in village.rows(attempt)][1] == SENT


async def test_where_no_step_is_left_staff_are_told(make: Make, village: Village) -> None:
    accepted(village.database, "k1", Step("sms_gateway", PHONE))
    await call_back(make(), "4")
    assert states(village)[:1] == ["failed"]
    assert [row.cause for row in village.rows(alarm)] == ["undelivered"]


@pytest.mark.parametrize(
    ("status", "changed", "reason"),
    [
        (404, {"rest": "doan-mo"}, "wrong path"),
        (404, {"rest": ""}, "wrong path"),
        (400, {"status": "9"}, "no receipt"),
        (400, {"status": ""}, "no receipt"),
        (400, {"RequestId": ""}, "no receipt"),
        (400, {"RequestId": "k" * 200}, "no receipt"),
        (400, {"phonenumber": "1"}, "no receipt"),
        (404, {"RequestId": "k2"}, "no such message to this number"),
        (404, {"phonenumber": "84900000000"}, "no such message to this number"),
    ],
)
async def test_a_callback_that_fits_nothing_is_refused(
    make: Make, village: Village, status: int, changed: dict[str, str], reason: str
) -> None:
    accepted(village.database, "k1", Step("sms_gateway", PHONE))
    with pytest.raises(NotTaken) as refused:
        await call_back(make(), **changed)
    assert (refused.value.status, refused.value.reason) == (status, reason)
    assert states(village) == ["accepted"]


async def test_without_a_token_the_door_is_closed(make: Make) -> None:
    with pytest.raises(NotTaken):
        await call_back(make(callback_url=None, callback_token_file=None), rest="")


@pytest.fixture
async def gateway() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as running:
        yield running


NASTY = '","to":"+84999999999"}\r\nX: 1 &to=+84999999999 ${secret.key} ${phone} %s {0} 🌊'


@pytest.mark.parametrize("send_as", ["json", "form", "query"])
async def test_values_are_never_pasted_into_what_is_sent(
    make: Make, gateway: FakeProvider, tmp_path: Path, send_as: str
) -> None:
    key = secret_file(tmp_path, "key", 'kh"óa&=')
    body = {"to": "${phone0}", "text": "${text} (${short_code})", "key": "${secret.key}", "n": 1}
    channel = make(
        preset="generic",
        url=gateway.url + "/gui",
        send_as=send_as,
        body=body,
        secrets={"key": key},
        headers={"X-Key": "${key}"},
        spelling="plain",
    )
    outcome = await channel.send(message(address=PHONE, body_ascii=NASTY))
    assert outcome == Outcome.accepted()
    [call] = gateway.calls
    wanted = {"to": "0912345678", "text": f"{NASTY} (SC-0231)", "key": 'kh"óa&=', "n": 1}
    got = call.json if send_as == "json" else call.form if send_as == "form" else call.query
    assert got == (wanted if send_as == "json" else wanted | {"n": "1"})
    assert call.headers["X-Key"] == message().key
    assert channel.hosts()[0].where is Where.LOCAL


@pytest.mark.parametrize(
    ("success", "reply", "wanted"),
    [
        ("http", Reply("", status=204), Outcome.accepted()),
        ("http", Reply("no", status=422), Outcome.refused(ErrorClass.PARAMS, "422")),
        ("http", Reply("", status=401), Outcome.refused(ErrorClass.PERMISSION, "401")),
        ("data.0.state=queued|sent", Reply({"data": [{"state": "sent", "id": 7}]}), Outcome.accepted("7")),
        ("data.0.state=queued", Reply({"data": [{"state": "bad"}]}), Outcome.refused(ErrorClass.PARAMS, "bad")),
        ("text=OK|SENT", Reply("OK 17"), Outcome.accepted()),
        ("text=OK", Reply("ERR 3"), Outcome.refused(ErrorClass.PARAMS, "ERR 3")),
        ("code=0", Reply({"other": 1}), Outcome.refused(ErrorClass.TRANSIENT, "unreadable", uncertain=True)),
    ],
)
async def test_a_rule_says_what_an_answer_means(
    make: Make, gateway: FakeProvider, success: str, reply: Reply, wanted: Outcome
) -> None:
    gateway.script = [reply]
    channel = make(preset="generic", url=gateway.url, body={"to": "${phone}"}, success=success, id="data.0.id")
    assert await channel.send(message(address=PHONE)) == wanted


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"body": {"to": "${telefon}"}, "url": "http://127.0.0.1"}, "telefon"),
        ({"body": {"to": [{"x": "${secret.khac}"}]}, "url": "http://127.0.0.1"}, "secret.khac"),
        ({"body": {"to": "1"}, "headers": {"X": "${text}"}, "url": "http://127.0.0.1"}, "text"),
        ({"body": {"to": "1"}, "headers": {"X: 1\r\nY": "1"}, "url": "http://127.0.0.1"}, "headers"),
        ({"body": {"to": "1"}, "url": "https://a.example/${phone}"}, "url"),
        ({"body": {"to": "1"}, "url": "https://ai:gi@a.example/"}, "url"),
        ({"body": {"to": "1"}}, "needs url and body"),
        ({"preset": "esms"}, "brandname"),
        ({"preset": "esms", "callback_url": "https://a.example/hooks/sms_gateway"}, "callback"),
    ],
)
def test_a_gateway_that_is_half_described_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        SmsGatewaySettings.model_validate({"preset": "generic"} | changed)


def test_a_callback_is_read_or_it_is_none() -> None:
    good = dict(parse_qsl("RequestId=k1&phonenumber=0912345678&SendStatus=5"))
    assert esms.receipt(good) is not None
    assert esms.receipt(good | {"phonenumber": "٠٩١٢٣٤٥٦٧٨"}) is None
