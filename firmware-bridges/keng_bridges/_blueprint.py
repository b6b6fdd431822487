"""A language to copy: a made-up pulse counter that says `PULSES 000123 2C` and CR LF, once a second.

To add a real one, follow `docs/new-device.md`. What every codec of this package keeps to:

- bytes and time are arguments; a codec never opens, reads, sleeps or logs (that is a transport, `*_serial.py`);
- length and check before anything in a frame is believed; what fails is counted, never repaired;
- numbers are `int` or `Decimal`, units those of `keng_wire.quantities`;
- buffers have a limit, and silence is an error with a deadline, never a zero.
"""

from collections.abc import Iterator
from decimal import Decimal

from keng_bridges.checksums import bcc
from keng_bridges.errors import FrameError, NoAnswer
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Measurement

FRAME = 16  # bytes without CR LF
SILENCE_S = 10.0


class PulseCounter:
    """One counter: feed it with bytes, call `tick` when nothing comes."""

    def __init__(self, now: float) -> None:
        self.damaged = 0
        self._line = b""
        self._heard = now

    def received(self, data: bytes, now: float) -> Iterator[Measurement]:
        """The readings in these bytes; `now` is a monotonic second."""
        *lines, rest = (self._line + data).split(b"\r\n")
        self._line = rest[-FRAME - 1 :]  # never more than one frame and its CR is held
        for line in lines:
            try:
                measurement = decode(line)
            except FrameError:
                self.damaged += 1
            else:
                self._heard = now
                yield measurement

    def tick(self, now: float) -> None:
        """Raise `NoAnswer` after ten seconds of silence: the point is lost then, not zero."""
        if now >= self._heard + SILENCE_S:
            raise NoAnswer(f"no pulse count for {SILENCE_S:g} s: cable, power?")


def decode(line: bytes) -> Measurement:
    """One reading in pulses; raises `FrameError`."""
    body, check = line[:-3], line[-2:]
    if len(line) != FRAME or not line.startswith(b"PULSES ") or line[-3:-2] != b" ":
        raise FrameError(f"not a pulse frame: {line[:FRAME]!r}")
    if check != b"%02X" % bcc(body):
        raise FrameError(f"check is {check!r}, computed {bcc(body):02X}")
    if not body[7:].isdigit():
        raise FrameError(f"no count in {body!r}")
    return Measurement("pulses", Decimal(int(body[7:])), "1", raw=body[7:].decode("ascii"))


def recording(data: bytes) -> Iterator[Decoded | Damaged]:
    """Every line of a recording; raises nothing, whatever the bytes."""
    offset = 0
    for line in data.splitlines(keepends=True):
        try:
            yield Decoded(offset, measurements=(decode(line.rstrip(b"\r\n")),))
        except FrameError as error:
            yield Damaged(offset, str(error))
        offset += len(line)
