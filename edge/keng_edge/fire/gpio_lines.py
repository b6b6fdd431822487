"""Input lines of a GPIO chip, by the kernel's character device."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from keng_edge.gpio_chip import library, request


class Lines(Protocol):
    """Requested lines."""

    def levels(self) -> Mapping[str, bool]:
        """Line → whether its contact is closed, as it is now."""
        ...

    def fileno(self) -> int:
        """Readable when a line has changed."""
        ...

    def drain(self) -> None:
        """Forget the changes that have waited."""
        ...

    def close(self) -> None:
        """Give the lines back."""
        ...


class Chips(Protocol):
    """The GPIO chips of the machine."""

    def request(self, chip: str, lines: Sequence[str], closed: str) -> Lines:
        """Take these lines as inputs with both edges watched; OSError if there are none of that name."""
        ...


class Gpiod:
    """The real chips. A closed contact pulls a line `low` against its pull-up, or `high` against its pull-down."""

    def request(self, chip: str, lines: Sequence[str], closed: str) -> Lines:
        """By the names of the lines."""
        gpiod = library()
        line = gpiod.line
        settings = gpiod.LineSettings(
            direction=line.Direction.INPUT,
            edge_detection=line.Edge.BOTH,
            bias=line.Bias.PULL_UP if closed == "low" else line.Bias.PULL_DOWN,
            active_low=closed == "low",
        )
        return _GpiodLines(request(chip, lines, settings), list(lines), line.Value.ACTIVE)


class _GpiodLines:
    def __init__(self, taken: Any, names: list[str], active: object) -> None:
        self._taken, self._names, self._active = taken, names, active

    def levels(self) -> Mapping[str, bool]:
        values = self._taken.get_values(self._names)
        return {name: value == self._active for name, value in zip(self._names, values, strict=True)}

    def fileno(self) -> int:
        return int(self._taken.fd)

    def drain(self) -> None:
        if self._taken.wait_edge_events(0):
            self._taken.read_edge_events()

    def close(self) -> None:
        self._taken.release()
