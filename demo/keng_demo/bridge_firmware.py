"""What a bridge board's firmware does (link version 1), without a port or a clock, so that hours pass in a test.

Written apart from `keng_bridges.bridge_link`, its CRC included: two that agree by accident prove nothing.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field

RESEND_S = (0.3, 0.6, 1.2, 2.4, 4.8)
RESEND_LAST_S = 10.0
OUTSTANDING = 4
QUEUE = 32
SOUNDERS = ("sounder", "lamp")


def crc(data: bytes) -> int:
    """CRC-16/CCITT-FALSE, bit by bit."""
    value = 0xFFFF
    for byte in data:
        for bit in range(7, -1, -1):
            high = (value >> 15) ^ (byte >> bit & 1)
            value = (value << 1 & 0xFFFF) ^ (0x1021 if high else 0)
    return value


def frame(fields: dict[str, object]) -> bytes:
    """One frame with its LF."""
    body = json.dumps(fields, separators=(",", ":")).encode()
    return body + f"*{crc(body):04X}\n".encode()


@dataclass
class Input:
    """One point of the board and how it stands."""

    name: str
    type: str
    st: str = "normal"
    fl: list[str] = field(default_factory=list[str])
    v: int | None = None


@dataclass
class Event:
    """A change that waits for its acknowledgement."""

    body: dict[str, object]
    number: int = 0
    tries: int = 0
    due: float = 0.0

    @property
    def alarm(self) -> bool:
        """Whether it goes first."""
        return self.body["st"] == "alarm"


@dataclass(frozen=True)
class Switched:
    """An output of the board changed; `by` is `board` for its own fail-safe, `node` for a command."""

    output: str
    on: bool
    by: str


class Firmware:
    """The board. `write` takes bytes for the node, `clock` gives seconds, `switched` hears of the outputs."""

    def __init__(
        self,
        points: dict[str, str],
        *,
        write: Callable[[bytes], None],
        clock: Callable[[], float],
        switched: Callable[[Switched], None] = lambda _: None,
        seed: int | None = None,
        heartbeat: float = 20.0,
        hardware: str = "02mo000phong",
        version: int = 1,
        own_sounder: bool = True,
    ) -> None:
        self.points = {name: Input(name, kind) for name, kind in points.items()}
        self.version, self.hardware, self.heartbeat, self.own_sounder = version, hardware, heartbeat, own_sounder
        self._write, self._clock, self._switched = write, clock, switched
        self._random = random.Random(seed)  # a seeded boot id makes a run repeatable
        self._line = b""
        self._overflow = self._crc_errors = 0
        self._next_heartbeat = 0.0
        self._boot_up("power")

    # -- what happens at the board

    def change(self, name: str, st: str, fl: tuple[str, ...] = (), v: int | None = None) -> None:
        """An input changed."""
        point = self.points[name]
        point.st, point.fl, point.v = st, list(fl), v
        body: dict[str, object] = {"up": self._up(), "p": name, "st": st, "fl": list(fl)}
        self._enqueue(Event(body if v is None else {**body, "v": v}))
        self._drive()
        self._pump()

    def telemetry(self, name: str, v: int) -> None:
        """A measured value, unacknowledged."""
        self._send({"t": "tm", "up": self._up(), "p": name, "v": v})

    def reboot(self, reset: str = "wdt") -> None:
        """Power lost, or the watchdog: numbers, queue and commanded outputs are gone, inputs are not."""
        self._boot_up(reset)

    @property
    def waiting(self) -> int:
        """Events without an acknowledgement."""
        return len(self._queue)

    # -- the wire

    def receive(self, data: bytes) -> None:
        """Bytes from the node."""
        *lines, rest = (self._line + data).split(b"\n")
        self._line = rest[-511:]
        for line in lines:
            self._take(line.rstrip(b"\r"))

    def tick(self) -> None:
        """Time passed."""
        now = self._clock()
        for event in self._queue:
            if event.number and event.due <= now:
                self._resend(event)
        if now >= self._next_heartbeat:
            self._next_heartbeat = now + self.heartbeat
            text = "".join(f"{point.name}={point.st};" for point in self.points.values())
            beat = {"q": len(self._queue), "ov": self._overflow, "ce": self._crc_errors, "mv": 4980}
            self._send({"t": "hb", "up": self._up(), **beat, "sc": f"{crc(text.encode()):04X}"})
        self._drive()

    def due(self) -> float:
        """Second of the next tick."""
        times = [event.due for event in self._queue if event.number]
        return min(times + list(self._until.values()) + [self._next_heartbeat])

    # -- inside

    def _boot_up(self, reset: str) -> None:
        self.boot = f"{self._random.getrandbits(32):08x}"
        self._started, self._number, self._reset = self._clock(), 0, reset
        self._queue: list[Event] = []
        self._line = b""
        self._overflow = self._crc_errors = 0
        self._next_heartbeat = self._started + self.heartbeat
        self._commanded: dict[str, bool] = {}
        self._until: dict[str, float] = {}
        self._on: dict[str, bool] = {}
        self._hello()
        self._drive()

    def _up(self) -> int:
        return round((self._clock() - self._started) * 1000)

    def _send(self, fields: dict[str, object]) -> int:
        self._number += 1
        self._write(frame({"t": fields.pop("t"), "b": self.boot, "s": self._number, **fields}))
        return self._number

    def _hello(self) -> None:
        count = len(self.points)
        about = {"pv": self.version, "hw": self.hardware, "md": "keng-io8", "fw": "1.4.0+mophong", "np": count}
        self._send({"t": "hello", "up": self._up(), **about, "cap": ["set"], "rst": self._reset})
        for index, point in enumerate(self.points.values(), 1):
            self._send({"t": "pt", "up": self._up(), "i": index, "n": count, "p": point.name, "ty": point.type})
        self._state()

    def _state(self) -> None:
        for index, point in enumerate(self.points.values(), 1):
            stand = {"p": point.name, "st": point.st, "fl": point.fl}
            value = {} if point.v is None else {"v": point.v}
            self._send({"t": "state", "up": self._up(), "i": index, "n": len(self.points), **stand, **value})

    def _enqueue(self, event: Event) -> None:
        if len(self._queue) >= QUEUE:
            waiting = [old for old in self._queue if not old.number]
            self._queue.remove(next((old for old in waiting if not old.alarm), waiting[0]))
            self._overflow += 1
        self._queue.append(event)

    def _pump(self) -> None:
        free = OUTSTANDING - sum(1 for event in self._queue if event.number)
        waiting = sorted((event for event in self._queue if not event.number), key=lambda event: not event.alarm)
        for event in waiting[: max(0, free)]:
            event.number = self._send({"t": "ev", **event.body})
            event.due = self._clock() + RESEND_S[0]

    def _resend(self, event: Event) -> None:
        event.tries += 1
        later = RESEND_S[event.tries] if event.tries < len(RESEND_S) else RESEND_LAST_S
        event.due = self._clock() + later
        self._write(frame({"t": "ev", "b": self.boot, "s": event.number, **event.body}))

    def _take(self, line: bytes) -> None:
        body, _, check = line.rpartition(b"*")
        if not line:
            return
        if check != f"{crc(body):04X}".encode():
            self._crc_errors += 1
            return
        fields: dict[str, object] = json.loads(body)
        kind = fields.get("t")
        if kind == "ack" and fields.get("b") == self.boot:
            self._queue = [event for event in self._queue if not event.number or event.number != fields.get("s")]
            self._pump()
        elif kind == "get":
            self._hello() if fields.get("what") == "hello" else self._state()
        elif kind == "time":
            self._send({"t": "res", "id": fields["id"], "ok": True})
        elif kind == "set":
            self._set(fields)

    def _set(self, fields: dict[str, object]) -> None:
        name, value, ms = str(fields.get("p")), fields.get("val"), fields.get("ms")
        point = self.points.get(name)
        if point is None or point.type not in SOUNDERS or not isinstance(value, int):
            self._send({"t": "res", "id": fields["id"], "ok": False, "err": "no such output"})
            return
        if not value and not isinstance(ms, int):
            ms = 600_000  # a silence without an end is refused by making it end
        self._commanded[name] = bool(value)
        self._until.pop(name, None)
        if isinstance(ms, int):
            self._until[name] = self._clock() + (min(ms, 600_000) if not value else ms) / 1000
        self._drive()
        self._send({"t": "res", "id": fields["id"], "ok": True})

    def _drive(self) -> None:
        """Outputs follow the last command until it ends, then the inputs: an alarm sounds without any node."""
        for name in [name for name, end in self._until.items() if end <= self._clock()]:
            del self._until[name], self._commanded[name]
        alarm = self.own_sounder and any(point.st == "alarm" for point in self.points.values())
        for point in self.points.values():
            if point.type in SOUNDERS:
                on = self._commanded.get(point.name, alarm)
                by = "node" if point.name in self._commanded else "board"
                if on != self._on.get(point.name, False):
                    self._on[point.name] = on
                    self._switched(Switched(point.name, on, by))
