"""A bridge session and the simulated firmware on a wire that a test can damage, on a clock that a test moves."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from keng_bridges.bridge_link import (
    CommandResult,
    Fault,
    FaultKind,
    Memory,
    Moment,
    Output,
    PointEvent,
    Send,
    Session,
    Settings,
    decode,
)
from keng_demo.bridge_firmware import Firmware, Switched, frame

POINTS = {"smoke1": "smoke", "btn1": "button", "siren1": "sounder"}
BOOT = "7f3a91c2"
START_UTC = 1_795_000_000_000
T = TypeVar("T")

HELLO: dict[str, object] = {
    "t": "hello",
    "pv": 1,
    "hw": "a4cf12f0e9b1",
    "md": "keng-io8",
    "fw": "1.4.0+9f3c2d1",
    "np": 2,
    "rst": "power",
}
NONE: list[str] = []
ALARM: dict[str, object] = {"t": "ev", "s": 412, "up": 123456, "p": "smoke1", "st": "alarm", "fl": NONE, "v": 812}
TWO_NORMAL = (("smoke1", "normal"), ("btn1", "normal"))
Wire = Callable[[bytes], bytes]


def unharmed(data: bytes) -> bytes:
    return data


def silent(data: bytes) -> bytes:
    return b""


def kept(outputs: list[Output], kind: type[T]) -> list[T]:
    return [output for output in outputs if isinstance(output, kind)]


class Node:
    """A session led by hand: every frame the test wants, at any time."""

    def __init__(self, memory: Memory | None = None, settings: Settings | None = None) -> None:
        self.seconds = 1000.0
        self.utc_jump = 0
        self.session = Session(self.now(), memory, settings)
        self.outputs: list[Output] = []

    def now(self) -> Moment:
        return Moment(self.seconds, START_UTC + round(self.seconds * 1000) + self.utc_jump)

    def open(self) -> list[Output]:
        outputs = self.session.opened(self.now())
        self.session.received(b"\n", self.now())
        return self._took(outputs)

    def hear(self, **fields: object) -> list[Output]:
        """One frame with `b` and whatever the test says."""
        kind = fields.pop("t")
        return self.feed(frame({"t": kind, "b": fields.pop("b", BOOT), **fields}))

    def feed(self, data: bytes) -> list[Output]:
        return self._took(self.session.received(data, self.now()))

    def wait(self, seconds: float) -> list[Output]:
        """Time passes, with a tick whenever the session wants one."""
        end, outputs = self.seconds + seconds, list[Output]()
        while self.seconds < end:
            self.seconds = min(end, max(self.session.due(self.now()), self.seconds + 0.001))
            outputs += self._took(self.session.tick(self.now()))
        return outputs

    def snapshot(self, *states: tuple[str, str], number: int = 100, boot: str = BOOT) -> list[Output]:
        """A full snapshot of these points."""
        outputs: list[Output] = []
        for index, (name, st) in enumerate(states, 1):
            place = {"i": index, "n": len(states), "p": name, "st": st, "fl": list[str]()}
            outputs += self.hear(t="state", b=boot, s=number + index, up=index, **place)
        return outputs

    def asks(self, outputs: list[Output]) -> list[bytes]:
        return [send.data for send in kept(outputs, Send)]

    def faults(self) -> set[FaultKind]:
        """What is wrong now, after everything that was told."""
        active: set[FaultKind] = set()
        for fault in kept(self.outputs, Fault):
            change = active.add if fault.active else active.discard
            change(fault.kind)
        return active

    def _took(self, outputs: list[Output]) -> list[Output]:
        self.outputs += outputs
        return outputs


def known(**first: object) -> Node:
    """A node that has greeted its board and has a full snapshot of two points."""
    node = Node()
    node.open()
    node.hear(**{**HELLO, "s": 1, "up": 812, **first})
    node.hear(t="pt", s=2, up=813, i=1, n=2, p="smoke1", ty="smoke")
    node.hear(t="pt", s=3, up=814, i=2, n=2, p="btn1", ty="button")
    node.snapshot(*TWO_NORMAL, number=3)
    node.hear(t="res", s=6, id=2, ok=True)
    return node


def sent(outputs: list[Output]) -> list[dict[str, object]]:
    return [decode(send.data) for send in kept(outputs, Send)]


def asked(outputs: list[Output]) -> list[object]:
    return [frame.get("what", frame["t"]) for frame in sent(outputs)]


class Board(Protocol):
    """The board at the other end."""

    def change(self, name: str, st: str, fl: tuple[str, ...] = (), v: int | None = None) -> None: ...

    def receive(self, data: bytes) -> None: ...

    def tick(self) -> None: ...

    def reboot(self) -> None: ...


class Bench(Node):
    """The same with the simulated firmware at the other end; every event is committed and acknowledged at once."""

    firmware: Board

    def __init__(self, *, seed: int = 1, memory: Memory | None = None) -> None:
        super().__init__(memory)
        self.to_node: Wire = unharmed
        self.to_board: Wire = unharmed
        self.committed: list[PointEvent] = []
        self.switched: list[Switched] = []
        self._arriving: list[bytes] = []
        self.firmware = Firmware(
            POINTS,
            write=self._arriving.append,
            clock=lambda: self.seconds,
            switched=self.switched.append,
            seed=seed,
        )

    def start(self) -> None:
        self._arriving.clear()  # nobody listened while the board came up
        self._carry_out(self.open())

    def run(self, seconds: float, step: float = 0.05) -> None:
        """Both ends live for a while."""
        end = self.seconds + seconds
        while self.seconds < end:
            self.seconds = min(end, self.seconds + step)
            self.firmware.tick()
            self._carry_out(self._took(self.session.tick(self.now())))

    def arrive(self, data: bytes) -> None:
        """Something the board said is on the wire."""
        self._arriving.append(data)

    def settle(self) -> None:
        """Carry everything that is on the wire."""
        self._carry_out([])

    def command(self, made: tuple[int, list[Output]]) -> CommandResult:
        self._carry_out(made[1])
        return next(result for result in kept(self.outputs, CommandResult) if result.request == made[0])

    def _carry_out(self, outputs: list[Output]) -> None:
        waiting = list(outputs)
        while waiting or self._arriving:
            while self._arriving:
                waiting += self.feed(self.to_node(self._arriving.pop(0)))
            if not waiting:
                return
            output = waiting.pop(0)
            if isinstance(output, Send):
                self.firmware.receive(self.to_board(output.data))
            elif isinstance(output, PointEvent):
                self.committed.append(output)
                if output.number is not None:
                    waiting += self.session.acknowledge(output.boot, output.number)
