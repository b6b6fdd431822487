"""A camera's hint of fire: a note in the fire next to it, or by itself a small matter that somebody should look at.

It never makes a fire: not its evidence, not its severity, and nobody is told more urgently because of it.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.arrivals import Arrival
from keng_hub.incidents import hint_notes, stages
from keng_hub.incidents.case import Finding
from keng_hub.incidents.findings import of_hint
from keng_hub.tables import alarm
from keng_wire.alarm import Category
from keng_wire.fire_hint import FireHinted


def take(connection: Connection, arrival: Arrival, body: FireHinted, now: int) -> None:
    """Note where it belongs that it looks like flames or smoke, or does so no longer."""
    finding = of_hint(arrival, body)
    if not body.active:
        _over(connection, finding, now)
        return
    fire = hint_notes.beside(connection, finding, Category.FIRE, now)
    if fire is None:
        stages.run(connection, finding, now)
    else:
        hint_notes.note(connection, [fire.id], finding, now, active=True)


def incident_of(connection: Connection, node: str, occurrence: str) -> int | None:
    """The fire that a hint was noted in, for its picture."""
    return next(iter(hint_notes.noted(connection, node, occurrence)), None)


def _over(connection: Connection, finding: Finding, now: int) -> None:
    known = connection.execute(
        sa.select(alarm.c.id).where(alarm.c.node == finding.node, alarm.c.occurrence == finding.occurrence)
    ).first()
    if known is not None:
        stages.run(connection, finding, now)
    fires = hint_notes.noted(connection, finding.node, finding.occurrence)
    hint_notes.note(connection, fires, finding, now, active=False)
