"""`keng-hub run` with channels that listen and are called: what people send arrives, and all of it ends."""

import json
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from keng_hub.brokers import mosquitto
from keng_hub.clock import now_ms
from support.hub import CONFIG, HubFolder
from support.listening import secret_file, until
from support.zalo_bot import TOKEN, FakeZaloBot, event
from support.zalo_oa import APP_ID, APP_SECRET, OA_ID, OA_SECRET, signed
from support.zalo_oa import event as oa_event

pytestmark = pytest.mark.skipif(
    mosquitto.program() is None, reason="Mosquitto is not installed (Debian: apt install mosquitto)"
)
CHANNELS = f"""
[channels.zalo_bot]
token_file = "bot"
api = "API"
poll_s = 1

[channels.zalo_oa]
app_id = "{APP_ID}"
app_secret_file = "app"
oa_id = "{OA_ID}"
oa_secret_file = "oa"
redirect_uri = "https://keng.example/zalo"
api = "API"
oauth = "API"
template_api = "API"
"""


def parts(hub: HubFolder) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{hub.web_port}/healthz", timeout=5) as answer:
            said: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as answer:  # 503: not every part is well
        said = json.load(answer)
    except OSError:
        return {}
    found: dict[str, Any] = said["parts"]
    return found


def said(hub: HubFolder) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(hub.data / "keng.db")) as connection:
        return sorted(connection.execute("SELECT channel, address, text FROM inbound").fetchall())


async def test_what_people_send_by_a_poll_and_by_a_hook_arrives_and_the_hub_ends(tmp_path: Path) -> None:
    for name, words in (("bot", TOKEN), ("app", APP_SECRET), ("oa", OA_SECRET)):
        secret_file(tmp_path, name, words)
    async with FakeZaloBot() as platform:
        hub = HubFolder(tmp_path, CONFIG + CHANNELS.replace("API", platform.url))
        hub.done("init")
        platform.updates.put_nowait(event("NHAN 0231"))
        with hub.program() as program:
            await until(lambda: parts(hub).get("channel_zalo_bot", {}).get("ok"))
            assert parts(hub)["channel_zalo_oa"] == {"ok": False, "detail": "not authorised"}
            stamp = now_ms()
            document = oa_event("user_send_text", {"text": "AN TOAN", "msg_id": "t1"}, timestamp=str(stamp))
            body, headers = signed(document, stamp)
            async with ClientSession() as http:
                for given, status in ((headers, 200), ({}, 401)):
                    url = f"http://127.0.0.1:{hub.web_port}/hooks/zalo_oa"
                    async with http.post(url, data=body, headers=given) as answer:
                        assert answer.status == status
            await until(lambda: len(said(hub)) == 2)
            assert said(hub) == [("zalo_bot", "chat-a", "NHAN 0231"), ("zalo_oa", "777", "AN TOAN")]
            assert program.stop() == 0
        log = program.log.read_text(encoding="utf-8")
    assert TOKEN.partition(":")[2] not in log
    assert "Traceback" not in log
