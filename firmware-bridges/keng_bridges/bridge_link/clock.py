"""Turns a board's milliseconds since boot into the node's time; the board needs no clock."""

from collections import deque

from keng_bridges.moment import Moment

WINDOW_S = 600.0


class BootClock:
    """Offset between a board's `up` and the node's clock: the smallest `receive - up` of the last ten minutes.

    The smallest one belongs to the frame that waited least on its way. It is taken on the node's monotonic
    clock, so that a jump of UTC (a node without a clock battery gets the time) never moves an event.
    """

    def __init__(self) -> None:
        self._offsets: deque[tuple[float, float]] = deque()  # (received, offset), offsets rising

    def observe(self, up_ms: int, now: Moment) -> None:
        """A frame with this `up` arrived now."""
        offset = now.monotonic - up_ms / 1000
        while self._offsets and self._offsets[-1][1] >= offset:
            self._offsets.pop()
        self._offsets.append((now.monotonic, offset))
        while self._offsets[0][0] < now.monotonic - WINDOW_S:
            self._offsets.popleft()

    def when(self, up_ms: int, now: Moment) -> Moment:
        """When the board's clock showed `up_ms`; never later than now, and now if nothing was observed yet."""
        if not self._offsets:
            return now
        return now.ago(max(0.0, now.monotonic - (self._offsets[0][1] + up_ms / 1000)))
