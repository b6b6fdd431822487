"""The two tiers of groups: villages and the groups or alleys in them, each with who leads it and its group channels."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.people import reach, sorting
from keng_hub.people.errors import Refused
from keng_hub.people.reach import Channels, Unreached, share
from keng_hub.people.ways import GROUPS
from keng_hub.tables import account, group_channel, household, place, recipient
from keng_hub.upsert import insert

LEADS: Final = {"village": "village_head", "group": "group_head", "alley": "group_head"}
"""Kind of place → the role whose account at that place leads it."""


def tree(connection: Connection, within: sa.ColumnElement[bool], known: Channels) -> list[dict[str, Any]]:
    """The places with households, outermost first, each with `depth`, `leaders`, `share`, `own` and `channels`.

    `within` is a condition on `place`; `own` counts the households that hang on the place itself.
    """
    query = sa.select(place).where(place.c.valid_to.is_(None), place.c.kind != "premises", within)
    places = {row["id"]: dict(row) for row in connection.execute(query).mappings()}
    parents = {row.id: row.parent for row in connection.execute(sa.select(place.c.id, place.c.parent))}
    mine = sa.select(place.c.id).where(within)
    reasons: dict[str, list[Unreached | None]] = {}
    own: dict[str, int] = {}
    for at, whys in _by_place(reach.reasons(connection, household.c.place.in_(mine), known)).items():
        up = _upwards(at, parents)
        first = next((key for key in up if key in places), None)
        if first is not None:
            own[first] = own.get(first, 0) + len(whys)
        for key in up:
            reasons.setdefault(key, []).extend(whys)
    leaders, groups = _leaders(connection), channels_of(connection)
    for key, row in places.items():
        row |= {"share": share(reasons.get(key, [])), "own": own.get(key, 0)}
        row |= {"leaders": leaders.get((key, LEADS.get(row["kind"], "")), []), "channels": groups.get(key, [])}
    return _ordered(places)


def channels_of(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """The group channels of each place."""
    query = sa.select(group_channel).where(group_channel.c.ended.is_(None)).order_by(group_channel.c.id)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["place"], []).append(dict(row))
    return found


def add_channel(connection: Connection, place_id: str, channel: str, address: str, name: str, now: int) -> int:
    """Tell a group's own chat as well, as a recipient of tier 0; its id. Refused: "no_place", "doubled", "channel"."""
    if channel not in GROUPS:
        raise Refused("channel")
    address = GROUPS[channel] + address.removeprefix(GROUPS[channel])
    if not connection.scalar(sa.select(sa.exists().where(place.c.id == place_id, place.c.valid_to.is_(None)))):
        raise Refused("no_place")
    there = sa.select(
        sa.exists().where(
            group_channel.c.channel == channel, group_channel.c.address == address, group_channel.c.ended.is_(None)
        )
    )
    if connection.scalar(there):
        raise Refused("doubled")
    made = sa.insert(group_channel).values(place=place_id, channel=channel, address=address, name=name, added=now)
    key = int(connection.execute(made.returning(group_channel.c.id)).scalar_one())
    ladder = [{"channel": channel, "address": address, "after_s": 0}]
    values = {"name": name, "tier": 0, "categories": [], "place": place_id, "ladder": ladder, "active": True}
    connection.execute(insert(connection, recipient).values(id=recipient_id(key), **values))
    return key


def end_channel(connection: Connection, group_id: int, now: int) -> None:
    """The group is not told any more."""
    connection.execute(sa.update(group_channel).where(group_channel.c.id == group_id).values(ended=now))
    connection.execute(sa.update(recipient).where(recipient.c.id == recipient_id(group_id)).values(active=False))


def recipient_id(group_id: int) -> str:
    """The id of a group channel's row among the recipients."""
    return f"nhom-{group_id}"


def _by_place(reasons: list[tuple[str, Unreached | None]]) -> dict[str, list[Unreached | None]]:
    found: dict[str, list[Unreached | None]] = {}
    for at, why in reasons:
        found.setdefault(at, []).append(why)
    return found


def _leaders(connection: Connection) -> dict[tuple[str, str], list[str]]:
    query = sa.select(account.c.place, account.c.role, account.c.full_name).where(
        account.c.place.is_not(None), account.c.role.in_(set(LEADS.values())), sa.not_(account.c.disabled)
    )
    found: dict[tuple[str, str], list[str]] = {}
    for row in connection.execute(query.order_by(account.c.id)):
        found.setdefault((row.place, row.role), []).append(row.full_name)
    return found


def _upwards(place_id: str | None, parents: dict[str, str | None]) -> list[str]:
    found: list[str] = []
    while place_id is not None and place_id not in found:
        found.append(place_id)
        place_id = parents.get(place_id)
    return found


def _ordered(places: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Each place behind the one it lies in, brothers by their names."""
    ordered: list[dict[str, Any]] = []

    def take(parent: str | None, depth: int) -> None:
        below = [one for one in places.values() if (one["parent"] if one["parent"] in places else None) == parent]
        for one in sorted(below, key=lambda row: sorting.key(row["name"])):
            ordered.append(one | {"depth": depth})
            take(one["id"], depth + 1)

    take(None, 0)
    return ordered
