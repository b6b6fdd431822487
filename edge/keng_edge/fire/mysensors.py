"""MySensors nodes behind a gateway on a serial port; an alarm is asked for again before the neighbours hear of it."""

import logging
from collections.abc import Iterable

from keng_bridges.errors import BridgeError, NoAnswer
from keng_bridges.mysensors import (
    BROADCAST,
    I_CONFIG,
    Command,
    Message,
    Splitter,
    answer_config,
    ask_heartbeat,
    ask_version,
    request,
)
from keng_bridges.serial_port import SerialPort
from keng_edge.devices import Node
from keng_edge.fire.gateway_points import GatewayPoints, Said
from keng_edge.fire.radio_config import MySensorsSection
from keng_wire.alarm import Evidence
from keng_wire.conditions import Condition

log = logging.getLogger("keng.fire")

ANSWER_MS = 2000
VERSION_MS = 30_000
LOOK_S = 1.0


class MySensors:
    """One gateway. A line has no check, so a tripped sensor is advisory until it says so twice or does not answer."""

    def __init__(self, section: MySensorsSection, node: Node) -> None:
        self._section, self._node = section, node
        self._points = GatewayPoints(section, section.points, node)
        self._presented: dict[str, str] = {}
        self._waiting: dict[str, tuple[int, Message]] = {}
        self._sure: set[str] = set()
        self._identity: dict[int, dict[str, str]] = {}
        self._asked_version: int | None = None
        self._asked_hearts: int | None = None

    async def run_once(self) -> None:
        """Serve the gateway until its port goes (PortError); what waits for an answer then is taken for real."""
        try:
            async with await SerialPort.open(self._section.port, self._section.baud) as port:
                await self._serve(port)
        except BridgeError:
            await self._confirm(self._waiting)
            await self._points.unreached()
            raise

    async def _serve(self, port: SerialPort) -> None:
        self._asked_version = self._asked_hearts = None
        splitter = Splitter()
        while True:
            await self._ask(port)
            await self._points.unreached()
            await self._confirm(name for name, (due, _) in self._waiting.items() if self._now() >= due)
            for message in splitter.received(await self._read(port)):
                await self._take(port, message)

    async def _read(self, port: SerialPort) -> bytes:
        due = min((due for due, _ in self._waiting.values()), default=self._now() + 1000)
        try:
            return await port.read(min(LOOK_S, max(0.01, (due - self._now()) / 1000)))
        except NoAnswer:
            return b""

    async def _ask(self, port: SerialPort) -> None:
        """Signs of life: the gateway's version every half minute, each node's heartbeat and state at its turn."""
        now = self._now()
        if self._asked_version is None or now - self._asked_version >= VERSION_MS:
            self._asked_version = now
            await port.write(ask_version())
        if self._asked_hearts is None or now - self._asked_hearts >= self._section.heartbeat_s * 1000:
            self._asked_hearts = now
            for number in sorted({_node_of(name) for name in self._section.points}):
                await port.write(ask_heartbeat(number))
            for name in self._section.points:
                await port.write(request(*_address(name)))

    async def _take(self, port: SerialPort, message: Message) -> None:
        frame, name = self._now(), f"{message.node}/{message.child}"
        await self._points.reached()
        if message.command is Command.INTERNAL and message.type == I_CONFIG:
            await port.write(answer_config(message.node))
        if message.command is Command.PRESENTATION and message.child != BROADCAST and len(self._presented) < 5000:
            self._presented[name] = message.name
        if name in self._section.points and message.tripped is not None:
            await self._tripped(port, name, message, frame)
        elif message.tripped and self._presented.get(name) == "S_SMOKE":
            await self._points.stranger(name, frame, _raw(message), Evidence.ADVISORY)
        self._identify(message)
        await self._life(message, frame, name)

    async def _tripped(self, port: SerialPort, name: str, message: Message, frame: int) -> None:
        """The house rings at once; who else does is decided by the second answer, or by none within two seconds."""
        point = self._section.points[name]
        condition = Condition.ALARM if message.tripped else Condition.NORMAL
        pressed = point.role == "cancel" and message.tripped is True
        said = Said(condition, pressed=pressed, raw=_raw(message))
        if condition is Condition.NORMAL:
            self._waiting.pop(name, None)
            self._sure.discard(name)
        elif name in self._waiting:
            self._sure.add(name)
            del self._waiting[name]
        sure = name in self._sure or point.role != "alarm" or condition is Condition.NORMAL
        if not sure:
            self._waiting[name] = self._now() + ANSWER_MS, message
        await self._points.take(name, said, frame, None if sure else Evidence.ADVISORY)
        if not sure:
            await port.write(request(message.node, message.child))

    async def _confirm(self, names: Iterable[str]) -> None:
        """No answer counts as real."""
        for name in list(names):
            _, message = self._waiting.pop(name)
            self._sure.add(name)
            await self._points.alarm(name, frame=None, raw=_raw(message))

    async def _life(self, message: Message, frame: int, heard: str) -> None:
        """Every line of a node is a sign of life of all its children; a battery is that of all of them."""
        value = message.measurement
        for name in self._section.points:
            battery = value if value and value.quantity == "battery" else None
            mine = battery or (value if name == heard else None)
            if _node_of(name) != message.node:
                continue
            await self._points.take(name, Said(measurements=(mine,) if mine else ()), frame)

    def _identify(self, message: Message) -> None:
        """The sketch of a node: another one needs a new proof test of its children."""
        key = {"I_SKETCH_NAME": "model", "I_SKETCH_VERSION": "firmware"}.get(message.name)
        if message.command is not Command.INTERNAL or key is None:
            return
        facts = self._identity.setdefault(message.node, {})
        facts[key] = message.payload
        if len(facts) < 2:
            return  # half a name would look like another sketch
        for name, point in self._section.points.items():
            if _node_of(name) == message.node:
                self._node.identified(point.id, facts)

    def _now(self) -> int:
        return self._node.clock.up_ms()


def _node_of(name: str) -> int:
    return _address(name)[0]


def _address(name: str) -> tuple[int, int]:
    node, _, child = name.partition("/")
    return int(node), int(child)


def _raw(message: Message) -> str:
    kind = f"{int(message.command)};{int(message.ack)};{message.type}"
    return f"{message.node};{message.child};{kind};{message.payload}"
