"""A hub for tests of the node, on a real broker: hears everything, acknowledges and sends what it is told to."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

import aiomqtt

from keng_edge.mqtt import hush
from keng_wire.control import Ack, Command, DesiredConfig
from keng_wire.message import Message, parse
from keng_wire.status import Health, Status
from keng_wire.topics import Down, MessageClass, Up, down, parse_up, up
from support.processes import until


class FakeHub:
    """`async with FakeHub(port) as hub`. With `answers` it acknowledges each message and each status at once."""

    def __init__(self, port: int, node: str = "ngo-1", *, answers: bool = True) -> None:
        self.port, self.node, self.answers = port, node, answers
        self.messages: list[Message] = []
        self.statuses: list[Status] = []
        self.beats: list[Health] = []
        self.high: dict[str, dict[MessageClass, int]] = {}
        self._client: aiomqtt.Client | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._live(), name="fake hub")
        await until(lambda: self._client is not None, "the hub is connected")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        while not self._task.done():  # Python 3.11's `asyncio.wait_for`, in the library, may swallow a cancellation
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=0.1)

    def of(self, cls: MessageClass) -> list[Message]:
        """All messages of a class, in the order they came."""
        return [message for message in self.messages if message.message_class == cls]

    async def acknowledge(self, stream: str, **numbers: int) -> None:
        """Say that everything up to these numbers is committed."""
        await self._say(Down.ACK, Ack(stream=stream, at=1_795_000_000_000, **numbers).model_dump_json())

    async def command(self, command: Command, *, retain: bool = False) -> None:
        """Tell the node to do something."""
        await self._say(Down.COMMAND, command.model_dump_json(), retain=retain)

    async def configure(self, version: int, **settings: object) -> None:
        """Tell the node how to run."""
        await self._say(Down.CONFIG, DesiredConfig(version=version, settings=settings).model_dump_json(), retain=True)

    async def _say(self, leaf: Down, payload: str, *, retain: bool = False) -> None:
        assert self._client is not None
        await self._client.publish(down(self.node, leaf), payload, qos=1, retain=retain)

    async def _live(self) -> None:
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                async with aiomqtt.Client("127.0.0.1", self.port, identifier="hub", timeout=2) as client:
                    hush(client)
                    await client.subscribe([(up(self.node, leaf), 1) for leaf in Up])
                    self._client = client
                    async for message in client.messages:
                        assert isinstance(message.payload, bytes)
                        await self._take(message.topic.value, message.payload)
            self._client = None
            await asyncio.sleep(0.05)

    async def _take(self, topic: str, payload: bytes) -> None:
        leaf = parse_up(topic).leaf
        if leaf is Up.HEALTH:
            self.beats.append(Health.model_validate_json(payload))
        elif leaf is Up.STATUS:
            status = Status.model_validate_json(payload)
            self.statuses.append(status)
            if self.answers and status.online:
                await self._answer(status.stream)
        else:
            cls = MessageClass(leaf.value)
            message = parse(cls, self.node, payload)
            self.messages.append(message)
            high = self.high.setdefault(message.stream, {})
            high[cls] = max(high.get(cls, 0), message.number)
            if self.answers:
                await self._answer(message.stream)

    async def _answer(self, stream: str) -> None:
        await self.acknowledge(stream, **{cls.value: number for cls, number in self.high.get(stream, {}).items()})
