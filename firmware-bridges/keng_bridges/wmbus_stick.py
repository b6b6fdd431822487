"""What receiver sticks for the wireless M-Bus write on a serial port: lines with hex digits, or bare telegrams."""

import re
from collections.abc import Iterator

from keng_bridges.errors import FrameError
from keng_bridges.wmbus import SHORTEST, Telegram, parse

HELD = 2048
_HEX = re.compile(rb"[0-9A-Fa-f]{%d,}" % (2 * SHORTEST + 2))


class HexLines:
    """Sticks that write text: the longest run of hex digits of a line is the telegram. `damaged` counts the others.

    A `b` in front (CUL), a comma or semicolon around it (rtl-wmbus) and a signal strength behind it do no harm.
    """

    def __init__(self) -> None:
        self.damaged = 0
        self._line = b""

    def received(self, data: bytes) -> Iterator[Telegram]:
        """The telegrams of the lines that are whole now."""
        *lines, self._line = (self._line + data).split(b"\n")
        self._line = self._line[-HELD:]
        for line in lines:
            runs: list[bytes] = _HEX.findall(line[-HELD:])
            if not runs:
                continue
            digits = max(runs, key=len)
            telegram = _telegram(bytes.fromhex(digits[len(digits) % 2 :].decode("ascii")))
            if telegram is None:
                self.damaged += 1
            else:
                yield telegram


class Bare:
    """Sticks in transparent mode: one telegram behind the other, each begins with its length."""

    def __init__(self) -> None:
        self.damaged = 0
        self._buffer = b""

    def received(self, data: bytes) -> Iterator[Telegram]:
        """The telegrams that are whole now."""
        self._buffer = (self._buffer + data)[-HELD:]
        while self._buffer:
            try:
                telegram = parse(self._buffer)
            except FrameError:
                self.damaged += 1
                self._buffer = self._buffer[1:]
                continue
            if telegram is None:
                return
            self._buffer = self._buffer[telegram.end :]
            yield telegram

    def silence(self) -> None:
        """Nothing came for a while: what has been begun will not be finished."""
        self.damaged += bool(self._buffer)
        self._buffer = b""


def _telegram(data: bytes) -> Telegram | None:
    try:
        return parse(data)
    except FrameError:
        return None
