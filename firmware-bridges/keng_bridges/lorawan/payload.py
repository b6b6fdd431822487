"""What a LoRaWAN device says in the bytes of one uplink, in one form for all models."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from keng_bridges.values import Condition, Mark, Measurement


@dataclass(frozen=True, slots=True)
class Payload:
    """One payload of one device.

    `cleared` are the marks that the device says are *not* there; a mark in neither set was not mentioned. `period_h`
    is how often it promises to speak, in hours, None if it does not say. A `condition` of None says nothing of it.
    """

    condition: Condition | None = None
    marks: frozenset[Mark] = frozenset()
    cleared: frozenset[Mark] = frozenset()
    measurements: tuple[Measurement, ...] = ()
    detail: str | None = None
    period_h: int | None = None
    facts: Mapping[str, object] = field(default_factory=dict[str, object])


class Codec(Protocol):
    """A model: a module with these two functions."""

    def looks_like(self, data: bytes) -> bool:
        """Whether these bytes can be this model's; for recordings of which nobody says what they are."""
        ...

    def decode(self, data: bytes) -> Payload:
        """What the payload says; raises `FrameError`. The network has checked the bytes (MIC) before."""
        ...


def said(flags: Mapping[Mark, bool]) -> tuple[frozenset[Mark], frozenset[Mark]]:
    """Marks that are there and marks that are said not to be."""
    marks = frozenset(mark for mark, there in flags.items() if there)
    return marks, frozenset(flags) - marks


def signed(byte: int) -> int:
    """A byte as a number from -128 to 127."""
    return byte - 256 if byte > 127 else byte
