"""What to read out when calling for help: facts of the incident, and what is known of its place beforehand."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import entries
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.normalise import path
from keng_hub.incidents.rows import any_row
from keng_hub.tables import alarm, device, household, place, place_card

FIELDS: Final = ("address", "hazards", "access", "water", "key_holder")
"""What is known of a place beforehand, as a person wrote it down."""
_HOUSEHOLDS: Final = 5


def known_of(connection: Connection, place_id: str | None) -> dict[str, Any]:
    """The fields of the place, each from the innermost place around it that has one; with where it was taken from."""
    cards = {row.place: row for row in connection.execute(sa.select(place_card))} if place_id else {}
    found: dict[str, Any] = dict.fromkeys((*FIELDS, "latitude", "longitude"))
    for key, _ in path(connection, place_id):
        card = cards.get(key)
        if card is None:
            continue
        for field in FIELDS:
            found[field] = found[field] or getattr(card, field) or None
        if found["latitude"] is None and card.latitude is not None:
            found |= {"latitude": card.latitude, "longitude": card.longitude}
    return found


def sources(connection: Connection, incident_id: int) -> list[dict[str, Any]]:
    """What alarmed and since when, oldest first; the kind of the device, never its name, which may be a person's."""
    query = (
        sa.select(alarm.c.cause, alarm.c.evidence, alarm.c.frame_at, alarm.c.condition, device.c.kind)
        .select_from(alarm.outerjoin(device, sa.and_(device.c.node == alarm.c.node, device.c.id == alarm.c.device)))
        .where(alarm.c.incident == incident_id)
        .order_by(alarm.c.frame_at, alarm.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def households(connection: Connection, place_id: str | None) -> list[dict[str, Any]]:
    """The households of exactly this place with their numbers to call, at most five."""
    query = (
        sa.select(household.c.label, household.c.call_numbers)
        .where(household.c.place == place_id, household.c.ended.is_(None))
        .order_by(household.c.label)
        .limit(_HOUSEHOLDS)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def record(connection: Connection, incident_id: int, account: int, service: str, result: str, now: int) -> None:
    """Note whom a person called, and what was said."""
    row = any_row(connection, incident_id)
    data = {"service": service, "result": result.strip()}
    entries.write(connection, row.id, EntryKind.CALL, data, now, account)
    entries.announce(connection, row.id, now)


def write_place(connection: Connection, place_id: str, account: int, said: dict[str, Any], now: int) -> bool:
    """Keep what is known of a place; False when there is no such place."""
    if connection.execute(sa.select(place.c.id).where(place.c.id == place_id)).first() is None:
        return False
    values = said | {"account": account, "changed": now}
    changed = connection.execute(sa.update(place_card).where(place_card.c.place == place_id).values(**values))
    if changed.rowcount == 0:
        connection.execute(sa.insert(place_card).values(place=place_id, **values))
    return True
