"""Things against fire in the alleys: extinguishers, hydrants, public fire points, and when they were inspected."""

from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.normalise import path
from keng_hub.incidents.subtree import subtree
from keng_hub.tables import asset, place


class AssetKind(StrEnum):
    """What it is."""

    EXTINGUISHER = "extinguisher"
    HYDRANT = "hydrant"
    FIRE_POINT = "fire_point"


class Thing(NamedTuple):
    """What is kept of one; days are UTC ms of their midnight in the village."""

    kind: AssetKind
    place: str
    location: str
    inspected: int | None = None
    inspection_due: int | None = None
    usable: bool = True


def add(connection: Connection, thing: Thing, now: int) -> int:
    """A new one; its id."""
    made = sa.insert(asset).values(**_values(thing), added=now).returning(asset.c.id)
    return int(connection.execute(made).scalar_one())


def change(connection: Connection, asset_id: int, thing: Thing) -> None:
    """Correct it, or write down an inspection."""
    connection.execute(sa.update(asset).where(asset.c.id == asset_id).values(**_values(thing)))


def end(connection: Connection, asset_id: int, now: int) -> None:
    """It is no longer there."""
    connection.execute(sa.update(asset).where(asset.c.id == asset_id, asset.c.ended.is_(None)).values(ended=now))


def listed(connection: Connection, within: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    """All that are there and on which `within` is true, with `place_name`; what cannot be used and is overdue first."""
    query = (
        sa.select(asset, place.c.name.label("place_name"))
        .join(place, place.c.id == asset.c.place)
        .where(asset.c.ended.is_(None), within)
        .order_by(asset.c.usable, asset.c.inspection_due.is_(None), asset.c.inspection_due, place.c.name, asset.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def nearest(connection: Connection, place_id: str) -> list[dict[str, Any]]:
    """What can be used nearest to a place: in it or below, else in what it lies in, step by step outwards.

    Each kind is looked for on its own, because the alley may have an extinguisher and the village the hydrant. One that
    is overdue for inspection is better than none and stays.
    """
    found: list[dict[str, Any]] = []
    missing = set(AssetKind)
    for around, _ in path(connection, place_id):
        rows = listed(connection, sa.and_(asset.c.place.in_(subtree(around)), asset.c.usable))
        here = [row for row in rows if row["kind"] in missing]
        found += here
        missing -= {AssetKind(row["kind"]) for row in here}
    return found


def _values(thing: Thing) -> dict[str, Any]:
    return thing._asdict() | {"kind": thing.kind.value}
