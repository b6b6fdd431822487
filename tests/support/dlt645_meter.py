"""A DL/T645 meter of either version behind a pseudo-terminal, with habits that the library's slave does not have."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from keng_bridges.dlt645 import ANYBODY, Frame, frames, identifier, seal
from keng_demo.line import Line

VALUES: dict[str, str] = {
    "0001FF00": "56341200 00001000 00341200 00000100 22000000",
    "0201FF00": "0123 FFFF FFFF",
    "0202FF00": "004500 FFFFFF FFFFFF",
    "02030000": "450301",
    "02030100": "450301",
    "9010": "56341200",
    "B611": "3002",
}
"""Identifier → data bytes as they travel, low byte first."""


class Dlt645Meter:
    """`with Dlt645Meter() as meter: meter.path`. `spoilt` answers carry a wrong sum; `part` bytes fit into a frame.

    With `ahead_h` it has a clock, so many hours ahead.
    """

    def __init__(
        self, address: str = "202600000123", *, old: bool = False, part: int = 200, echo: bool = False
    ) -> None:
        self.address, self.spoilt, self.silent, self.ahead_h = address, 0, False, 0
        self.frozen: dict[str, str] = {}
        self.asked: list[Frame] = []
        self.line = Line(self._received)
        self._old, self._part, self._echo = old, part, echo
        self._buffer = b""

    @property
    def path(self) -> str:
        """The port that the node opens."""
        return self.line.path

    def __enter__(self) -> "Dlt645Meter":
        self.line.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()

    def freeze(self, hours: Sequence[datetime]) -> None:
        """Keep these full hours, newest first; the register of an hour is its day and hour."""
        self.frozen = {}
        for number, hour in enumerate(hours, 1):
            self.frozen[f"050400{number:02X}"] = bytes.fromhex(f"{hour:%y%m%d%H%M}")[::-1].hex()
            self.frozen[f"050401{number:02X}"] = bytes.fromhex(f"{hour:00%d%H00}")[::-1].hex()

    def _received(self, data: bytes) -> None:
        if self._echo:
            self.line.write(data)
        self._buffer += data
        for frame in frames(self._buffer):
            self._buffer = b""
            self.asked.append(frame)
            if frame.address in (self.address, ANYBODY) and not self.silent:
                self._answer(frame)

    def _answer(self, frame: Frame) -> None:
        if frame.function == 0x13 and not self._old:
            return self._send(0x93, bytes.fromhex(self.address)[::-1])
        size = 2 if self._old else 4
        values = VALUES | self.frozen | (self._now() if self.ahead_h else {})
        data = bytes.fromhex(values.get(identifier(frame), "")) if (len(identifier(frame)) == 2 * size) else b""
        if not data:
            return self._send(0xC1 if self._old else 0xD1, b"\x02") if frame.function != 0x13 else None
        following = frame.function in (0x12, 0x02)
        number = (frame.data[-1] if not self._old else len(self.asked) - 1) if following else 0
        piece = data[number * self._part : (number + 1) * self._part]
        more = 0x20 if (number + 1) * self._part < len(data) else 0
        tail = bytes([number]) if following and not self._old else b""
        return self._send(frame.control | 0x80 | more, frame.data[:size] + piece + tail)

    def _now(self) -> dict[str, str]:
        now = datetime.now(timezone(timedelta(hours=7))) + timedelta(hours=self.ahead_h)
        day, time = f"{now:%y%m%d}{now.isoweekday() % 7:02}", f"{now:%H%M%S}"
        return {"04000101": bytes.fromhex(day)[::-1].hex(), "04000102": bytes.fromhex(time)[::-1].hex()}

    def _send(self, control: int, data: bytes) -> None:
        answer = bytearray(b"\xfe\xfe" + seal(control, self.address, data))
        if self.spoilt:
            self.spoilt -= 1
            answer[-2] ^= 1
        self.line.write(bytes(answer))
