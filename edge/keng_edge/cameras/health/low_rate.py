"""Low rate and a corrupt stream: too few pictures come, or too many of them are damaged. Counted by the source."""

from collections import deque

from keng_edge.cameras.frame import Frame, Tally

WINDOW_S = 20.0
BROKEN_SHARE = 0.1
LEAST_BROKEN = 5


class Rate:
    """The counts of the last twenty seconds."""

    def __init__(self, least: float) -> None:
        self._least = least
        self._counts: deque[tuple[float, Tally]] = deque()
        self._fed = 0

    def feed(self, frame: Frame) -> None:
        """Take the count of a frame in; a source that does not count is counted by what is fed."""
        self._fed += 1
        tally = frame.tally or Tally(self._fed)
        if self._counts and (tally.pictures < self._counts[-1][1].pictures or frame.at < self._counts[-1][0]):
            self._counts.clear()  # the source was opened anew
        if not self._counts or frame.at - self._counts[-1][0] >= 0.5:
            self._counts.append((frame.at, tally))
        while self._counts and frame.at - self._counts[0][0] > WINDOW_S:
            self._counts.popleft()

    @property
    def low(self) -> bool:
        """Whether fewer than the least number of pictures came in a second."""
        seconds, whole, _ = self._window()
        # One picture more or less is a matter of where the window begins.
        return seconds >= WINDOW_S / 2 and whole + 1 < self._least * seconds

    @property
    def corrupt(self) -> bool:
        """Whether a tenth of the pictures is damaged."""
        _, whole, broken = self._window()
        return broken >= LEAST_BROKEN and broken > BROKEN_SHARE * (whole + broken)

    def _window(self) -> tuple[float, int, int]:
        if len(self._counts) < 2:
            return 0.0, 0, 0
        (begin, first), (end, last) = self._counts[0], self._counts[-1]
        return end - begin, last.pictures - first.pictures, last.broken - first.broken
