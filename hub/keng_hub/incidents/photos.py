"""Photos that people take of an incident: made anew like those of proof tests, and a bounded number of them."""

import hashlib
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import entries
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.rows import any_row
from keng_hub.points.photos import Photo
from keng_hub.tables import incident_photo

MOST: Final = 20


def keep(connection: Connection, incident_id: int, photo: Photo, account: int, now: int) -> None:
    """Keep it; the same picture twice is one. Refused beyond `MOST`."""
    row = any_row(connection, incident_id)
    digest = hashlib.sha256(photo.jpeg).hexdigest()
    query = sa.select(incident_photo.c.sha256).where(incident_photo.c.incident == row.id)
    there = connection.execute(query).scalars().all()
    if digest in there:
        return
    if len(there) >= MOST:
        raise Refused("photos_full")
    values = {"incident": row.id, "account": account, "at": now, "sha256": digest, **photo._asdict()}
    statement = sa.insert(incident_photo).values(**values).returning(incident_photo.c.id)
    key: int = connection.execute(statement).scalar_one()
    entries.write(connection, row.id, EntryKind.PHOTO, {"photo": key, "sha256": digest}, now, account)
    entries.announce(connection, row.id, now)
