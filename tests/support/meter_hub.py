"""The hub as far as meter data goes: database, store, forwarder and judge, with made-up messages of readings."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import backlog
from keng_hub.database import Database
from keng_hub.forward import Forwarder
from keng_hub.meterdata import days, dirty
from keng_hub.meterdata.judge import Judge
from keng_hub.meterdata.settings import MeterData
from keng_hub.meterdata.sheet import Interval, MeterId
from keng_hub.metrics import Metrics
from keng_hub.store import Point, Store
from keng_hub.tables import account, cursor, device, journal, node, place, progress
from keng_hub.upsert import insert
from keng_wire.conditions import ClockQuality
from keng_wire.message import ReadingMessage
from keng_wire.reading import Reading, Readings
from support.meter_sheets import DAY, IMPORT, METER, MONDAY

NOW = MONDAY + 40 * DAY
OFFICER = 1


class MeterHub:
    """Readings go in as messages, accepted half hours come out."""

    def __init__(self, database: Database, store: Store, settings: MeterData | None = None) -> None:
        self.database, self.store = database, store
        self.now = NOW
        self.forwarder = Forwarder(database, store, Metrics(), clock=lambda: self.now)
        self.judge = Judge(database, store, settings, clock=lambda: self.now)
        self._number = 0

    async def arrive(self, rows: Sequence[Reading], at: int, node_id: str = METER.node) -> None:
        """A message of readings made at `at` is committed."""
        self._number += 1
        await self.database.write(_commit, node_id, self._number, rows, at)

    async def settle(self) -> None:
        """Forward and judge until nothing is left to do."""
        while await self.forwarder.run_once():
            pass
        while await self.judge.run_once() or await self._waits():
            pass

    async def _waits(self) -> bool:
        return bool(await self.database.read(dirty.waiting, self.now, 1))

    async def measure(self, rows: Sequence[tuple[int, float]], meter: MeterId = METER, quantity: str = IMPORT) -> None:
        """Readings come into the store without a message, and are judged."""
        await self.store.write([Point(*meter, quantity, at, value) for at, value in rows])
        first, last = min(at for at, _ in rows), max(at for at, _ in rows)
        await self.database.write(dirty.mark, meter, first, last)

    async def accepted(self, meter: MeterId = METER, register: str = IMPORT) -> list[Interval]:
        """All accepted half hours, oldest first."""
        rows = await self.database.read(days.rows, meter, 0, 2 * NOW)
        return [one for row in rows if row["register"] == register for one in days.intervals(row)]


def settle_meters(connection: Connection, meters: Sequence[str] = ("cong-to-1",), feeder: str | None = None) -> None:
    """A village with one node, its meters, and an officer."""
    for key, kind, parent in (
        ("thon-mau", "village", None),
        ("ngo-3", "alley", "thon-mau"),
        ("ngo-9", "alley", "thon-mau"),
    ):
        connection.execute(sa.insert(place).values(id=key, kind=kind, parent=parent, name=key, aliases=[]))
    connection.execute(sa.insert(node).values(id="ngo-3", name="Trạm Ngõ 3", place="ngo-3", added=0))
    for name in (*meters, *((feeder,) if feeder else ())):
        kind = "feeder" if name == feeder else "meter"
        values: dict[str, Any] = {
            "node": "ngo-3",
            "id": name,
            "kind": kind,
            "name": name,
            "place": "ngo-3",
            "marks": [],
        }
        connection.execute(sa.insert(device).values(**values))
    connection.execute(sa.insert(cursor).values(name=backlog.METER_CURSOR, position=0))  # as the migration does
    officer = {"id": OFFICER, "username": "mau", "full_name": "Nguyễn Văn Mẫu", "role": "duty", "password": "-"}
    connection.execute(sa.insert(account).values(**officer, created=0))


def _commit(connection: Connection, node_id: str, number: int, rows: Sequence[Reading], at: int) -> None:
    fields = {
        "node": node_id, "stream": "0badcafe", "number": number, "boot": "0badb007", "at": at,
        "clock": ClockQuality.SYNCED, "up": 1, "class": "reading", "body": Readings(rows=list(rows)),
    }  # fmt: skip
    payload = ReadingMessage.model_validate(fields).model_dump_json().encode()
    values = {"node": node_id, "stream": "0badcafe", "message_class": "reading", "first": number, "number": number}
    connection.execute(sa.insert(journal).values(**values, at=at, repaired=False, received=at + 500, payload=payload))
    key = {"node": node_id, "stream": "0badcafe", "message_class": "reading"}
    standing = insert(connection, progress).values(**key, high=number, highest=number)
    names = ["node", "stream", "message_class"]
    connection.execute(standing.on_conflict_do_update(index_elements=names, set_={"high": number, "highest": number}))
