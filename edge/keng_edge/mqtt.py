"""What every MQTT client of the node has in common."""

import asyncio
import logging

import aiomqtt

library_log = logging.getLogger("keng.mqtt")
library_log.setLevel(logging.CRITICAL)  # it warns of what the owner of the connection tells in its own words


def hush(client: aiomqtt.Client) -> None:
    """Keep a lost connection from being told twice: the library leaves it unread when another task fails first."""
    ended: asyncio.Future[None] = client._disconnected  # pyright: ignore[reportPrivateUsage]
    ended.add_done_callback(lambda future: future.cancelled() or future.exception())
