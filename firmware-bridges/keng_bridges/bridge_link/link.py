"""Everything one bridge session knows; the session and the handlers of the frames work on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from keng_bridges.bridge_link.clock import BootClock
from keng_bridges.bridge_link.faults import Faults
from keng_bridges.bridge_link.frame import encode
from keng_bridges.bridge_link.outputs import Board, Counters, Output, PointState, Send
from keng_bridges.bridge_link.points import Points
from keng_bridges.bridge_link.requests import Ask, Requests
from keng_bridges.bridge_link.seen import Seen
from keng_bridges.moment import Moment


@dataclass(frozen=True, slots=True)
class Settings:
    """What a site decides: the firmware each model should have, compared by its dotted number."""

    firmware: Mapping[str, str] = field(default_factory=dict[str, str])


class Memory(BaseModel):
    """What must survive a restart of the node, so that repeats stay repeats and differences are still seen.

    Save it after the outputs that led to it are committed, never before.
    """

    hardware: str = ""
    boot: str | None = None
    done: tuple[int, ...] = ()
    states: tuple[PointState, ...] = ()


class Link:
    """The state of one link; no decisions are made here."""

    def __init__(self, memory: Memory, settings: Settings, now: Moment) -> None:
        self.settings = settings
        self.counters = Counters()
        self.board: Board | None = None
        self.hardware = memory.hardware
        self.boot = memory.boot
        self.highest: int | None = None
        self.seen = Seen(memory.done)
        self.points = Points({state.point: state for state in memory.states})
        self.clock = BootClock()
        self.requests = Requests()
        self.faults = Faults()
        self.overflows = 0
        self.board_errors = 0
        self.heard = now.monotonic
        self.line = ""
        self.time_sent: float | None = None
        self.port_open = False

    def reboot(self, boot: str) -> None:
        """The board counts from the beginning: old numbers and times mean nothing any more."""
        self.boot, self.highest = boot, None
        self.seen, self.clock = Seen(), BootClock()
        self.overflows = self.board_errors = 0
        self.points.rebooted()

    def ask(self, what: Ask, now: Moment) -> list[Output]:
        """Ask for the hello or for the state of all points, unless that is on its way."""
        if not self.port_open:
            return []
        return self.requests.start(what, {"t": "get", "what": str(what)}, now.monotonic)

    def send_time(self, now: Moment) -> list[Output]:
        """Tell the board the time, for its display; its answer shows that both directions work."""
        self.time_sent = now.monotonic
        return self.requests.start(Ask.TIME, {"t": "time", "utc": now.utc_ms}, now.monotonic)

    def acknowledge(self, boot: str, number: int) -> list[Output]:
        """The event is committed. A board that restarted meanwhile has forgotten it already."""
        if boot != self.boot:
            return []
        self.seen.finish(number)
        return [Send(encode({"t": "ack", "b": boot, "s": number}))]

    def malformed(self) -> list[Output]:
        """Count a frame whose fields make no sense."""
        self.counters.malformed += 1
        return []

    def memory(self) -> Memory:
        """What to save."""
        states = tuple(self.points.states.values())
        return Memory(hardware=self.hardware, boot=self.boot, done=self.seen.done(), states=states)
