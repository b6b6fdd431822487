"""What became of a notice: by channel and state, by group, and who was not reached."""

from collections import Counter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries.states import PENDING, REACHED, AttemptState
from keng_hub.incidents.roll_call import RollCallAnswer
from keng_hub.incidents.subtree import subtree
from keng_hub.tables import attempt, delivery, household, place, recipient, roll_call_answer

_ORDER = [*(state.value for state in PENDING), *(state.value for state in REACHED)]
_GROUPS = ("group", "alley")


class GroupRow(NamedTuple):
    """How many households of a group there are, were written to, got it, saw it, answered, are safe or need help."""

    place: str
    name: str
    households: int = 0
    told: int = 0
    delivered: int = 0
    seen: int = 0
    replied: int = 0
    safe: int = 0
    need_help: int = 0


class Unheard(NamedTuple):
    """A household that this notice did not reach: it has no way, or nothing was accepted."""

    household: int
    label: str
    place_name: str
    told: bool


def by_channel(connection: Connection, notice_id: int) -> dict[str, dict[str, int]]:
    """Channel → state → how many tries."""
    query = (
        sa.select(attempt.c.channel, attempt.c.state, sa.func.count())
        .join(delivery, delivery.c.id == attempt.c.delivery)
        .where(delivery.c.notice == notice_id)
        .group_by(attempt.c.channel, attempt.c.state)
    )
    found: dict[str, dict[str, int]] = {}
    for channel, state, number in connection.execute(query):
        found.setdefault(channel, {})[state] = number
    return found


def best(connection: Connection, notice_id: int) -> dict[int, str]:
    """Household → the furthest state of all its tries; "failed" when none of them is, or may yet be, any good."""
    query = (
        sa.select(recipient.c.household, attempt.c.state)
        .select_from(delivery)
        .join(recipient, recipient.c.id == delivery.c.recipient)
        .outerjoin(attempt, attempt.c.delivery == delivery.c.id)
        .where(delivery.c.notice == notice_id, recipient.c.household.is_not(None))
    )
    found: dict[int, str] = {}
    for home, state in connection.execute(query):
        before = found.get(home, AttemptState.FAILED.value)
        found[home] = max(before, state or before, key=lambda one: _ORDER.index(one) if one in _ORDER else -1)
    return found


def by_group(connection: Connection, notice: sa.Row[Any]) -> list[GroupRow]:
    """The roll-up: a row for each group or alley, in the order of their names."""
    states, said = best(connection, notice.id), _said(connection, notice.incident)
    counted: dict[str, Counter[str]] = {}
    names: dict[str, str] = {}
    for home in homes(connection, notice.scope):
        group = home["group"]
        names[group] = home["group_name"]
        numbers = counted.setdefault(group, Counter())
        numbers["households"] += 1
        state = states.get(home["id"])
        numbers["told"] += state is not None
        for column, at_least in (("delivered", "delivered"), ("seen", "seen"), ("replied", "replied")):
            numbers[column] += state in _ORDER and _ORDER.index(state) >= _ORDER.index(at_least)
        answer = said.get(home["id"])
        numbers["safe"] += answer == RollCallAnswer.SAFE.value
        numbers["need_help"] += answer == RollCallAnswer.NEED_HELP.value
    rows = [GroupRow(key, names[key], **numbers) for key, numbers in counted.items()]
    return sorted(rows, key=lambda row: row.name)


def unheard(connection: Connection, notice: sa.Row[Any], limit: int) -> list[Unheard]:
    """The households of its place that it did not reach."""
    states = best(connection, notice.id)
    good = {*_ORDER}
    rows = [home for home in homes(connection, notice.scope) if states.get(home["id"]) not in good]
    return [Unheard(one["id"], one["label"], one["group_name"], one["id"] in states) for one in rows[:limit]]


def homes(connection: Connection, scope: str) -> list[dict[str, Any]]:
    """The households in a place, each with the `group` (or alley, or what it stands in) around it and its name."""
    places = {
        row.id: row for row in connection.execute(sa.select(place.c.id, place.c.kind, place.c.name, place.c.parent))
    }
    query = sa.select(household.c.id, household.c.label, household.c.place).where(
        household.c.ended.is_(None), household.c.place.in_(subtree(scope))
    )
    found: list[dict[str, Any]] = []
    for row in connection.execute(query.order_by(household.c.id)):
        key: str | None = row.place
        while key in places and places[key].kind not in _GROUPS and places[key].parent is not None:
            key = places[key].parent
        group = places[key or row.place] if places[key or row.place].kind in _GROUPS else places[row.place]
        found.append({"id": row.id, "label": row.label, "group": group.id, "group_name": group.name})
    return found


def _said(connection: Connection, incident_id: int | None) -> dict[int, str]:
    query = sa.select(roll_call_answer.c.household, roll_call_answer.c.answer)
    rows = connection.execute(query.where(roll_call_answer.c.incident == incident_id)).all()
    return {row.household: row.answer for row in rows}
