"""One at a time among all hub processes: a row with an end, taken by an update that counts rows."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import channel_lease
from keng_hub.upsert import insert


def take(connection: Connection, name: str, holder: str, now: int, for_ms: int) -> bool:
    """Take or prolong the lease `name` until `now + for_ms`; False while another holds it."""
    row = insert(connection, channel_lease).values(name=name, holder=holder, until=now + for_ms)
    free = sa.or_(channel_lease.c.holder == holder, channel_lease.c.until <= now)
    values = {"holder": row.excluded.holder, "until": row.excluded.until}
    taken = row.on_conflict_do_update(index_elements=["name"], set_=values, where=free)
    return connection.execute(taken).rowcount == 1


def give_back(connection: Connection, name: str, holder: str) -> None:
    """End it early, when it is still ours."""
    connection.execute(sa.delete(channel_lease).where(channel_lease.c.name == name, channel_lease.c.holder == holder))
