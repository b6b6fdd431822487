"""The last seconds of a camera's compressed video, bounded in bytes, from a picture on that needs no other one."""

from collections import deque
from dataclasses import dataclass
from fractions import Fraction

LIMIT = 8_000_000
BEFORE_S = 5.0


@dataclass(frozen=True, slots=True)
class Form:
    """What packets are of. `opening` is a NUT file of one packet: it says all that a decoder or muxer must know."""

    codec: str
    width: int
    height: int
    time_base: Fraction
    opening: bytes
    parameters: bytes = b""
    """How the stream itself describes its pictures, where it does; with others these are other pictures."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One packet. Times are in ticks of the form's `time_base` and may be missing; `up` is when it came, in ms."""

    data: bytes
    pts: int | None
    dts: int | None
    key: bool
    up: int


class Ring:
    """Whole groups of pictures: at least `seconds` where `limit` bytes allow it."""

    def __init__(self, limit: int = LIMIT, seconds: float = BEFORE_S) -> None:
        self._limit, self._ms = limit, seconds * 1000
        self._groups: deque[list[Kept]] = deque()
        self.size = 0
        """Bytes."""

    def put(self, packet: Kept) -> None:
        """Add a packet; what hangs on a keyframe that is not here is of no use."""
        if packet.key:
            self._groups.append([packet])
        elif self._groups:
            self._groups[-1].append(packet)
        else:
            return
        self.size += len(packet.data)
        while self._groups and (self.size > self._limit or self._old(packet.up)):
            self.size -= sum(len(one.data) for one in self._groups.popleft())

    def packets(self) -> list[Kept]:
        """From the oldest keyframe on."""
        return [packet for group in self._groups for packet in group]

    def clear(self) -> None:
        """Another stream begins."""
        self._groups.clear()
        self.size = 0

    def _old(self, now: int) -> bool:
        return len(self._groups) > 1 and now - self._groups[1][0].up >= self._ms
