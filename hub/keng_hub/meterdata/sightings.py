"""The serial numbers that meters told, from events; an exchanged meter is seen by them before its register falls."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.arrivals import Arrival
from keng_hub.meterdata import dirty
from keng_hub.meterdata.sheet import MeterId, Sighting
from keng_hub.meterdata.steps import identity
from keng_hub.tables import meter_sighting
from keng_hub.upsert import insert
from keng_wire.event import MeterSeen


def tell(connection: Connection, arrival: Arrival, body: MeterSeen) -> None:
    """Take over what a meter said of itself; its readings from then on are judged anew."""
    values = body.model_dump(exclude={"kind", "device"})
    row = {"node": arrival.node, "device": body.device, "at": arrival.at, **values}
    connection.execute(insert(connection, meter_sighting).values(**row).on_conflict_do_nothing())
    first = arrival.at - identity.ONE_READING_MS
    dirty.mark(connection, MeterId(arrival.node, body.device), first, max(arrival.at, arrival.received))


def of(connection: Connection, meter: MeterId) -> list[Sighting]:
    """Everything a meter told, oldest first."""
    where = (meter_sighting.c.node == meter.node, meter_sighting.c.device == meter.device)
    rows = connection.execute(sa.select(meter_sighting.c.at, meter_sighting.c.serial).where(*where))
    return sorted(Sighting(row.at, row.serial) for row in rows)
