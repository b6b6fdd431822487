"""Which event numbers of the current boot were taken, so that a repeat is acknowledged and not told twice."""

from collections.abc import Iterable

LIMIT = 1000


class Seen:
    """Numbers of one boot; `finished` ones are committed. Bounded: the oldest finished number goes first."""

    def __init__(self, done: Iterable[int] = ()) -> None:
        self._numbers: dict[int, bool] = dict.fromkeys(done, True)

    def known(self, number: int) -> bool:
        """Whether this event was taken before."""
        return number in self._numbers

    def finished(self, number: int) -> bool:
        """Whether it was committed."""
        return self._numbers.get(number, False)

    def begin(self, number: int) -> None:
        """The event is taken for the first time."""
        self._numbers[number] = False
        if len(self._numbers) > LIMIT:
            del self._numbers[next((n for n, done in self._numbers.items() if done), next(iter(self._numbers)))]

    def finish(self, number: int) -> None:
        """The event is committed."""
        self._numbers[number] = True

    def forget(self, number: int) -> None:
        """The event could not be committed; its next repeat is new."""
        self._numbers.pop(number, None)

    def done(self) -> tuple[int, ...]:
        """All committed numbers still remembered."""
        return tuple(number for number, done in self._numbers.items() if done)
