"""An RS-485 line with Modbus devices on it, as slow as the real one: each character takes its time, on a pty."""

import os
import select
import time
import tty
from collections.abc import Callable, Mapping

from keng_bridges.checksums import crc16_modbus

BAUD = 9600
CHARACTER_S = 10 / BAUD  # 8N1
SILENCE = 3.5  # characters between two frames, by the standard
PIECE = 8  # characters that a converter hands over at once
REQUEST = 8


class Wire:
    """`inputs` are the discrete inputs of the units that have some; the units in `dead` answer nothing.

    `least` is the arithmetic minimum of what passed so far, in seconds: all characters and the silences that the
    standard asks for. `early` counts frames that came before their silence was over.
    """

    def __init__(self, inputs: Mapping[int, list[int]] | None = None, dead: frozenset[int] = frozenset()) -> None:
        self.inputs, self.dead = dict(inputs or {}), dead
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self.least = self.begun = self.ended = 0.0
        self.asked: dict[int, int] = {}  # unit → requests
        self.early = 0

    def serve(self, until: Callable[[], bool], seconds: float) -> None:
        """Be the line until the condition holds or time is up."""
        deadline = time.monotonic() + seconds
        while not until() and time.monotonic() < deadline:
            if select.select([self._master], [], [], 0.05)[0]:
                self._request(os.read(self._master, 256), time.monotonic())

    def close(self) -> None:
        """Pull the cable."""
        os.close(self._master)
        os.close(self._slave)

    def _request(self, data: bytes, now: float) -> None:
        if len(data) != REQUEST:
            return
        self.begun = self.begun or now
        self.early += now < self.ended + (SILENCE - 0.5) * CHARACTER_S
        unit = data[0]
        self.asked[unit] = self.asked.get(unit, 0) + 1
        self.ended = now + REQUEST * CHARACTER_S
        self.least += (REQUEST + SILENCE) * CHARACTER_S
        if unit not in self.dead:
            self._answer(self._frame(unit, data[1], int.from_bytes(data[4:6], "big")))

    def _frame(self, unit: int, function: int, count: int) -> bytes:
        bits = self.inputs.get(unit, [])
        data = bytes([sum(bit << n for n, bit in enumerate(bits))]) if function == 2 else bytes(2 * count)
        body = bytes([unit, function, len(data)]) + data
        return body + crc16_modbus(body).to_bytes(2, "little")

    def _answer(self, frame: bytes) -> None:
        begun = self.ended + SILENCE * CHARACTER_S
        for sent in range(0, len(frame), PIECE):
            piece = frame[sent : sent + PIECE]
            time.sleep(max(0.0, begun + (sent + len(piece)) * CHARACTER_S - time.monotonic()))
            os.write(self._master, piece)
        self.ended = begun + len(frame) * CHARACTER_S
        self.least += (len(frame) + SILENCE) * CHARACTER_S
