"""Asks the broker whether it lets us in, carries a message, and refuses what it must refuse."""

import asyncio
import ssl
from enum import Enum, auto
from typing import Any

import gmqtt  # type: ignore[import-untyped]  # it brings no types

from keng_hub.identities import DOCTOR, PROBE
from keng_hub.installation import ClientFiles
from keng_wire.topics import Down, Up, down, up

PATIENCE_S = 5


class Answer(Enum):
    """What the broker did."""

    GUARDED = auto()  # carried our message and refused the foreign one
    OPEN = auto()  # carried both: its access list is not in force
    DUMB = auto()  # let us in and carried nothing


def client_context(files: ClientFiles) -> ssl.SSLContext:
    """TLS ≥ 1.2 with our certificate, trusting our own authority and no other (ASVS V12.1.1, V12.3.3)."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=files.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.certificate, files.key)
    return context


async def ask(host: str, port: int, tls: ssl.SSLContext | None) -> Answer:
    """Speak for a node we are not, then to ourselves; a broker keeps that order (MQTT 5.0, 4.6), so one look is enough.

    OSError or TimeoutError when it cannot be reached or does not let us in.
    """
    foreign, own = up(PROBE, Up.STATUS), down(DOCTOR, Down.ACK)
    arrived: list[str] = []
    done, subscribed = asyncio.Event(), asyncio.Event()

    def on_message(_client: Any, topic: str, *_: Any) -> None:
        arrived.append(topic)
        if topic == own:
            done.set()

    def on_subscribe(*_: Any) -> None:
        subscribed.set()

    client: Any = gmqtt.Client(DOCTOR, clean_session=True)
    client.on_message, client.on_subscribe = on_message, on_subscribe
    client.set_config({"reconnect_retries": 0})
    try:
        async with asyncio.timeout(PATIENCE_S):
            await client.connect(host, port, ssl=tls or False, keepalive=20)
            client.subscribe([gmqtt.Subscription(foreign, qos=1), gmqtt.Subscription(own, qos=1)])
            await subscribed.wait()
            client.publish(foreign, b"", qos=1)
            client.publish(own, b"", qos=1)
        try:
            await asyncio.wait_for(done.wait(), PATIENCE_S)
        except TimeoutError:
            return Answer.DUMB
        return Answer.OPEN if foreign in arrived else Answer.GUARDED
    finally:
        await client.disconnect()
