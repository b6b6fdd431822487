"""How closely a device is supervised, from the pauses between its signs of life."""

from typing import Final, Literal

Class = Literal["A", "B", "C", "U"]

LIMITS_S: Final[dict[Class, float]] = {"A": 100, "B": 7_200, "C": 90_000}
"""A loss is shown within so many seconds; class U promises nothing."""


def class_of(seconds: float) -> Class:
    """The class of a device whose loss shows within `seconds`."""
    for letter, limit in LIMITS_S.items():
        if seconds <= limit:
            return letter
    return "U"


class Pauses:
    """The pauses between signs of life (ms since boot), bounded by the configured deadline (ms).

    The longest of the last one to two windows counts, each as long as the deadline; before one whole window was seen
    nothing is known but the deadline.
    """

    def __init__(self, deadline: int) -> None:
        self._deadline = deadline
        self._last: int | None = None
        self._begun = 0
        self._current = 0
        self._before: int | None = None

    def heard(self, now: int) -> None:
        """A sign of life."""
        if self._last is None:
            self._begun = now
        else:
            self._current = max(self._current, min(now - self._last, self._deadline))
        self._last = now
        if now - self._begun >= self._deadline:
            self._before, self._current, self._begun = self._current, 0, now

    @property
    def longest(self) -> int | None:
        """The longest recent pause; None while too little was heard."""
        return None if self._before is None else max(self._before, self._current)

    @property
    def letter(self) -> Class:
        """The class: a loss is only certain when a second sign of life failed to come, so twice the pause counts."""
        longest = self.longest
        return class_of((self._deadline if longest is None else min(self._deadline, 2 * longest)) / 1000)

    @property
    def limit(self) -> int:
        """The silence (ms) after which the device is lost, so that the letter holds."""
        limit = LIMITS_S.get(self.letter)
        return self._deadline if limit is None else min(self._deadline, round(limit * 1000))
