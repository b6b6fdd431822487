"""`keng-hub channel test`: one channel, opened for one question and closed again."""

from keng_hub.channels import selftest
from keng_hub.channels.channel import Checkable, Office, open_channel
from keng_hub.clock import now_ms
from keng_hub.config import Config
from keng_hub.database import Database
from keng_hub.errors import NotReady


async def test(config: Config, database: Database, name: str) -> tuple[bool, str]:
    """Whether the channel works, and what its provider said; NotReady when there is nothing to ask."""
    if name not in config.channels:
        raise NotReady(f"hub.toml không có [channels.{name}] (it has no such section)")
    channel = open_channel(name, config.channels[name], Office(database, now_ms, lambda: None))
    try:
        if not isinstance(channel, Checkable):
            raise NotReady(f"{name}: kênh này không tự kiểm tra được (this channel has no self-test)")
        outcome = await selftest.ask(channel)
    finally:
        await channel.close()
    ok = await database.write(selftest.keep, name, outcome, now_ms())
    return ok, selftest.said(outcome)
