"""`keng-hub channel test NAME`: one question to one provider, and the answer kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from keng_hub.channels.command import test as ask
from keng_hub.channels.ntfy import NtfySettings
from keng_hub.channels.webhook import WebhookSettings
from keng_hub.config import Config, Village
from keng_hub.database import Database
from keng_hub.errors import NotReady
from keng_hub.tables import channel_test
from support.provider import FakeProvider, Reply


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """An empty one."""
    one = Database(sqlite_url)
    yield one
    one.close()


async def test_a_channel_is_asked_and_the_answer_kept(database: Database) -> None:
    async with FakeProvider(lambda call: Reply({"healthy": True})) as provider:
        config = Config(village=Village(name="Xã Mẫu"), channels={"ntfy": NtfySettings(url=provider.url)})
        assert await ask(config, database, "ntfy") == (True, "ok")
        provider.respond = lambda call: Reply("", status=401)
        assert await ask(config, database, "ntfy") == (False, "permission 401")
    query = sa.select(channel_test.c.ok).order_by(channel_test.c.id)
    assert await database.read(lambda connection: connection.execute(query).scalars().all()) == [True, False]


async def test_a_channel_that_is_not_set_up_or_has_no_question_is_told(database: Database, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x\n")
    secret.chmod(0o600)
    settings = WebhookSettings(secret_file=secret, hosts=["x.example"])
    config = Config(village=Village(name="Xã Mẫu"), channels={"webhook": settings})
    with pytest.raises(NotReady, match="no such section"):
        await ask(config, database, "sms")
    with pytest.raises(NotReady, match="no self-test"):
        await ask(config, database, "webhook")
