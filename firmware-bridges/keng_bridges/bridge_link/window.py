"""Counts over the last ten minutes, in bounded memory."""

from collections import deque

WINDOW_S = 600.0
BUCKET_S = 10.0


class Window:
    """Two sums over a sliding window: `good` and `bad`."""

    def __init__(self) -> None:
        self._buckets: deque[list[float]] = deque()  # [start, good, bad]

    def add(self, now: float, *, good: int = 0, bad: int = 0) -> None:
        """Count at monotonic second `now`."""
        if not self._buckets or now - self._buckets[-1][0] >= BUCKET_S:
            self._buckets.append([now, 0, 0])
        self._buckets[-1][1] += good
        self._buckets[-1][2] += bad

    def sums(self, now: float) -> tuple[int, int]:
        """(good, bad) of the ten minutes before `now`."""
        while self._buckets and self._buckets[0][0] <= now - WINDOW_S:
            self._buckets.popleft()
        return int(sum(b[1] for b in self._buckets)), int(sum(b[2] for b in self._buckets))
