"""Sightings: one occurrence each of what a rule of a camera waits for."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from keng_wire.identity import DeviceId, OccurrenceId, UptimeMs
from keng_wire.payload import Strict


class ObjectClass(StrEnum):
    """What a camera sees. Without a detector everything is `unknown`."""

    PERSON = "person"
    VEHICLE = "vehicle"
    ANIMAL = "animal"
    UNKNOWN = "unknown"


class Rule(StrEnum):
    """What a sighting is about."""

    INTRUSION = "intrusion"  # something is in an area where nobody may be: an alarm
    PRESENCE = "presence"  # something is in an area
    LINE = "line"  # something crossed a line
    LOITERING = "loitering"  # one thing stays too long, moving or not
    CROWD = "crowd"  # too many at once


class Step(StrEnum):
    """The steps of one sighting."""

    BEGIN = "begin"
    UPDATE = "update"
    END = "end"


class Direction(StrEnum):
    """Which way something went, as seen in the picture."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


class Sighted(Strict):
    """One step of a sighting, which began `began_ago` ms before the message; `ended_ago` comes with the last step.

    `area` is an area or line of the camera. Without `confidence` only motion was seen. `alarm` is the occurrence of
    the alarm that an intrusion raised. `count` is the most at once so far.
    """

    kind: Literal["sighting"] = "sighting"
    device: DeviceId
    occurrence: OccurrenceId
    step: Step
    rule: Rule
    area: DeviceId
    object_class: ObjectClass
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    began_ago: UptimeMs
    ended_ago: UptimeMs | None = None
    direction: Direction | None = None
    count: Annotated[int, Field(ge=1, le=1000)] = 1
    alarm: OccurrenceId | None = None
