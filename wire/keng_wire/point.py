"""What is known of a fire point beside its condition: since when and by whom a mark stands, and its proof test."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from keng_wire.conditions import Mark
from keng_wire.identity import OccurrenceId, UnixMs, Words
from keng_wire.payload import Strict

RawFrame = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
"""A frame as it came in: its text, or lower-case hex of bytes that are no text."""
Versions = Annotated[dict[str, Words], Field(max_length=16)]
"""What was tested, name → version: agent, codec, hardware, firmware."""


class ProofMethod(StrEnum):
    """How a person made a point speak. A test button shows that the radio works, not that smoke is found."""

    SMOKE = "smoke"
    HEAT = "heat"
    MAGNET = "magnet"
    BUTTON = "button"
    KEY = "key"


class MarkDetail(Strict):
    """Since when a mark stands and, where a person set it, who, why and until when."""

    mark: Mark
    since: UnixMs | None = None
    by: Words | None = None
    reason: Words | None = None
    until: UnixMs | None = None


class Proof(Strict):
    """The proof test a node holds for a point. `simulated`: of a device that plays, and good for nothing else."""

    test: OccurrenceId
    at: UnixMs
    by: Words
    method: ProofMethod
    simulated: bool = False
