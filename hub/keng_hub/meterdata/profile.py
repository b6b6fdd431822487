"""The load profile of a meter: its accepted half hours, each with flag and reason."""

from sqlalchemy.engine import Connection

from keng_hub.meterdata import days
from keng_hub.meterdata.flags import Flag, Reason
from keng_hub.meterdata.parameters import INTERVAL_MS
from keng_hub.meterdata.sheet import Interval, MeterId
from keng_hub.store.days import day_of, day_start


def load_profile(
    connection: Connection, meter: MeterId, start: int, end: int, register: str = "energy_import"
) -> list[Interval]:
    """Every half hour that begins in [start, end) (UTC ms), also those of which nobody knows anything.

    Wh of a half hour, twice that is its mean power in W. The caller has checked that the account may see the meter.
    """
    known: dict[int, Interval] = {}
    for row in days.rows(connection, meter, day_start(day_of(start)), end):
        if row["register"] == register:
            known |= {one.start: one for one in days.intervals(row)}
    first = -(-start // INTERVAL_MS) * INTERVAL_MS
    missing = (Flag.MISSING, Reason.GAP)
    return [known.get(at) or Interval(at, None, *missing) for at in range(first, end, INTERVAL_MS)]
