"""When nobody acknowledges: how long each category waits, how often it is said again, and for how long.

The nearest policy on the way from a place up to the whole village decides (`policies.py`); where there is none, the
constant does.
"""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries.states import LIFE_MS
from keng_hub.incidents.normalise import path
from keng_hub.tables import escalation_policy
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


def rule(connection: Connection, category: str, place_id: str | None) -> Rule | None:
    """The times for incidents of `category` at this place; None for a category that is never escalated."""
    return rule_and_place(connection, category, place_id)[0]


def rule_and_place(
    connection: Connection, category: str, place_id: str | None
) -> "tuple[Rule | None, sa.Row[tuple[object, ...]] | None]":
    """As `rule`, with the row of the policy; None in its stead where the constant applies."""
    usual = ESCALATION.get(Category(category))
    if usual is None:
        return None, None
    rows = connection.execute(sa.select(escalation_policy).where(escalation_policy.c.category == category)).all()
    if not rows:
        return usual, None
    there = {row.place: row for row in rows}
    for key in [*(key for key, _ in path(connection, place_id)), None]:
        if (row := there.get(key)) is not None:
            return Rule(row.first_s * _SECOND, row.every_s * _SECOND, row.until_min * 60 * _SECOND), row
    return usual, None
