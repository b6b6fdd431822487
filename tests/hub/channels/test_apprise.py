"""Rare services by apprise: a name for each, secrets in a file, a no that says nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keng_hub.channels.apprise import Apprise, AppriseSettings
from keng_hub.channels.channel import ErrorClass, Result, Where
from keng_hub.database import Database
from keng_hub.errors import NotReady
from support.messages import message, office
from support.provider import BAD, FakeProvider, Reply

pytest.importorskip("apprise", reason="the extra `apprise` is not installed")


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """An empty one."""
    one = Database(sqlite_url)
    yield one
    one.close()


def channel(database: Database, folder: Path, text: str, **settings: Any) -> Apprise:
    file = folder / "services"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    given = {"services_file": file, "timeout_s": 0.5} | settings
    return Apprise(AppriseSettings.model_validate(given), office(database))


def _address(provider: FakeProvider) -> str:
    return provider.url.replace("http://", "json://")


async def test_a_message_goes_to_the_service_of_that_name(database: Database, tmp_path: Path) -> None:
    async with FakeProvider(lambda call: Reply("")) as provider:
        one = channel(database, tmp_path, f"# của xã\n\nxa = {_address(provider)}/x\n")
        outcome = await one.send(message(address="xa"))
        await one.send(message(address="xa", drill=True))
        await one.close()
    assert outcome.result is Result.ACCEPTED
    first, second = provider.calls
    assert (first.json["title"], first.json["type"], second.json["type"]) == ("SC-0231", "failure", "info")
    assert first.json["message"].startswith("CHÁY")


@pytest.mark.parametrize("behaviour", ["server error", "cut off"])
async def test_a_no_may_have_arrived(database: Database, tmp_path: Path, behaviour: str) -> None:
    async with FakeProvider(lambda call: BAD[behaviour]) as provider:
        one = channel(database, tmp_path, f"xa = {_address(provider)}")
        outcome = await one.send(message(address="xa"))
        await one.close()
    assert (outcome.error_class, outcome.uncertain) == (ErrorClass.TRANSIENT, True)


async def test_a_service_nobody_wrote_down_is_not_called(database: Database, tmp_path: Path) -> None:
    one = channel(database, tmp_path, "")
    assert (await one.send(message(address="json://127.0.0.1"))).error_code == "no_such_service"
    await one.close()


def test_an_address_nobody_understands_is_told_without_its_secret(database: Database, tmp_path: Path) -> None:
    with pytest.raises(NotReady) as told:
        channel(database, tmp_path, "la = khongco://bi-mat")
    assert "bi-mat" not in str(told.value)


async def test_telegram_stands_abroad_whatever_anybody_says(database: Database, tmp_path: Path) -> None:
    text = "xa = json://192.168.1.9\nngoai = json://x.example\ntele = tgram://123456789:abcdefg_hijklmnop/12315544\n"
    one = channel(database, tmp_path, text, local=["xa", "tele"], abroad=False)
    assert [(host.host, host.where) for host in one.hosts()] == [
        ("xa (json)", Where.LOCAL),
        ("ngoai (json)", Where.VIETNAM),
        ("tele (tgram)", Where.ABROAD),
    ]
    await one.close()
