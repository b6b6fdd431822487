"""The client's side of an HDLC connection with one meter (IEC 62056-46 clause 6.4.4), with a window of one frame."""

from collections.abc import Generator
from dataclasses import replace
from typing import Final

from keng_bridges.dlms.blocks import LARGEST
from keng_bridges.dlms.hdlc import DISC, DM, FRMR, SNRM, UA, Frame, in_segments
from keng_bridges.errors import FrameError, NoAnswer

TRIES: Final = 3
LLC_OUT, LLC_IN = b"\xe6\xe6\x00", b"\xe6\xe7\x00"
DEFAULT_INFORMATION: Final = 128
"""Bytes of information in a frame, where nothing else was agreed."""
_POLL: Final = 0x10
_READY, _NOT_READY = 0x01, 0x05
_PARAMETERS: Final = b"\x81\x80"
_RECEIVE_LIMIT: Final = 0x06


class Link:
    """Each method is a conversation: it yields a frame and is sent the answer, or None for silence and damage."""

    def __init__(self, server: bytes, client: bytes) -> None:
        self._server, self._client = server, client
        self._sent: int = 0
        self._received: int = 0
        self._room = DEFAULT_INFORMATION

    def is_answer(self, frame: Frame) -> bool:
        """Whether a frame comes from our meter and is for us; others share the line."""
        return frame.source == self._server and frame.target == self._client

    def connect(self) -> Generator[Frame, Frame | None, None]:
        """Open the connection; raises `NoAnswer`."""
        self._sent, self._received = 0, 0
        for _ in range(TRIES):
            answer = yield self._frame(SNRM)
            if answer is not None and answer.control == UA:
                self._room = min(DEFAULT_INFORMATION, _receive_limit(answer.information))
                return
        raise NoAnswer("the meter does not open a connection: wiring, address, speed?")

    def disconnect(self) -> Generator[Frame, Frame | None, None]:
        """Close it; a meter that says nothing any more is left."""
        yield self._frame(DISC)

    def exchange(self, apdu: bytes) -> Generator[Frame, Frame | None, bytes]:
        """Send one APDU and receive one, in as many segments as they need; raises `NoAnswer` and `FrameError`."""
        answer: Frame | None = None
        for segment in in_segments(LLC_OUT + apdu, self._frame(_POLL), self._room):
            answer = yield from self._deliver(segment)
        message = b""
        while answer is not None:
            message += answer.information
            if len(message) > LARGEST:
                raise FrameError(f"an answer of more than {LARGEST} bytes")
            if not answer.segmented:
                break
            answer = yield from self._ask(self._ready(), advance=False)
        if not message.startswith(LLC_IN):
            raise FrameError("an answer without an LLC header")
        return message[len(LLC_IN) :]

    # -- inside

    def _deliver(self, segment: Frame) -> Generator[Frame, Frame | None, Frame | None]:
        control = self._received << 5 | _POLL | self._sent << 1
        return (yield from self._ask(replace(segment, control=control), advance=True))

    def _ask(self, question: Frame, *, advance: bool) -> Generator[Frame, Frame | None, Frame | None]:
        """The numbered answer; None if it only confirms a segment. After silence the meter is asked what it has."""
        out = question
        expected = (self._sent + advance) % 8
        for _ in range(TRIES):
            answer = yield out
            out = self._ready()
            if answer is None:
                continue
            acknowledged = answer.control >> 5
            if not answer.control & 0x01:
                if acknowledged == expected and (answer.control >> 1) & 0x07 == self._received:
                    self._sent, self._received = expected, (self._received + 1) % 8
                    return answer
            elif answer.control & 0x0F in (_READY, _NOT_READY):
                if acknowledged != expected:
                    out = question  # it never got it
                elif advance and question.segmented:
                    self._sent = expected
                    return None
            elif answer.control in (DM, FRMR):
                raise NoAnswer("the meter has closed the connection")
        raise NoAnswer(f"no usable answer after {TRIES} tries")

    def _ready(self) -> Frame:
        return self._frame(self._received << 5 | _POLL | _READY)

    def _frame(self, control: int) -> Frame:
        return Frame(self._server, self._client, control)


def _receive_limit(information: bytes) -> int:
    """How much information the meter takes in a frame; the default where it says nothing that can be understood."""
    if not information.startswith(_PARAMETERS):
        return DEFAULT_INFORMATION
    rest = information[3:]
    while len(rest) >= 2 and len(rest) >= 2 + rest[1]:
        identifier, value, rest = rest[0], rest[2 : 2 + rest[1]], rest[2 + rest[1] :]
        if identifier == _RECEIVE_LIMIT:
            return max(32, int.from_bytes(value, "big"))
    return DEFAULT_INFORMATION
