"""Incident holds: what is kept past its days, because an incident is open or a person said why."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import entries, gates
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.states import ENDED
from keng_hub.tables import alarm, incident, incident_hold


def hold(connection: Connection, incident_id: int, account_id: int, reason: str, now: int) -> None:
    """Keep the media of an incident until somebody says otherwise; Refused without a reason or when it is held."""
    gates.reason(reason)
    if current(connection, incident_id) is not None:
        raise Refused("held_already")
    values = {"incident": incident_id, "account": account_id, "reason": reason.strip(), "since": now}
    connection.execute(sa.insert(incident_hold).values(**values))
    _tell(connection, incident_id, {"on": True, "reason": reason.strip()}, now, account_id)


def let_go(connection: Connection, incident_id: int, account_id: int, reason: str, now: int) -> None:
    """End the hold: what is past its days goes in the next night; Refused without a reason or a hold."""
    gates.reason(reason)
    held = current(connection, incident_id)
    if held is None:
        raise Refused("not_kept")
    ended = {"ended": now, "ended_by": account_id, "end_reason": reason.strip()}
    connection.execute(sa.update(incident_hold).where(incident_hold.c.id == held).values(**ended))
    _tell(connection, incident_id, {"on": False, "reason": reason.strip()}, now, account_id)


def current(connection: Connection, incident_id: int) -> int | None:
    """The hold of an incident that has not ended."""
    query = sa.select(incident_hold.c.id).where(
        incident_hold.c.incident == incident_id, incident_hold.c.ended.is_(None)
    )
    return connection.execute(query.limit(1)).scalar_one_or_none()


def holds(node: "sa.Column[str]", occurrence: "sa.Column[str]") -> sa.ColumnElement[bool]:
    """Whether a file of this node and occurrence is held: its incident is open, or a person holds it."""
    held = sa.select(incident_hold.c.incident).where(incident_hold.c.ended.is_(None))
    of_it = sa.and_(alarm.c.node == node, alarm.c.occurrence == occurrence)
    wanted = sa.or_(incident.c.state.not_in([state.value for state in ENDED]), incident.c.id.in_(held))
    return sa.exists().where(of_it, incident.c.id == alarm.c.incident, wanted)


def _tell(connection: Connection, incident_id: int, data: dict[str, object], now: int, account_id: int) -> None:
    entries.write(connection, incident_id, EntryKind.HOLD, data, now, account_id)
    entries.announce(connection, incident_id, now)
