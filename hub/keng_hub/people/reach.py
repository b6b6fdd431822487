"""Reach: how many households have a channel that works, and why each of the others has none."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.subtree import subtree
from keng_hub.people import register
from keng_hub.people.states import ContactState
from keng_hub.tables import channel_test, contact, household


class Unreached(StrEnum):
    """Why nobody of a household can be told."""

    NEVER = "never"  # never joined
    LEFT = "left"
    DEAD = "dead"  # the provider says that nobody is there
    CHANNEL = "channel"  # joined by a channel that this hub does not have any more
    TEST = "test"  # joined by a channel that fails its self-test


class Channels(NamedTuple):
    """The channels that are set up, and those of them that fail their self-test."""

    there: frozenset[str]
    failing: frozenset[str]

    @property
    def working(self) -> frozenset[str]:
        """Those that count."""
        return self.there - self.failing


class Share(NamedTuple):
    """Households that can be told, of all that there are."""

    reached: int
    households: int

    @property
    def percent(self) -> float | None:
        """None where there is no household."""
        return 100 * self.reached / self.households if self.households else None


def channels(connection: Connection, there: Collection[str]) -> Channels:
    """How the channels that are set up did in their last self-test; one that was never tested is not failing."""
    last = sa.select(sa.func.max(channel_test.c.id)).group_by(channel_test.c.channel)
    bad = sa.select(channel_test.c.channel).where(channel_test.c.id.in_(last), sa.not_(channel_test.c.ok))
    return Channels(frozenset(there), frozenset(connection.execute(bad).scalars()) & frozenset(there))


def of_place(connection: Connection, place_id: str, known: Channels) -> Share:
    """The reach of a place and all that lies in it."""
    within = household.c.place.in_(subtree(place_id))
    return share([why for _, why in reasons(connection, within, known)])


def share(reasons: Collection[Unreached | None]) -> Share:
    """Of the reasons why each household is not reached, None for one that is."""
    return Share(sum(one is None for one in reasons), len(reasons))


def reasons(
    connection: Connection, within: sa.ColumnElement[bool], known: Channels
) -> list[tuple[str, Unreached | None]]:
    """Of each household on which `within` is true: its place, and why it is not reached, None for one that is."""
    there = sa.and_(household.c.ended.is_(None), within)
    states = _states(connection, there)
    rows = connection.execute(sa.select(household.c.id, household.c.place).where(there))
    return [(row.place, why(states.get(row.id, []), known)) for row in rows]


def households(
    connection: Connection, within: sa.ColumnElement[bool], known: Channels, words: str = ""
) -> list[dict[str, Any]]:
    """The households of `register.listed`, each with `unreached` and `contacts`: (channel, state)."""
    rows = register.listed(connection, within, words)
    states = _states(connection, sa.and_(household.c.ended.is_(None), within))
    for row in rows:
        row["contacts"] = states.get(row["id"], [])
        row["unreached"] = why(row["contacts"], known)
    return rows


def _states(connection: Connection, there: sa.ColumnElement[bool]) -> dict[int, list[tuple[str, str]]]:
    """Household → (channel, state) of each contact."""
    query = (
        sa.select(contact.c.household, contact.c.channel, contact.c.state)
        .join(household, household.c.id == contact.c.household)
        .where(there)
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for one in connection.execute(query):
        found.setdefault(one.household, []).append((one.channel, one.state))
    return found


def why(contacts: Collection[tuple[str, str]], known: Channels) -> Unreached | None:
    """Of (channel, state) of each contact: None when one of them works, else what is nearest to working."""
    verified = {channel for channel, state in contacts if state == ContactState.VERIFIED.value}
    if verified & known.working:
        return None
    if verified & known.failing:
        return Unreached.TEST
    if verified:
        return Unreached.CHANNEL
    states = {state for _, state in contacts}
    if ContactState.DEAD.value in states:
        return Unreached.DEAD
    return Unreached.LEFT if states else Unreached.NEVER
