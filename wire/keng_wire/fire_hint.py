"""Hints of fire in a camera's picture. They are no alarm: nothing rings for one."""

from enum import StrEnum
from typing import Literal

from keng_wire.identity import DeviceId, OccurrenceId, UptimeMs
from keng_wire.payload import Strict


class FireSign(StrEnum):
    """What it looks like. Smoke is the weaker sign."""

    FLAMES = "flames"
    SMOKE = "smoke"


class FireHinted(Strict):
    """It begins (`active`) to look like fire in a camera's picture, or does so no longer; both name one occurrence.

    `ago` is ms from the first look that led to it, or the last one that did, to the message.
    """

    kind: Literal["fire_hint"] = "fire_hint"
    device: DeviceId
    occurrence: OccurrenceId
    active: bool
    sign: FireSign = FireSign.FLAMES
    ago: UptimeMs = 0
    zone: DeviceId | None = None
