"""A person turns notifications of a browser on and off."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from keng_hub.channels import push_keys
from keng_hub.channels.channel import Office as Lent
from keng_hub.channels.web_push import WebPush, WebPushSettings
from keng_hub.tables import push_subscription
from support.browser_keys import BrowserKeys
from support.office import Office
from support.visitor import Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
pytest.importorskip("pywebpush", reason="the extra `push` is not installed")
ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc"


def _push(office: Office, folder: Path) -> WebPush:
    push_keys.create(folder / "vapid.pem")
    settings = WebPushSettings(key_file=folder / "vapid.pem", contact="mailto:truc@xa.example")
    return WebPush(settings, Lent(office.database, office.clock, lambda: None))


async def test_a_browser_is_pushed_to_until_it_says_no_more(office: Office, visitors: Visitors, tmp_path: Path) -> None:
    office.channels["web_push"] = channel = _push(office, tmp_path)
    who = await office.add_account("truc", "duty")
    person = await visitors("truc")
    assert 'id="push"' in (await person.get("/account")).text
    assert channel.public_key in (await person.get("/push/key")).text
    form = BrowserKeys().form | {"endpoint": ENDPOINT}
    assert (await person.post("/push", form)).status == 204
    assert (await person.post("/push", form)).status == 204

    def rows(connection: sa.Connection) -> list[tuple[int, bool]]:
        found = connection.execute(sa.select(push_subscription.c.account, push_subscription.c.dropped))
        return [(row.account, row.dropped is None) for row in found]

    assert await office.database.read(rows) == [(who, True)]
    await office.add_account("khac", "duty")
    assert (await (await visitors("khac")).post("/push/end", {"endpoint": ENDPOINT})).status == 204
    assert await office.database.read(rows) == [(who, True)]  # somebody else's
    assert (await person.post("/push/end", {"endpoint": ENDPOINT})).status == 204
    assert await office.database.read(rows) == [(who, False)]


async def test_what_is_no_push_service_is_refused(office: Office, visitors: Visitors, tmp_path: Path) -> None:
    office.channels["web_push"] = _push(office, tmp_path)
    await office.add_account("truc", "duty")
    person = await visitors("truc")
    form = BrowserKeys().form
    assert (await person.post("/push", form | {"endpoint": "https://192.168.1.1/admin"})).status == 422
    assert (await person.post("/push", form | {"endpoint": ENDPOINT, "p256dh": "<x>"})).status == 400
    assert (await person.post("/push", form | {"endpoint": ENDPOINT + "x" * 2_000})).status == 400


async def test_without_the_channel_there_is_nothing_to_turn_on(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    person = await visitors("truc")
    assert 'id="push"' not in (await person.get("/account")).text
    assert (await person.get("/push/key")).status == 404
    worker = await person.get("/push/worker.js")
    assert (worker.status, "push_worker.js" in worker.text) == (200, True)
