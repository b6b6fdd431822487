"""When nobody acknowledges: how long each category waits, how often it is said again, and for how long."""

from typing import NamedTuple

from keng_hub.deliveries.states import LIFE_MS
from keng_wire.alarm import Category

_SECOND = 1000


class Rule(NamedTuple):
    """Times in ms: until the second tier is told, between further rounds, and until it is given up."""

    first_ms: int
    every_ms: int
    until_ms: int


ESCALATION: dict[Category, Rule] = {
    Category.FIRE: Rule(60 * _SECOND, 60 * _SECOND, LIFE_MS[Category.FIRE]),
    Category.MEDICAL: Rule(60 * _SECOND, 60 * _SECOND, LIFE_MS[Category.MEDICAL]),
    Category.SECURITY: Rule(60 * _SECOND, 60 * _SECOND, LIFE_MS[Category.SECURITY]),
    Category.FAULT: Rule(600 * _SECOND, 3600 * _SECOND, LIFE_MS[Category.FAULT]),
}
"""A fault keeps until somebody had time to look; information is never escalated."""
