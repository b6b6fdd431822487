"""What a bridge session tells its owner to do and to know."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from keng_bridges.moment import Moment
from keng_bridges.values import Condition, Mark, PointReport

Value = int | Decimal | None


class State(StrEnum):
    """`st` of a point."""

    NORMAL = "normal"
    PRE = "pre"
    ALARM = "alarm"
    FAULT = "fault"


_CONDITIONS = {
    State.NORMAL: Condition.NORMAL,
    State.PRE: Condition.PRE,
    State.ALARM: Condition.ALARM,
    State.FAULT: Condition.UNKNOWN,  # a broken loop cannot say that there is no fire
}
_MARKS = {
    "tamper": Mark.TAMPER,
    "lowbat": Mark.LOW_BATTERY,
    "test": Mark.TEST,
    "dirty": Mark.DIRTY,
    "eol": Mark.END_OF_LIFE,
    "off": Mark.DISABLED,
    "open": Mark.FAULT,
    "short": Mark.FAULT,
}
KNOWN_FLAGS = frozenset(_MARKS)


@dataclass(frozen=True, slots=True)
class PointState:
    """How a point stands; `up` is the board's ms since boot when that was so."""

    point: str
    state: State
    flags: frozenset[str] = frozenset()
    value: Value = None
    up: int = -1

    def same(self, other: "PointState") -> bool:
        """Equal for people: the value and the time may differ."""
        return self.state == other.state and self.flags == other.flags

    def report(self) -> PointReport:
        """The point in the words of the wire contract."""
        marks = {_MARKS[flag] for flag in self.flags if flag in _MARKS}
        if self.state is State.FAULT:
            marks.add(Mark.FAULT)
        return PointReport(self.point, _CONDITIONS[self.state], frozenset(marks), ",".join(sorted(self.flags)) or None)


@dataclass(frozen=True, slots=True)
class Point:
    """One point as the board describes it (`pt`)."""

    index: int
    name: str
    type: str = ""
    unit: str = ""
    polarity: str = ""
    end_of_line_ohm: int | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """What a board says of itself (`hello`)."""

    hardware: str
    model: str
    firmware: str
    version: int
    points: int
    reset: str = ""
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes to write to the port now."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PointEvent:
    """A point changed. Commit it to the outbox, then call `Session.acknowledge`.

    `key` is the same for every repeat of the event, also over a restart of the node. `number` is None for a change
    that only a snapshot showed; there is nothing to acknowledge then. `current` is false for a late repeat of
    what has changed again since. `doubt` says why the frame was not fully understood: never a reason to drop it.
    `raw` is the line it came in, without its LF.
    """

    key: str
    boot: str
    number: int | None
    state: PointState
    happened: Moment
    received: Moment
    current: bool = True
    doubt: str | None = None
    raw: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All points, complete; every difference has been an event before."""

    states: tuple[PointState, ...]


@dataclass(frozen=True, slots=True)
class Described:
    """All points of the board were named."""

    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Identified:
    """The board introduced itself; `restarted` if this is a new boot of a board known before."""

    board: Board
    exchanged: bool = False


@dataclass(frozen=True, slots=True)
class Telemetry:
    """A measured value of a point, unacknowledged."""

    point: str
    value: int | Decimal
    happened: Moment


class FaultKind(StrEnum):
    """Faults of the link or of the board."""

    COMMS_LOST = "comms_lost"
    NO_HELLO = "no_hello"
    NO_SNAPSHOT = "no_snapshot"
    ONE_WAY = "one_way"
    RESTARTING = "restarting"
    NOISY = "noisy"
    EVENTS_LOST = "events_lost"
    NEWER_BRIDGE = "newer_bridge"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault began (`active`) or ended. `points` are the points it concerns; none means the board itself."""

    kind: FaultKind
    active: bool
    detail: str
    points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What became of a `set`."""

    request: int
    ok: bool
    error: str | None = None


Output = Send | PointEvent | Snapshot | Described | Identified | Telemetry | Fault | CommandResult


@dataclass(slots=True)
class Counters:
    """What was passed over, for the log and the page of the device."""

    frames: int = 0
    repeats: int = 0
    gaps: int = 0
    malformed: int = 0
    unknown_types: int = 0
    unknown_keys: int = 0
    damaged: dict[str, int] = field(default_factory=dict[str, int])
