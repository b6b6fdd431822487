"""Reading one meter by IEC 62056-21, modes A to D: bytes and time in, bytes to send and speeds to set out."""

import re
from collections.abc import Callable
from enum import Enum, auto

from keng_bridges.checksums import bcc, crc16_arc
from keng_bridges.errors import BridgeError, FrameError, NoAnswer, Refused
from keng_bridges.iec62056_21.plan import (
    ACK,
    BREAK,
    EOT,
    NAK,
    SPEEDS_B,
    SPEEDS_C,
    Failed,
    Finished,
    Ident,
    Output,
    Plan,
    Send,
    SetSpeed,
    command,
)
from keng_bridges.iec62056_21.profile import read_profile
from keng_bridges.iec62056_21.readout import Readout, read_lines

REACTION_S = 2.0  # the standard gives the meter 1.5 s; slow optical heads take their share
GAP_S = 1.5
PUSH_EVERY_S = 60.0
LONGEST_S = 300.0
LARGEST = 65536

_IDENT = re.compile(rb"/([A-Za-z]{3})([ -~])([ -~]{0,32})\r\n")
_PUSH = re.compile(rb"(/([A-Za-z]{3})([ -~])([ -~]{0,32})\r?\n(.*?)^!)([0-9A-F]{4})?\r?\n", re.S | re.M)


class Step(Enum):
    """What the session waits for."""

    IDENT = auto()
    BLOCK = auto()
    PUSH = auto()
    PROMPT = auto()
    PERMISSION = auto()
    VALUE = auto()
    OVER = auto()


class Session:
    """One reading of one meter. Call `start`, then `received` and `tick` until `Finished` or `Failed` comes out."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.ident: Ident | None = None
        self._step = Step.OVER
        self._buffer = b""
        self._text = ""
        self._intact = True
        self._asked = 0
        self._within = False
        self._due = self._end = 0.0

    def start(self, now: float) -> list[Output]:
        """Begin at monotonic second `now`."""
        self._end = now + LONGEST_S
        if self.plan.pushes:
            self._wait_for(Step.PUSH, now, PUSH_EVERY_S)
            return [SetSpeed(2400)]
        request = f"/?{self.plan.address}!\r\n".encode("ascii")
        self._wait_for(Step.IDENT, now, REACTION_S + len(request) / 30)
        return [SetSpeed(self.plan.baud), Send(request)]

    def received(self, data: bytes, now: float) -> list[Output]:
        """Bytes arrived. The eighth bit is dropped: some heads pass the parity on."""
        if self._over:
            return []
        self._buffer += bytes(byte & 0x7F for byte in data)
        self._due = max(self._due, now + GAP_S)
        outputs: list[Output] = []
        before = -1
        while not self._over and len(self._buffer) != before:
            before = len(self._buffer)
            outputs += _STEPS[self._step](self, now)
        if not self._over and len(self._buffer) + len(self._text) > LARGEST:
            outputs += self._fail(FrameError(f"more than {LARGEST} bytes without an end"))
        return outputs

    def tick(self, now: float) -> list[Output]:
        """Time passed."""
        if self._over or now < self.due():
            return []
        missing = f"the meter fell silent while waiting for its {self._step.name.lower()}"
        return self._fail(NoAnswer(missing if self._heard else "the meter does not answer: head, address, wiring?"))

    def due(self) -> float:
        """Monotonic second at which silence becomes a failure."""
        return min(self._due, self._end)

    # -- steps: take from the buffer what is complete

    def take_ident(self, now: float) -> list[Output]:
        """Find the identification; noise and the echo of our own request go before it."""
        match = _IDENT.search(self._buffer)
        if match is None:
            return []
        self._buffer = self._buffer[match.end() :]
        maker, letter, model = (part.decode("ascii") for part in match.groups())
        self.ident = Ident(maker, letter, model)
        wanted = {z: speed for z, speed in SPEEDS_C.items() if speed <= self.plan.fastest}
        if letter in SPEEDS_C:
            return self._answer_mode_c(letter if letter in wanted else max(wanted, default="0"), now)
        self._wait_for(Step.BLOCK, now)
        return [SetSpeed(SPEEDS_B[letter])] if letter in SPEEDS_B else []

    def take_block(self, now: float) -> list[Output]:
        """Collect data blocks until the last one; a partial block ends with EOT and is confirmed."""
        taken = self._message()
        if taken is None:
            return []
        body, end, intact = taken
        self._text += body
        self._intact = self._intact and intact
        if end == EOT:
            self._wait_for(Step.BLOCK, now)
            return [Send(ACK)]
        if self.plan.programming:  # modes A and B: programming mode is entered behind the readout
            self._text, self._intact = "", True
            return self._log_in(now)
        return self._finish(self._text.rpartition("!")[0] or self._text, self._intact)

    def take_push(self, now: float) -> list[Output]:
        """Mode D: the meter sends identification, data and `!` by itself; a DSMR meter adds a CRC."""
        match = _PUSH.search(self._buffer)
        if match is None:
            return []
        _, maker, letter, model, body = (part.decode("ascii") for part in match.groups()[:5])
        self.ident = Ident(maker, letter, model)
        given = match.group(6)
        return self._finish(body, crc16_arc(match.group(1)) == int(given, 16) if given else None)

    def take_prompt(self, now: float) -> list[Output]:
        """Programming mode: the meter asks for a password (`P0`)."""
        taken = self._message()
        if taken is None:
            return []
        if not taken[2]:
            return self._fail(FrameError("the block check of the meter's password prompt is wrong"))
        return self._log_in(now)

    def take_permission(self, now: float) -> list[Output]:
        """The meter takes the password, or declines it: then never again by itself, meters lock."""
        answer = self._buffer.lstrip(b"\0\x7f")[:1]
        if not answer:
            return []
        self._buffer = b""
        return (
            self._ask(now) if answer == ACK else self._fail(Refused("the meter declines the password: not tried again"))
        )

    def take_value(self, now: float) -> list[Output]:
        """The answer to one read command."""
        if self._buffer[:1] == NAK:
            return self._fail(FrameError("the meter did not understand the read command"))
        taken = self._message()
        if taken is None:
            return []
        body, end, intact = taken
        if body.startswith("B0"):
            return self._fail(Refused("the meter ended the session: this register needs a password or does not exist"))
        self._intact = self._intact and intact
        if not self._within:
            code = self.plan.question(self._asked - 1)[1].partition("(")[0]
            self._text += code if body.startswith("(") else ""
        self._text += body + "\r\n"
        self._within = end == EOT
        if self._within:
            self._wait_for(Step.VALUE, now)
            return [Send(ACK)]
        if self.plan.question(self._asked)[0]:
            return self._ask(now)
        return [Send(BREAK), *self._finish(self._text, self._intact)]

    def farewell(self) -> list[Send]:
        """What to send when the reading is given up: without a break the meter would wait for its next command."""
        return [Send(BREAK)] if self._step in (Step.PROMPT, Step.PERMISSION, Step.VALUE) else []

    # -- inside

    @property
    def _over(self) -> bool:
        return self._step is Step.OVER

    @property
    def _heard(self) -> bool:
        return self.ident is not None or bool(self._buffer)

    def _wait_for(self, step: Step, now: float, seconds: float = REACTION_S) -> None:
        self._step, self._due = step, now + seconds

    def _answer_mode_c(self, letter: str, now: float) -> list[Output]:
        programming = self.plan.programming
        self._wait_for(Step.PROMPT if programming else Step.BLOCK, now)
        acknowledge = ACK + f"0{letter}{int(programming)}\r\n".encode("ascii")
        self._due += len(acknowledge) / 30
        return [Send(acknowledge), SetSpeed(SPEEDS_C[letter])]

    def _log_in(self, now: float) -> list[Output]:
        if self.plan.password is None:
            return self._ask(now)
        self._wait_for(Step.PERMISSION, now)
        return [Send(command(self.plan.password_command, f"({self.plan.password})"))]

    def _ask(self, now: float) -> list[Output]:
        name, data = self.plan.question(self._asked)
        self._asked += 1
        self._wait_for(Step.VALUE, now)
        return [Send(command(name, data))]

    def _message(self) -> tuple[str, bytes, bool] | None:
        """Text, end character and whether the check held, of the next block; what stands before it is noise."""
        start = re.search(rb"[\x01\x02]", self._buffer)
        end = re.search(rb"[\x03\x04]", self._buffer[start.start() :]) if start else None
        if start is None or end is None or len(self._buffer) < start.start() + end.end() + 1:
            return None
        block = self._buffer[start.start() + 1 : start.start() + end.end()]
        check = self._buffer[start.start() + end.end()]
        self._buffer = self._buffer[start.start() + end.end() + 1 :]
        return block[:-1].decode("ascii"), block[-1:], bcc(block) == check

    def _finish(self, text: str, checked: bool | None) -> list[Output]:
        self._step = Step.OVER
        ident = f"{self.ident.maker}{self.ident.letter}{self.ident.model}" if self.ident else ""
        if self.plan.span is not None:
            return [Finished(Readout((), (), checked, ident), read_profile(text, checked=checked))]
        return [Finished(read_lines(text, checked=checked, ident=ident))]

    def _fail(self, error: BridgeError) -> list[Output]:
        farewell = self.farewell()
        self._step = Step.OVER
        return [*farewell, Failed(error)]


_STEPS: dict[Step, Callable[[Session, float], list[Output]]] = {
    Step.IDENT: Session.take_ident,
    Step.BLOCK: Session.take_block,
    Step.PUSH: Session.take_push,
    Step.PROMPT: Session.take_prompt,
    Step.PERMISSION: Session.take_permission,
    Step.VALUE: Session.take_value,
}
