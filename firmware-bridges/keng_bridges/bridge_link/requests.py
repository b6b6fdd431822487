"""Requests of the node that wait for an answer: when to ask again, and when silence becomes a fault."""

from dataclasses import dataclass
from enum import StrEnum

from keng_bridges.bridge_link.faults import Faults
from keng_bridges.bridge_link.frame import encode
from keng_bridges.bridge_link.outputs import CommandResult, FaultKind, Output, Send
from keng_bridges.moment import Moment


class Ask(StrEnum):
    """What the node can ask for; of the first three there is at most one on its way."""

    HELLO = "hello"
    STATE = "state"
    TIME = "time"
    SET = "set"


@dataclass(frozen=True, slots=True)
class Patience:
    """Ask `tries` times, `every` seconds; then raise `fault`, and go on asking if `forever`."""

    every: float
    tries: int
    fault: FaultKind | None
    forever: bool


PATIENCE = {
    Ask.HELLO: Patience(5.0, 3, FaultKind.NO_HELLO, True),
    Ask.STATE: Patience(5.0, 3, FaultKind.NO_SNAPSHOT, True),
    Ask.TIME: Patience(5.0, 3, FaultKind.ONE_WAY, False),
    Ask.SET: Patience(0.5, 4, None, False),
}


@dataclass(slots=True)
class Request:
    """One request on its way."""

    ask: Ask
    number: int
    fields: dict[str, object]
    asked: int
    due: float


class Requests:
    """The open requests of one session."""

    def __init__(self) -> None:
        self._open: dict[int, Request] = {}
        self._last = 0

    def waiting(self, ask: Ask) -> bool:
        """Whether such a request is on its way."""
        return any(request.ask is ask for request in self._open.values())

    def start(self, ask: Ask, fields: dict[str, object], now: float) -> list[Output]:
        """Send a request, unless the same question is open already (a `set` never is the same)."""
        if ask is not Ask.SET and self.waiting(ask):
            return []
        self._last += 1
        request = Request(ask, self._last, {**fields, "id": self._last}, 1, now + PATIENCE[ask].every)
        frame = encode(request.fields)
        self._open[self._last] = request
        return [Send(frame)]

    @property
    def last(self) -> int:
        """Number of the request started last."""
        return self._last

    def answered(self, ask: Ask) -> bool:
        """The answer came, whichever request it belongs to; false if nobody had asked."""
        numbers = [number for number, request in self._open.items() if request.ask is ask]
        for number in numbers:
            del self._open[number]
        return bool(numbers)

    def answered_number(self, number: int) -> Ask | None:
        """The request of this number is answered; None if it is not open."""
        request = self._open.pop(number, None)
        return request.ask if request else None

    def restart(self) -> None:
        """The port was opened anew: nobody will answer what was asked before (a `set` is asked again)."""
        self._open = {n: request for n, request in self._open.items() if request.ask is Ask.SET}

    def due(self) -> float | None:
        """Monotonic second of the next `tick` that has something to do."""
        return min((request.due for request in self._open.values()), default=None)

    def tick(self, now: Moment, faults: Faults) -> list[Output]:
        """Ask again what is overdue, or give up."""
        outputs: list[Output] = []
        for request in [request for request in self._open.values() if request.due <= now.monotonic]:
            outputs += self._overdue(request, now, faults)
        return outputs

    def _overdue(self, request: Request, now: Moment, faults: Faults) -> list[Output]:
        patience = PATIENCE[request.ask]
        spent = request.asked >= patience.tries
        silence = f"no answer to {request.ask}, asked {request.asked} times"
        outputs: list[Output] = faults.begin(patience.fault, silence) if spent and patience.fault else []
        if spent and not patience.forever:
            del self._open[request.number]
            return outputs if patience.fault else [CommandResult(request.number, False, silence)]
        if request.ask is Ask.TIME:
            request.fields["utc"] = now.utc_ms
        request.asked += 1
        request.due = now.monotonic + patience.every
        return [*outputs, Send(encode(request.fields))]
