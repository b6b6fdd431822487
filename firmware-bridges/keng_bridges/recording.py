"""What a recorded piece of a conversation says, frame by frame, in one form for every language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from keng_bridges.values import Measurement, PointReport


@dataclass(frozen=True, slots=True)
class Decoded:
    """One undamaged frame that begins at byte `offset` of the recording.

    `device` is who says it, in the language's own words (meter serial, DevEUI, account). `at` is the frame's own time,
    without a zone when it gave none. `facts` are what the language says besides, as JSON values.
    """

    offset: int
    device: str | None = None
    at: datetime | None = None
    measurements: tuple[Measurement, ...] = ()
    points: tuple[PointReport, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Damaged:
    """Bytes from `offset` on that are no whole, undamaged frame; nothing in them is a value.

    `facts` are for diagnosis only: what a person wants to know of a frame that fails its check.
    """

    offset: int
    error: str
    facts: Mapping[str, object] = field(default_factory=dict[str, object])


class Recording(Protocol):
    """What each language offers under `RECORDINGS`."""

    def __call__(self, data: bytes) -> Iterator[Decoded | Damaged]:
        """All frames in `data`, oldest first. Raises nothing, whatever the bytes."""
        ...
