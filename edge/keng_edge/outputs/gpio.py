"""A relay on a pin of the Raspberry Pi, by gpiod; found by chip label and line name, which survive a new model."""

from collections.abc import Sequence
from typing import Any, Protocol, cast

from keng_edge.config import GpioOutput
from keng_edge.errors import OutputError
from keng_edge.gpio_chip import library, request
from keng_edge.outputs import Surroundings


class Line(Protocol):
    """A requested output line."""

    def set(self, on: bool) -> None:
        """Drive it."""
        ...


class Chips(Protocol):
    """The GPIO chips of the machine."""

    def request(self, chip: str, line: str, active_low: bool) -> Line:
        """Take the line called `line` of the chip labelled `chip`, inactive; OSError if there is none."""
        ...


class Gpio:
    """One line, driven active for "on"."""

    def __init__(self, section: GpioOutput, surroundings: Surroundings, chips: Chips | None = None) -> None:
        self._section = section
        self._chips = chips
        self._line: Line | None = None

    async def switch(self, on: bool) -> None:
        """Drive the line; it is requested at first use, and again after an error."""
        section = self._section
        try:
            if self._line is None:
                self._line = (self._chips or Gpiod()).request(section.chip, section.line, section.active_low)
            self._line.set(on)
        except OSError as error:
            self._line = None
            raise OutputError(f"GPIO {section.chip}/{section.line}: {error.strerror or error}") from None


class Gpiod:
    """The real chips; the extra `gpio` must be installed."""

    def request(self, chip: str, line: str, active_low: bool) -> Line:
        """By the name of the line."""
        gpiod = library()
        direction, off = gpiod.line.Direction.OUTPUT, gpiod.line.Value.INACTIVE
        settings = gpiod.LineSettings(direction=direction, output_value=off, active_low=active_low)
        return _GpiodLine(request(chip, [line], settings), line, (off, gpiod.line.Value.ACTIVE))


class _GpiodLine:
    def __init__(self, request: object, line: str, values: Sequence[object]) -> None:
        self._request, self._line, self._values = cast("Any", request), line, values

    def set(self, on: bool) -> None:
        self._request.set_value(self._line, self._values[on])
