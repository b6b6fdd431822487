"""Bells, sirens, lamps and speakers: kind → class, imported when one is configured."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, cast, runtime_checkable

from keng_edge.clock import Clock
from keng_edge.faults import Faults
from keng_edge.patterns import PatternKey

KINDS: Final[dict[str, str]] = {
    "bridge": "keng_edge.outputs.bridge:Bridge",
    "gpio": "keng_edge.outputs.gpio:Gpio",
    "program": "keng_edge.outputs.program:Program",
    "log": "keng_edge.outputs.log:Log",
    "speaker": "keng_edge.outputs.speaker:Speaker",
}


class Output(Protocol):
    """Something that can be heard or seen, made as `Class(section, surroundings)`."""

    async def switch(self, on: bool) -> None:
        """Switch it; off when it is off already must do no harm. OutputError says why it did not happen."""
        ...


@runtime_checkable
class Tuned(Protocol):
    """An output that sounds different for different calls."""

    def tune(self, pattern: PatternKey) -> None:
        """The call that the next `switch(True)` belongs to."""
        ...


class Announcement(NamedTuple):
    """What a speaker says: the call, the place in words, whether it is a drill, and a text in place of its phrase."""

    pattern: PatternKey
    place: str | None = None
    drill: bool = False
    text: str | None = None


@runtime_checkable
class Speaking(Protocol):
    """An output with words."""

    def announce(self, announcement: Announcement) -> None:
        """What the next `switch(True)` says."""
        ...


class Board(Protocol):
    """A bridge board that can be told to switch something."""

    async def set(self, point: str, value: int, auto_off_ms: int | None = None) -> None:
        """Switch a point of the board and wait for its answer; OutputError if it refuses or says nothing."""
        ...


class Surroundings(NamedTuple):
    """What outputs may use of the node: its clock, its boards by id, its folder, its places in words, its faults."""

    clock: Clock
    boards: Mapping[str, Board]
    data: Path = Path()
    places: tuple[str, ...] = ()
    faults: Faults | None = None


def make(kind: str, section: object, surroundings: Surroundings) -> Output:
    """The output of one `[[outputs]]` entry."""
    module, _, name = KINDS[kind].partition(":")
    made: Any = getattr(import_module(module), name)(section, surroundings)
    return cast("Output", made)
