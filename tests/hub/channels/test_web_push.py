"""Web Push against a push service on loopback: what the browser reads, how long it is kept, who is dropped."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from keng_hub import tables
from keng_hub.channels import push_keys, push_subscriptions
from keng_hub.channels.channel import ErrorClass, Office, Outcome, Result, Where
from keng_hub.channels.web_push import LONGEST, WebPush, WebPushSettings
from keng_hub.errors import NotReady
from support.browser_keys import BrowserKeys, claims
from support.messages import SENT, message
from support.provider import BAD, FakeProvider, Reply
from support.village_rows import DUTY, Village, opened

pytest.importorskip("pywebpush", reason="the extra `push` is not installed")


@pytest.fixture
def village(sqlite_url: str) -> Iterator[Village]:
    """On SQLite alone: where databases differ is seen with the ledger."""
    with opened(sqlite_url) as one:
        yield one


class Pushing:
    """A village whose duty officer has browsers."""

    def __init__(self, village: Village, folder: Path, **settings: Any) -> None:
        self.village = village
        file = folder / "vapid.pem"
        push_keys.create(file)
        given: dict[str, Any] = {"key_file": file, "contact": "mailto:truc@xa.example", "timeout_s": 0.5}
        given |= {"services": ["127.0.0.1"], "private_hosts": ["127.0.0.1"]}
        office = Office(village.database, village.clock, lambda: None)
        self.channel = WebPush(WebPushSettings.model_validate(given | settings), office)

    def subscribe(self, endpoint: str, account: int | None = DUTY, **keys: str) -> tuple[str, BrowserKeys]:
        browser = BrowserKeys()
        values = {**browser.form, **keys}
        key = self.village.do(
            push_subscriptions.keep, endpoint, values["p256dh"], values["auth"], account, self.village.now
        )
        return key, browser

    async def tell(self, address: str = "account:truc", **changed: Any) -> Outcome:
        return await self.channel.send(message(address=address, **changed))

    def dropped(self) -> list[bool]:
        return [row.dropped is not None for row in self.village.rows(tables.push_subscription)]


async def test_a_browser_reads_the_message_and_the_service_what_it_needs(village: Village, tmp_path: Path) -> None:
    async with FakeProvider(lambda call: Reply("", status=201)) as provider:
        pushing = Pushing(village, tmp_path)
        _, browser = pushing.subscribe(f"{provider.url}/send/abc")
        outcome = await pushing.tell()
        again = await pushing.tell(sent=SENT + 30_000, drill=True)
        await pushing.channel.close()
    assert (outcome.result, again.result) == (Result.ACCEPTED, Result.ACCEPTED)
    first, second = provider.calls
    assert browser.read(first.body) == {
        "code": "SC-0231",
        "text": message().body_vi,
        "kind": "alarm",
        "category": "fire",
        "path": "/incidents/231",
    }
    assert [(one.headers["TTL"], one.headers["Urgency"]) for one in (first, second)] == [
        ("3600", "high"),
        ("3570", "normal"),
    ]
    assert (first.headers["Topic"], first.headers["Content-Encoding"]) == ("SC-0231", "aes128gcm")
    said = [claims(one.headers["Authorization"]) for one in (first, second)]
    assert said[0] == {"aud": provider.url, "exp": SENT // 1000 + 43_200, "sub": "mailto:truc@xa.example"}
    assert said[1]["exp"] == said[0]["exp"] + 30  # fresh ones each time
    assert f"k={pushing.channel.public_key}" in first.headers["Authorization"]


async def test_a_long_text_stays_below_what_services_take(village: Village, tmp_path: Path) -> None:
    async with FakeProvider(lambda call: Reply("", status=201)) as provider:
        pushing = Pushing(village, tmp_path)
        _, browser = pushing.subscribe(provider.url)
        await pushing.tell(body_vi="ệ" * 5_000)
        await pushing.channel.close()
    [call] = provider.calls
    assert len(call.body) < 4_096
    assert len(browser.read(call.body)["text"]) == LONGEST


@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_died_is_dropped(village: Village, tmp_path: Path, status: int) -> None:
    async with FakeProvider(lambda call: Reply("", status=status)) as provider:
        pushing = Pushing(village, tmp_path)
        key, _ = pushing.subscribe(provider.url, account=None)
        assert (await pushing.tell(key)).error_class is ErrorClass.UNREACHABLE
        assert (await pushing.tell(key)).error_code == "no_subscription"
        await pushing.channel.close()
    assert (pushing.dropped(), len(provider.calls)) == ([True], 1)


async def test_one_browser_of_a_person_is_enough_and_the_dead_one_is_dropped(village: Village, tmp_path: Path) -> None:
    async with FakeProvider(lambda call: Reply("", status=410 if call.path == "/dead" else 201)) as provider:
        pushing = Pushing(village, tmp_path)
        pushing.subscribe(f"{provider.url}/dead")
        village.wait(1)
        pushing.subscribe(f"{provider.url}/alive")
        assert (await pushing.tell()).result is Result.ACCEPTED
        await pushing.channel.close()
    assert sorted(pushing.dropped()) == [False, True]


@pytest.mark.parametrize(
    ("reply", "error_class", "wait"),
    [
        (Reply("", status=413), ErrorClass.PARAMS, None),
        (Reply("", status=429, headers={"Retry-After": "12"}), ErrorClass.TRANSIENT, 12_000),
        (Reply("", status=403), ErrorClass.PERMISSION, None),
        (BAD["cut off"], ErrorClass.TRANSIENT, None),
        (BAD["too slow"], ErrorClass.TRANSIENT, None),
        (BAD["server error"], ErrorClass.TRANSIENT, None),
        (Reply("", status=301, headers={"Location": "http://127.0.0.1:1/"}), ErrorClass.PARAMS, None),
    ],
)
async def test_a_refusal_has_its_class(
    village: Village, tmp_path: Path, reply: Reply, error_class: ErrorClass, wait: int | None
) -> None:
    async with FakeProvider(lambda call: reply) as provider:
        pushing = Pushing(village, tmp_path)
        pushing.subscribe(provider.url)
        outcome = await pushing.tell()
        await pushing.channel.close()
    assert (outcome.error_class, outcome.retry_after_ms, pushing.dropped()) == (error_class, wait, [False])


async def test_keys_that_no_browser_made_are_no_subscription(village: Village, tmp_path: Path) -> None:
    async with FakeProvider() as provider:
        pushing = Pushing(village, tmp_path)
        pushing.subscribe(provider.url, p256dh="AAAA" * 10)
        assert (await pushing.tell()).error_class is ErrorClass.UNREACHABLE
        await pushing.channel.close()
    assert provider.calls == []


async def test_a_disabled_account_is_not_pushed_to(village: Village, tmp_path: Path) -> None:
    pushing = Pushing(village, tmp_path)
    pushing.subscribe("https://127.0.0.1/x")
    village.execute(sa.update(tables.account).values(disabled=True))
    assert (await pushing.tell()).error_code == "no_subscription"


def test_only_push_services_are_called(village: Village, tmp_path: Path) -> None:
    services = WebPushSettings.model_fields["services"].default
    channel = Pushing(village, tmp_path, services=services, private_hosts=[]).channel
    good = ["https://fcm.googleapis.com/fcm/send/x", "https://wns2-sg2p.notify.windows.com/w/?token=x"]
    bad = [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://192.168.1.1/",
        "x://[",
        "",
    ]
    assert [channel.knows(one) for one in good + bad] == [True] * 2 + [False] * 5
    assert {one.where for one in channel.hosts()} == {Where.ABROAD}


def test_the_key_is_made_once_and_only_for_us(tmp_path: Path) -> None:
    file = tmp_path / "new" / "vapid.pem"
    with pytest.raises(NotReady, match="init"):
        push_keys.load(file)
    assert (push_keys.create(file), push_keys.create(file)) == (True, False)
    assert file.stat().st_mode & 0o077 == 0
    assert len(push_keys.public(push_keys.load(file))) == 87
    file.chmod(0o644)
    with pytest.raises(NotReady, match="chmod"):
        push_keys.load(file)
