"""The webhook against a real HTTP server: signature, answers of every class, and addresses it must never call."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keng_hub.channels.allowed_hosts import AllowedHosts, NotAllowed
from keng_hub.channels.channel import ErrorClass, Outcome, Result
from keng_hub.channels.webhook import Webhook, WebhookSettings
from keng_hub.database import Database
from support.messages import SENT, message, office
from support.ports import free_port
from support.webhook_receiver import SECRET, Behaviour, WebhookReceiver


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with WebhookReceiver() as running:
        yield running


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "webhook.secret"
    file.write_text(SECRET + "\n", encoding="utf-8")
    file.chmod(0o600)
    return file


@pytest.fixture
async def webhook(secret_file: Path, sqlite_url: str) -> AsyncIterator[Webhook]:
    settings = WebhookSettings(
        secret_file=secret_file, hosts=["doi-tac.example"], private_hosts=["127.0.0.1"], timeout_s=0.5
    )
    database = Database(sqlite_url)
    channel = Webhook(settings, office(database))
    yield channel
    await channel.close()
    database.close()


async def _send(webhook: Webhook, receiver: WebhookReceiver, behaviour: Behaviour | None = None) -> Outcome:
    receiver.usual = behaviour or Behaviour()
    return await webhook.send(message(address=receiver.url))


async def test_a_message_is_signed_and_carries_its_key(webhook: Webhook, receiver: WebhookReceiver) -> None:
    outcome = await _send(webhook, receiver, Behaviour(202, '{"id": "their-7"}'))
    assert outcome == Outcome.accepted("their-7")
    [got] = receiver.received
    assert got.signed
    assert got.headers["Idempotency-Key"] == message().key
    assert got.headers["X-Keng-Timestamp"] == str(SENT // 1000)
    assert got.document == {
        "schema": "keng.webhook/1",
        "id": message().key,
        "type": "alarm",
        "incident": "SC-2026-0231",
        "sent": "2026-11-18T11:06:40.000+00:00",
        "data": {
            "category": "fire",
            "short_code": "SC-0231",
            "drill": False,
            "text_vi": message().body_vi,
            "text_en": message().body_en,
            "link": "https://keng.example/incidents/231",
        },
    }


@pytest.mark.parametrize("body", ["", "ok", "[]", '{"id": 7}', '{"id": null}', "[" * 5000])
async def test_an_answer_without_a_usable_id_is_accepted_all_the_same(
    webhook: Webhook, receiver: WebhookReceiver, body: str
) -> None:
    assert await _send(webhook, receiver, Behaviour(200, body)) == Outcome.accepted()


@pytest.mark.parametrize(
    ("status", "result", "error_class"),
    [
        (400, Result.FAILED, ErrorClass.PARAMS),
        (422, Result.FAILED, ErrorClass.PARAMS),
        (401, Result.FAILED, ErrorClass.PERMISSION),
        (403, Result.FAILED, ErrorClass.PERMISSION),
        (404, Result.FAILED, ErrorClass.UNREACHABLE),
        (410, Result.FAILED, ErrorClass.UNREACHABLE),
        (408, Result.RETRY, ErrorClass.TRANSIENT),
        (429, Result.RETRY, ErrorClass.TRANSIENT),
        (500, Result.RETRY, ErrorClass.TRANSIENT),
        (503, Result.RETRY, ErrorClass.TRANSIENT),
    ],
)
async def test_each_answer_has_its_class(
    webhook: Webhook, receiver: WebhookReceiver, status: int, result: Result, error_class: ErrorClass
) -> None:
    outcome = await _send(webhook, receiver, Behaviour(status))
    assert (outcome.result, outcome.error_class, outcome.error_code) == (result, error_class, str(status))
    assert not outcome.uncertain


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [("7", 7_000), ("Wed, 18 Nov 2026 11:06:50 GMT", 10_000), ("soon", None), ("Mon, 01 Jan 2024 00:00:00 GMT", 0)],
)
async def test_the_wait_a_receiver_asks_for_is_understood(
    webhook: Webhook, receiver: WebhookReceiver, retry_after: str, wait: int | None
) -> None:
    outcome = await _send(webhook, receiver, Behaviour(429, headers={"Retry-After": retry_after}))
    assert outcome.retry_after_ms == wait


async def test_a_redirect_is_not_followed(webhook: Webhook, receiver: WebhookReceiver) -> None:
    outcome = await _send(webhook, receiver, Behaviour(302, headers={"Location": receiver.url}))
    assert outcome == Outcome.refused(ErrorClass.PARAMS, "302")
    assert len(receiver.received) == 1


async def test_a_receiver_that_is_too_slow_may_have_taken_it(webhook: Webhook, receiver: WebhookReceiver) -> None:
    outcome = await _send(webhook, receiver, Behaviour(latency_s=5))
    assert (outcome.result, outcome.error_class, outcome.uncertain) == (Result.RETRY, ErrorClass.TRANSIENT, True)


async def test_a_connection_cut_before_the_answer_may_have_brought_it(
    webhook: Webhook, receiver: WebhookReceiver
) -> None:
    outcome = await _send(webhook, receiver, Behaviour(cut=True))
    assert (outcome.result, outcome.error_class, outcome.uncertain) == (Result.RETRY, ErrorClass.TRANSIENT, True)


async def test_a_closed_port_brought_nothing(webhook: Webhook) -> None:
    outcome = await webhook.send(message(address=f"http://127.0.0.1:{free_port()}/keng"))
    assert (outcome.result, outcome.error_class, outcome.uncertain) == (Result.RETRY, ErrorClass.TRANSIENT, False)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("https://khong-co.example/keng", "host_not_listed"),
        ("http://doi-tac.example/keng", "https_only"),
        ("ftp://127.0.0.1/keng", "https_only"),
        ("https://ai:gi@doi-tac.example/keng", "secret_in_url"),
        ("https://169.254.169.254/latest", "host_not_listed"),
        ("khong phai dia chi", "host_not_listed"),
        ("https://[::1/keng", "bad_url"),
        ("", "host_not_listed"),
    ],
)
async def test_an_address_nobody_listed_is_never_called(webhook: Webhook, address: str, code: str) -> None:
    outcome = await webhook.send(message(address=address))
    assert (outcome.result, outcome.error_class, outcome.error_code) == (Result.FAILED, ErrorClass.PARAMS, code)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("fe80::1", False),
    ],
)
def test_what_a_name_resolves_to_is_looked_at(address: str, allowed: bool) -> None:
    hosts = AllowedHosts(["doi-tac.example"], [])
    if allowed:
        hosts.see("doi-tac.example", address)
        return
    with pytest.raises(NotAllowed, match="private_address"):
        hosts.see("doi-tac.example", address)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "10.1.2.3", "[::1]", "[::ffff:a00:1]"])
async def test_a_listed_host_that_turns_out_private_is_refused(
    secret_file: Path, sqlite_url: str, receiver: WebhookReceiver, host: str
) -> None:
    settings = WebhookSettings(secret_file=secret_file, hosts=[host.strip("[]")], timeout_s=2)
    database = Database(sqlite_url)
    channel = Webhook(settings, office(database))
    port = receiver.url.split(":")[2].partition("/")[0]
    outcome = await channel.send(message(address=f"https://{host}:{port}/keng"))
    assert (outcome.error_class, outcome.error_code) == (ErrorClass.PARAMS, "private_address")
    assert receiver.received == []
    await channel.close()
    database.close()
