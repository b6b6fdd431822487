"""Voltage quality: the minutes of each day outside the band, and the sags."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.meterdata.sheet import MeterId, Voltage
from keng_hub.store.days import day_of, day_start
from keng_hub.tables import meter_voltage


def by_day(connection: Connection, meter: MeterId, start: int, end: int) -> list[Voltage]:
    """The local days that touch [start, end) and have voltages, oldest first; all counts in minutes but the sags.

    A reading stands for the time to the next one, at most half an hour: between readings nobody knows.
    """
    query = (
        sa.select(meter_voltage)
        .where(meter_voltage.c.node == meter.node, meter_voltage.c.device == meter.device)
        .where(meter_voltage.c.start >= day_start(day_of(start)), meter_voltage.c.start < end)
        .order_by(meter_voltage.c.start)
    )
    return [
        Voltage(row.start, row.known, row.low, row.high, row.sags, row.minimum, row.maximum)
        for row in connection.execute(query)
    ]


def together(days: list[Voltage]) -> Voltage | None:
    """Several days as one, of which it has the first one's start; None for no days."""
    if not days:
        return None
    whole = Voltage(days[0].start)
    for day in days:
        for name in ("known", "low", "high", "sags"):
            setattr(whole, name, getattr(whole, name) + getattr(day, name))
    whole.minimum = min((day.minimum for day in days if day.minimum is not None), default=None)
    whole.maximum = max((day.maximum for day in days if day.maximum is not None), default=None)
    return whole
