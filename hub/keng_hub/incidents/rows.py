"""Reading the incident that an act is about, in its turn."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.errors import Refused
from keng_hub.incidents.states import ENDED, State
from keng_hub.incidents.turn import take_turn
from keng_hub.tables import incident


def any_row(connection: Connection, incident_id: int) -> sa.Row[Any]:
    """The incident, locked; Refused when there is none."""
    take_turn(connection)
    row = connection.execute(sa.select(incident).where(incident.c.id == incident_id).with_for_update()).one_or_none()
    if row is None:
        raise Refused("not_found")
    return row


def open_row(connection: Connection, incident_id: int) -> sa.Row[Any]:
    """As `any_row`; Refused when it is over."""
    row = any_row(connection, incident_id)
    if State(row.state) in ENDED:
        raise Refused("closed")
    return row
