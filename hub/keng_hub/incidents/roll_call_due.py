"""What the roll call does by itself: it begins when residents hear of a fire, and says once who is still missing."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import desk, entries, roll_call
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.rows import any_row
from keng_hub.incidents.states import ENDED
from keng_hub.incidents.wording import Say
from keng_hub.tables import delivery, incident, recipient
from keng_hub.tables import roll_call as calls
from keng_wire.alarm import Category


def begin_due(connection: Connection, now: int) -> int:
    """Begin it for each open fire that residents were told of and that has none; says how many."""
    told = connection.execute(_told_fires(now)).scalars().all()
    for incident_id in told:
        roll_call.open_call(connection, any_row(connection, incident_id), now, None)
    return len(told)


def tell_overdue(connection: Connection, now: int) -> int:
    """Tell the duty desk of each roll call whose time is over with households that did not answer; says how many."""
    told = 0
    for incident_id in connection.execute(_overdue(now)).scalars().all():
        connection.execute(sa.update(calls).where(calls.c.incident == incident_id).values(overdue_told=now))
        missing = sum(
            one["answer"] != roll_call.RollCallAnswer.SAFE.value
            for one in roll_call.for_rescuers(connection, incident_id)
        )
        entries.write(connection, incident_id, EntryKind.ROLL_CALL, {"overdue": True, "missing": missing}, now)
        desk.tell(connection, any_row(connection, incident_id), Say.ROLL_CALL_OVERDUE, now)
        entries.announce(connection, incident_id, now)
        told += 1
    return told


def due_now(connection: Connection, now: int) -> int:
    """How many roll calls have to begin or are overdue and not told."""
    return len(connection.execute(_told_fires(now)).all()) + len(connection.execute(_overdue(now)).all())


def _told_fires(now: int) -> "sa.Select[int]":
    to_residents = (
        sa.select(delivery.c.incident)
        .join(recipient, recipient.c.id == delivery.c.recipient)
        .where(delivery.c.incident == incident.c.id, recipient.c.household.is_not(None))
        .where(delivery.c.created <= now)
    )
    return sa.select(incident.c.id).where(
        incident.c.category == Category.FIRE.value,
        incident.c.state.not_in([state.value for state in ENDED]),
        incident.c.id.not_in(sa.select(calls.c.incident)),
        to_residents.exists(),
    )


def _overdue(now: int) -> "sa.Select[int]":
    ended = [state.value for state in ENDED]
    return (
        sa.select(calls.c.incident)
        .join(incident, incident.c.id == calls.c.incident)
        .where(calls.c.complete.is_(None), calls.c.due <= now, calls.c.overdue_told.is_(None))
        .where(incident.c.state.not_in(ended))
    )
