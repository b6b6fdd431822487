"""What neighbours say to each other: one JSON object a line; bytes in, values out."""

from enum import StrEnum
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from keng_edge.patterns import PatternKey
from keng_wire.identity import DeviceId, OccurrenceId

VERSION = 1
LINE_LIMIT = 16_384
"""Bytes of one line with its end."""
ALARM_LIMIT = 50


class Standing(StrEnum):
    """How an alarm of the speaker stands now."""

    RINGING = "ringing"
    SILENCED = "silenced"
    RESET = "reset"


Call = Literal[PatternKey.FIRE, PatternKey.SOS, PatternKey.SECURITY, PatternKey.DRILL]
"""The calls that a neighbour may ask for."""


class _Line(BaseModel):
    """Unknown keys are passed over, so that a newer neighbour is still understood."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    v: Annotated[int, Field(ge=1)] = VERSION
    number: Annotated[int, Field(ge=1, le=2**53)]


class Shared(BaseModel):
    """One alarm of the speaker in one zone that we share."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    occurrence: OccurrenceId
    zone: DeviceId
    call: Call
    standing: Standing
    drill: bool = False
    holds: bool = True
    """Whether a source holds or may hold: after an auto-off only that begins again."""


class Told(_Line):
    """Everything of the speaker that concerns the listener; it replaces what was told before."""

    alarms: Annotated[tuple[Shared, ...], Field(max_length=ALARM_LIMIT)] = ()


class Heard(_Line):
    """The answer: the line of that number was heard and is in force."""


class BadLine(ValueError):
    """A line that cannot be taken."""


AnyLine = TypeVar("AnyLine", Told, Heard)


def line(said: Told | Heard) -> bytes:
    """The bytes of one line."""
    return said.model_dump_json().encode() + b"\n"


def read(kind: type[AnyLine], data: bytes) -> AnyLine:
    """One whole line; BadLine if it is too long, cut off, or not what it should be."""
    if len(data) > LINE_LIMIT or not data.endswith(b"\n"):
        raise BadLine("too long, or without its end")
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise BadLine(f"{'.'.join(map(str, first['loc'])) or 'line'}: {first['msg']}") from None
