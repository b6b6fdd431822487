"""Changing how long a category waits at a place: what protects life may only be made stricter than it is by itself."""

from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.errors import HubError
from keng_hub.incidents.turn import take_turn
from keng_hub.tables import escalation_policy
from keng_wire.alarm import Category


class Bounds(NamedTuple):
    """The least and the most of each time: seconds, seconds, minutes."""

    first_s: tuple[int, int]
    every_s: tuple[int, int]
    until_min: tuple[int, int]


_LIFE: Final = Bounds(first_s=(10, 60), every_s=(30, 60), until_min=(60, 24 * 60))
BOUNDS: Final = {
    Category.FIRE: _LIFE,
    Category.MEDICAL: _LIFE,
    Category.SECURITY: _LIFE,
    Category.FAULT: Bounds(first_s=(60, 3600), every_s=(600, 24 * 3600), until_min=(60, 7 * 24 * 60)),
}
"""Faster than these a round would begin before anybody could have answered the one before."""


class Policy(NamedTuple):
    """What a policy says, in the units of its row."""

    first_s: int
    every_s: int
    until_min: int


class PolicyRefused(HubError):
    """`field` is out of its bounds."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def keep(
    connection: Connection, place_id: str | None, category: Category, policy: Policy, account_id: int, now: int
) -> None:
    """Set the policy of a place, None for the whole village; due times that stand stay. Raises `PolicyRefused`."""
    bounds = BOUNDS[category]
    for field, value in policy._asdict().items():
        least, most = getattr(bounds, field)
        if not least <= value <= most:
            raise PolicyRefused(field)
    take_turn(connection)  # two rows without a place would not be refused by the database
    values = policy._asdict() | {"account": account_id, "changed": now}
    changed = connection.execute(sa.update(escalation_policy).where(_of(place_id, category)).values(**values))
    if changed.rowcount == 0:
        connection.execute(sa.insert(escalation_policy).values(place=place_id, category=category.value, **values))


def drop(connection: Connection, place_id: str | None, category: Category) -> None:
    """Let the next place above decide again, in the end the constant."""
    take_turn(connection)
    connection.execute(sa.delete(escalation_policy).where(_of(place_id, category)))


def _of(place_id: str | None, category: Category) -> sa.ColumnElement[bool]:
    return sa.and_(escalation_policy.c.place.is_not_distinct_from(place_id), escalation_policy.c.category == category)
