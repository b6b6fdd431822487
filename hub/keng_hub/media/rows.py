"""Media as rows: announced by an event of their node, stored when the file is whole and what was announced."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import entries
from keng_hub.media.states import MediaState
from keng_hub.tables import alarm, media
from keng_wire.event import Media

TRIES = 3
"""So often a file may come that is not what was announced."""


@dataclass(frozen=True, slots=True)
class Row:
    """What the receiving end needs of a row."""

    id: int
    kind: str
    size: int
    sha256: str
    state: str
    file: str | None
    tries: int

    @property
    def wanted(self) -> bool:
        """Whether an upload is still of use."""
        again = self.state == MediaState.QUARANTINED and self.tries < TRIES
        return self.state == MediaState.ANNOUNCED or again


def announce(connection: Connection, node: str, body: Media, at: int, now: int) -> None:
    """A node says what will come, or that it never will; said again it changes nothing that is stored. UTC ms."""
    where = _of(node, body.occurrence, body.sha256)
    known = connection.execute(sa.select(media.c.state).where(where)).scalar_one_or_none()
    state = MediaState.LOST if body.lost else MediaState.ANNOUNCED
    if known is None:
        facts = body.model_dump(mode="json", include={"device", "occurrence", "moment", "sha256", "size", "duration"})
        facts |= {"kind": body.media.value, "width": body.width, "height": body.height}
        more: dict[str, Any] = {"node": node, "at": at, "state": state, "reason": body.lost, "announced": now}
        connection.execute(sa.insert(media).values(**facts, **more, tries=0))
    elif body.lost and known in (MediaState.ANNOUNCED, MediaState.QUARANTINED):
        connection.execute(sa.update(media).where(where).values(state=state, reason=body.lost))
    else:
        return
    tell(connection, node, body.occurrence, now)


def find(connection: Connection, node: str, occurrence: str, sha256: str) -> Row | None:
    """The row of a node's file, once it is announced."""
    columns = [media.c[name] for name in Row.__slots__]
    row = connection.execute(sa.select(*columns).where(_of(node, occurrence, sha256))).one_or_none()
    return Row(*row) if row is not None else None


def name(connection: Connection, id_: int, file: str) -> None:
    """The name under which the file grows."""
    connection.execute(sa.update(media).where(media.c.id == id_).values(file=file, state=MediaState.ANNOUNCED))


def store(connection: Connection, id_: int, file: str, now: int) -> None:
    """The file is whole."""
    _change(connection, id_, now, state=MediaState.STORED, file=file, stored=now, reason=None)


def quarantine(connection: Connection, id_: int, reason: str, now: int) -> None:
    """What came is not what was announced."""
    _change(connection, id_, now, state=MediaState.QUARANTINED, file=None, reason=reason, tries=media.c.tries + 1)


def refuse(connection: Connection, id_: int, reason: str, now: int) -> None:
    """It may not come at all."""
    _change(connection, id_, now, state=MediaState.LOST, reason=reason)


def tell(connection: Connection, node: str, occurrence: str, now: int) -> None:
    """The pages of the incident are drawn anew."""
    query = sa.select(alarm.c.incident).where(alarm.c.node == node, alarm.c.occurrence == occurrence)
    incident = connection.execute(query).scalar_one_or_none()
    if incident is not None:
        entries.announce(connection, incident, now)


def _change(connection: Connection, id_: int, now: int, **values: Any) -> None:
    changed = sa.update(media).where(media.c.id == id_).values(**values)
    row = connection.execute(changed.returning(media.c.node, media.c.occurrence)).one()
    tell(connection, row.node, row.occurrence, now)


def _of(node: str, occurrence: str, sha256: str) -> sa.ColumnElement[bool]:
    return sa.and_(media.c.node == node, media.c.occurrence == occurrence, media.c.sha256 == sha256)
