"""Every channel can be loaded, has typed settings, and is described where people look."""

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from keng_hub.channels import CHANNELS, _blueprint, push_keys
from keng_hub.channels.channel import ErrorClass, Office, Outbound, Result, open_channel
from keng_hub.channels.settings import ChannelSection
from keng_hub.database import Database
from keng_hub.deliveries.consequences import CONSEQUENCES, back_off_ms
from keng_hub.sections import Section
from support.messages import message, office

_DOCS = Path(__file__).parents[3] / "docs"
_SETTINGS: dict[str, dict[str, Any]] = {
    "page": {},
    "webhook": {"hosts": ["doi-tac.example"]},
    "email": {"host": "127.0.0.1", "sender": "keng@xa.example"},
    "cap": {"sender": "vn.xa-mau", "hosts": ["cap.example"]},
    "loudspeaker": {},
    "web_push": {"contact": "mailto:truc@xa.example"},
    "ntfy": {"url": "http://192.168.1.20:8090"},
    "ngsi_ld": {"broker": "https://broker.example", "hub": "xa-mau"},
    "apprise": {},
    "sia_dc09": {"host": "tram.example", "port": 12128, "account": "1234"},
    "zalo_bot": {},
    "sms": {},
    "sms_gateway": {"preset": "esms", "brandname": "XAMAU"},
    "zalo_oa": {"app_id": "123", "oa_id": "456", "redirect_uri": "https://keng.example/zalo"},
}
_SECRETS: dict[str, dict[str, str]] = {
    "webhook": {"secret_file": "x"},
    "apprise": {"services_file": "xa = json://127.0.0.1"},
    "zalo_bot": {"token_file": "123456:khong-phai-ma-that"},
    "zalo_oa": {"app_secret_file": "x"},
    "sms_gateway": {"api_key_file": "x", "secret_key_file": "y"},
}


@pytest.mark.parametrize("kind", list(CHANNELS))
async def test_every_channel_opens_says_what_leaves_and_closes(kind: str, tmp_path: Path, sqlite_url: str) -> None:
    module, _, name = CHANNELS[kind].partition(":")
    model: type[Section] = getattr(import_module(module), name).Settings
    given = dict(_SETTINGS[kind])
    for name, words in _SECRETS.get(kind, {}).items():
        given[name] = tmp_path / name
        given[name].write_text(words + "\n")
        given[name].chmod(0o600)
    if kind == "web_push":
        given["key_file"] = tmp_path / "vapid.pem"
        push_keys.create(given["key_file"])
    database = Database(sqlite_url)
    channel = open_channel(kind, model.model_validate(given), office(database))
    assert isinstance(channel, Outbound)
    assert all(one.host and one.data for one in channel.hosts())
    await channel.close()
    database.close()


def test_a_channel_nobody_made_is_refused(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with pytest.raises(KeyError):
        open_channel("brieftaube", None, Office(database, lambda: 0, lambda: None))
    database.close()


@pytest.mark.parametrize("kind", list(CHANNELS))
def test_every_channel_and_each_of_its_settings_is_described(kind: str) -> None:
    contents = (_DOCS / "channels.md").read_text(encoding="utf-8")
    own_page = (_DOCS / "channels" / f"{kind}.md").read_text(encoding="utf-8")
    module, _, name = CHANNELS[kind].partition(":")
    assert f"[`{kind}`](channels/{kind}.md)" in contents
    for setting in getattr(import_module(module), name).Settings.model_fields:
        assert f"`{setting}`" in (contents if setting in ChannelSection.model_fields else own_page)


@pytest.mark.parametrize("error_class", list(ErrorClass))
def test_every_class_of_error_has_a_consequence_and_is_described(error_class: ErrorClass) -> None:
    assert error_class in CONSEQUENCES
    assert f"`{error_class.value}`" in (_DOCS / "channels.md").read_text(encoding="utf-8")


async def test_the_blueprint_runs(tmp_path: Path, sqlite_url: str) -> None:
    database = Database(sqlite_url)
    board = _blueprint.NoticeBoard(_blueprint.NoticeBoardSettings(file=tmp_path / "board"), office(database))
    await asyncio.gather(*(board.send(message(key=str(n))) for n in range(3)))
    assert len((tmp_path / "board").read_text(encoding="utf-8").splitlines()) == 3
    missing = _blueprint.NoticeBoard(_blueprint.NoticeBoardSettings(file=tmp_path / "no" / "board"), office(database))
    outcome = await missing.send(message())
    assert (outcome.result, outcome.uncertain) == (Result.RETRY, True)
    await board.close()
    database.close()


def test_waiting_doubles_up_to_half_a_minute_with_jitter() -> None:
    for tries, step in enumerate((1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000), 1):
        waits = [back_off_ms(tries, None) for _ in range(50)]
        assert min(waits) >= step * 0.8
        assert max(waits) <= step * 1.2
        assert len(set(waits)) > 1
    assert back_off_ms(1, 45_000) == 45_000
