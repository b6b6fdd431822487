"""A clip in the making: what the ring held, and what has come since."""

from dataclasses import dataclass, field

from keng_edge.cameras.evidence.ring import Form, Kept

AFTER_MS = 5_000
LIMIT = 16_000_000
"""Bytes of one clip, in memory until it is written."""


@dataclass(slots=True)
class Recording:
    """The packets of one occurrence; `longest_ms` is how long it may last, before and after included."""

    occurrence: str
    form: Form
    packets: list[Kept]
    longest_ms: int
    until: int | None = None
    """Uptime, ms, at which it is long enough; None while it goes on."""
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = sum(len(packet.data) for packet in self.packets)

    def add(self, packet: Kept) -> bool:
        """Take one more; False when the recording is over without it."""
        too_long = bool(self.packets) and packet.up - self.packets[0].up > self.longest_ms
        over = self.until is not None and packet.up > self.until
        if too_long or over or self.size + len(packet.data) > LIMIT:
            return False
        self.packets.append(packet)
        self.size += len(packet.data)
        return True

    def end(self, now: int) -> None:
        """It is over at the place; some seconds more are kept."""
        self.until = now + AFTER_MS
