"""Points whose time is over: they must be replaced, and say so until they are."""

from collections.abc import Iterable

from keng_edge.clock import Clock
from keng_wire.conditions import ClockQuality, Mark
from keng_wire.event import DeviceInfo
from keng_wire.point import MarkDetail


class Lifetimes:
    """By the inventory of the node. Nothing is over while the clock cannot be trusted."""

    def __init__(self, inventory: Iterable[DeviceInfo], clock: Clock) -> None:
        self._clock = clock
        self._ends = {info.device: info.end_of_life for info in inventory if info.end_of_life is not None}
        self._told: set[str] = set()

    def detail(self, device: str) -> MarkDetail | None:
        """The mark of a device whose time is over, since when."""
        end = self._ends.get(device)
        if end is None or self._clock.quality() is ClockQuality.UNKNOWN or self._clock.utc_ms() < end:
            return None
        return MarkDetail(mark=Mark.END_OF_LIFE, since=end)

    def turned(self) -> list[str]:
        """The devices whose mark came or went since the last call."""
        over = {device for device in self._ends if self.detail(device) is not None}
        turned, self._told = over ^ self._told, over
        return sorted(turned)
