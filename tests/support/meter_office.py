"""Meters for the commune office: a feeder with meters whose readings were judged, with everything that can go wrong."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import backlog
from keng_hub.meterdata import dirty, feeders
from keng_hub.meterdata.judge import Judge
from keng_hub.meterdata.sheet import MeterId
from keng_hub.store import Point
from keng_hub.store.days import DAY_MS, day_of, day_start
from keng_hub.tables import cursor, device, meter_sighting, node_event
from keng_hub.upsert import insert
from support.office import Office

HALF_HOUR = 1_800_000
LINE, ONE, TWO = MeterId("ngo-9", "lo-1"), MeterId("ngo-9", "cong-to-9"), MeterId("ngo-9", "cong-to-10")
METERS = {LINE: ("feeder", "Lộ 1 trạm biến áp mẫu"), TWO: ("meter", "Công tơ hộ ông Mẫu B")}


def yesterday(office: Office) -> int:
    """When the day before today began, UTC ms."""
    return day_start(day_of(office.clock()) - 1)


async def furnish(office: Office, days: int = 3) -> None:
    """A feeder and two meters with readings of some days, judged: gaps, suspects, a question, voltages, a power cut.

    Yesterday meter TWO has no readings from 02:00 to 05:00 and says too much at 12:00.
    """
    await office.database.write(_devices, office.clock())
    first, now = day_start(day_of(office.clock()) - days), office.clock()
    borders = range(first, now, HALF_HOUR)
    for meter, wh in ((ONE, 150), (TWO, 250), (LINE, 450)):
        read = [(n, at) for n, at in enumerate(borders) if _is_read(meter, at, office)]
        await office.store.write([Point(*meter, "energy_import", at, 1e6 + wh * n) for n, at in read])
    volts = [(200.0 if n % 9 == 0 else 226.0, at) for n, at in enumerate(borders)]
    await office.store.write([Point(*TWO, "voltage_l1", at, value) for value, at in volts])
    await office.store.write([Point(*TWO, "energy_import", yesterday(office) + 25 * HALF_HOUR, 9e8)])
    for meter in (ONE, TWO, LINE):
        await office.database.write(dirty.mark, meter, first, now)
    await judge(office)


async def judge(office: Office) -> None:
    """Judge what waits."""
    one = Judge(office.database, office.store, office.config.meter_data, clock=office.clock)
    while await one.run_once() or await _waits(office):
        pass


async def _waits(office: Office) -> bool:
    return bool(await office.database.read(dirty.waiting, office.clock(), 1))


def _is_read(meter: MeterId, at: int, office: Office) -> bool:
    hour = (at - yesterday(office)) / 3_600_000
    return meter != TWO or not (2 <= hour < 5 or hour == 12.5)


def _devices(connection: Connection, now: int) -> None:
    for meter, (kind, name) in METERS.items():
        values: dict[str, Any] = {"node": meter.node, "id": meter.device, "kind": kind, "name": name, "place": "ngo-9"}
        more: dict[str, Any] = {
            "condition": "normal",
            "marks": [],
            "simulated": True,
            "supervision": "A",
            "seen": now - 7_000,
        }
        connection.execute(sa.insert(device).values(**values, **more))
    for meter in (ONE, TWO):
        feeders.hang(connection, LINE, meter, 0, None)
    connection.execute(
        insert(connection, cursor).values(name=backlog.METER_CURSOR, position=0).on_conflict_do_nothing()
    )
    for at, serial in ((now - 9 * DAY_MS, "20260001"), (now - 3_600_000, "20260002")):
        row = {"node": ONE.node, "device": ONE.device, "at": at, "serial": serial}
        connection.execute(sa.insert(meter_sighting).values(**row))
    for at, marks in ((now - 5 * 3_600_000, ["mains_lost"]), (now - 4 * 3_600_000, [])):
        body = {"kind": "device", "device": "khoi-9", "condition": "normal", "marks": marks}
        row = {"node": "ngo-9", "device": "khoi-9", "kind": "device", "at": at, "body": body}
        connection.execute(sa.insert(node_event).values(**row))
