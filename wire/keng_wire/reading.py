"""The body of readings: measured values, many to a message."""

from enum import StrEnum
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from keng_wire.event import Gap
from keng_wire.identity import DeviceId, QuantityName
from keng_wire.payload import Strict

BATCH_LIMIT = 500
"""Most readings in one message."""

OFFSET_LIMIT = 604_800_000
"""Furthest that a reading may lie from its message's `at`, in ms: seven days."""


class Quality(StrEnum):
    """How a value came about, one letter on the wire."""

    MEASURED = "m"
    SUSPECT = "s"
    ESTIMATED = "e"


class Reading(NamedTuple):
    """One value, an array of five on the wire.

    `offset` is in ms relative to the message's `at` (mostly negative: the message is made after the reading).
    `value` is in the unit of `quantities.UNITS`; a decimal of up to 15 significant digits survives exactly.
    """

    device: DeviceId
    quantity: QuantityName
    offset: Annotated[int, Field(ge=-OFFSET_LIMIT, le=OFFSET_LIMIT)]
    value: Annotated[float, Field(allow_inf_nan=False)]
    quality: Quality = Quality.MEASURED


class Readings(Strict):
    """A batch of readings."""

    kind: Literal["readings"] = "readings"
    rows: Annotated[list[Reading], Field(min_length=1, max_length=BATCH_LIMIT)]


ReadingBody = Annotated[Readings | Gap, Field(discriminator="kind")]
