"""The way to the hub: one MQTT 5 connection that comes back for ever, and tells the broker when it is gone."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from typing import Any, NoReturn, Protocol, cast

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from pydantic import ValidationError

from keng_edge.clock import Clock
from keng_edge.config import UplinkSection
from keng_edge.devices import backoff
from keng_edge.mqtt import hush, library_log
from keng_edge.pump import NewStream, Pump
from keng_wire.control import Ack, Command, DesiredConfig
from keng_wire.status import Status
from keng_wire.topics import Down, MessageClass, Up, down, up

log = logging.getLogger("keng.uplink")

KEEPALIVE_S = 20
SAY_S = 5.0
SESSION_S = 600
"""How long the broker keeps a command for a node that is away; older ones have expired anyway."""


class Owner(Protocol):
    """Who the uplink speaks for."""

    def status(self, online: bool) -> Status:
        """What the node says of itself now, or would have the broker say when it is gone."""
        ...

    async def acknowledged(self, ack: Ack) -> None:
        """The hub has committed."""
        ...

    async def command(self, command: Command) -> None:
        """The hub wants something done."""
        ...

    async def configure(self, config: DesiredConfig) -> None:
        """The hub wants these settings."""
        ...


class Uplink:
    """Sends what the pump gives, hands what comes down to the owner."""

    def __init__(self, section: UplinkSection, node: str, pump: Pump, clock: Clock, owner: Owner) -> None:
        self._section, self._node, self._pump, self._clock, self._owner = section, node, pump, clock, owner
        self._client: aiomqtt.Client | None = None
        self._reached = False
        self._greeted: list[Callable[[], None]] = []

    @property
    def connected(self) -> bool:
        """Whether the broker is there now; that the hub answers is another question."""
        return self._client is not None

    def on_connect(self, call: Callable[[], None]) -> None:
        """Call this after each connect."""
        self._greeted.append(call)

    async def say(self, leaf: Up, payload: bytes, *, retain: bool = False) -> bool:
        """Publish something that is not numbered, if the broker is there; false if not."""
        client = self._client
        if client is None:
            return False
        sending = asyncio.ensure_future(
            client.publish(up(self._node, leaf), payload, qos=1, retain=retain, timeout=SAY_S)
        )
        await asyncio.wait({sending})
        return sending.exception() is None  # a connection that has ended says so by itself

    async def run(self) -> NoReturn:
        """Connect, serve, and come back; only changes are logged."""
        failures = 0
        said = ""
        while True:
            begun = self._clock.up_ms()
            try:
                await self.run_once()
            except NewStream:
                continue
            except ExceptionGroup as group:
                reason = _words(group)
            except (aiomqtt.MqttError, OSError, ValueError) as error:
                reason = str(error) or type(error).__name__
            else:
                reason = "the connection ended"
            finally:
                self._client = None
            if self._section.ca_file is not None and not self._reached:
                reason += " (if it goes on: does the broker accept our certificate? `keng-hub node add` issues another)"
            failures = 1 if self._clock.up_ms() - begun > 60_000 else failures + 1
            if reason != said:
                log.warning("uplink %s:%d: %s", self._section.host, self._section.port, reason)
                said = reason
            await self._clock.sleep(backoff(failures))

    async def run_once(self) -> None:
        """One connection: subscribe, say that we are here, then send and hear until it ends."""
        self._reached = False
        async with self._connect() as client:
            client.pending_calls_threshold = 1000
            hush(client)
            await client.subscribe([(down(self._node, leaf), 1) for leaf in Down])
            self._pump.begin()
            status = self._owner.status(True).model_dump_json().encode()
            await client.publish(up(self._node, Up.STATUS), status, qos=1, retain=True)
            self._client, self._reached = client, True
            log.info("uplink %s:%d: connected", self._section.host, self._section.port)
            for call in self._greeted:
                call()
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._hear(client), name="down")
                    group.create_task(self._pump.run(self._publish), name="up")
            except* NewStream:
                raise NewStream from None
            finally:
                self._client = None

    async def goodbye(self) -> None:
        """Say that we go on purpose; the last will is for the other cases."""
        await self.say(Up.STATUS, self._owner.status(False).model_dump_json().encode(), retain=True)

    def _connect(self) -> aiomqtt.Client:
        section = self._section
        properties = cast("Any", Properties)(PacketTypes.CONNECT)  # paho gives its constructor no types
        properties.SessionExpiryInterval = SESSION_S
        will = self._owner.status(False).model_dump_json().encode()
        return aiomqtt.Client(
            section.host,
            section.port,
            identifier=self._node,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=False,
            properties=properties,
            keepalive=KEEPALIVE_S,
            will=aiomqtt.Will(up(self._node, Up.STATUS), will, qos=1, retain=True),
            tls_context=tls(section),
            max_inflight_messages=100,
            max_queued_incoming_messages=1000,
            logger=library_log,
            timeout=20,
        )

    async def _publish(self, cls: MessageClass, payload: bytes) -> None:
        client = self._client
        if client is None:
            raise aiomqtt.MqttError("not connected")
        await client.publish(up(self._node, cls), payload, qos=1)

    async def _hear(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            leaf = message.topic.value.rsplit("/", 1)[-1]
            try:
                await self._take(leaf, message.payload, retained=bool(message.retain))
            except ValidationError as error:
                log.error("%s from the hub cannot be read: %s", leaf, error.errors(include_input=False)[0]["msg"])

    async def _take(self, leaf: str, payload: bytes, *, retained: bool) -> None:
        if leaf == Down.ACK:
            await self._owner.acknowledged(Ack.model_validate_json(payload))
        elif leaf == Down.CONFIG:
            if payload:  # an emptied retained topic is no configuration
                await self._owner.configure(DesiredConfig.model_validate_json(payload))
        elif retained:
            log.info("a retained command is ignored: an act belongs to its moment")
        else:
            await self._owner.command(Command.model_validate_json(payload))


def tls(section: UplinkSection) -> ssl.SSLContext | None:
    """TLS 1.2 or newer, only the hub's own authority, our certificate; None for a broker on this machine."""
    if section.ca_file is None or section.certificate_file is None:
        return None
    for file in (section.ca_file, section.certificate_file, section.key_file):
        if file is not None and not file.is_file():
            raise FileNotFoundError(f"{file} is missing: copy it from the hub (`keng-hub node add`)")
    context = ssl.create_default_context(cafile=section.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(section.certificate_file, section.key_file)
    return context


def _words(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return _words(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])
    return str(error) or type(error).__name__
