"""Accepted days split by tariff hours again, when the tables in force have changed."""

from typing import NamedTuple
from zlib import crc32

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.meterdata.parameters import INTERVAL_MS
from keng_hub.meterdata.tariffs import Period, Tariffs
from keng_hub.tables import cursor, meter_day
from keng_hub.upsert import insert

NAME = "tariffs"
"""Row of `cursor` that holds by which tables the days are split."""


class Place(NamedTuple):
    """The key of a day's row; days are walked in its order."""

    node: str
    device: str
    register: str
    start: int


BEGINNING = Place("", "", "", 0)


def is_current(connection: Connection, tariffs: Tariffs) -> bool:
    """Whether all days are split by these tables."""
    done = connection.execute(sa.select(cursor.c.position).where(cursor.c.name == NAME)).scalar()
    return done == _fingerprint(tariffs)


def again(connection: Connection, tariffs: Tariffs, after: Place, limit: int) -> Place | None:
    """Split the next days behind `after`; gives the last one's place, None when there are no more."""
    key = [meter_day.c[name] for name in Place._fields]
    query = sa.select(*key, meter_day.c.wh).where(sa.tuple_(*key) > sa.tuple_(*after)).order_by(*key).limit(limit)
    last: Place | None = None
    for *place, wh in connection.execute(query).all():
        last = Place(*place)
        split = dict.fromkeys((period.value for period in Period), 0)
        for index, one in enumerate(wh):
            split[tariffs.period(last.start + index * INTERVAL_MS).value] += one or 0
        where = [column == value for column, value in zip(key, last, strict=True)]
        connection.execute(sa.update(meter_day).where(*where).values(**split))
    if last is None:
        values = {"name": NAME, "position": _fingerprint(tariffs)}
        statement = insert(connection, cursor).values(**values)
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
    return last


def _fingerprint(tariffs: Tariffs) -> int:
    return crc32("\n".join(table.model_dump_json() for table in tariffs.tables).encode())
