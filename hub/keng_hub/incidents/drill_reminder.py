"""Each village practises once a month; towards its end the commune is reminded of those that have not."""

import asyncio
import unicodedata
from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.deliveries import ledger
from keng_hub.deliveries.ledger import Letter, Text
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.incidents.drills import DrillState
from keng_hub.incidents.normalise import path
from keng_hub.incidents.route import people
from keng_hub.incidents.subtree import subtree
from keng_hub.incidents.turn import take_turn
from keng_hub.incidents.wording import VIETNAM, without_marks
from keng_hub.rounds import Rounds, Sleep
from keng_hub.tables import counter, drill, place
from keng_hub.wakes import Wakes
from keng_wire.alarm import Category

EVERY_S: Final = 600.0
DAY: Final = 25
HOUR: Final = 8


class DrillReminder(Rounds):
    """Looks every ten minutes. That it has reminded is a row, so once a month and never twice."""

    area, every_s = "incidents", EVERY_S
    failing = "cannot look which village has practised, trying again"
    well = "drills are looked after"

    def __init__(
        self,
        database: Database,
        wakes: Wakes,
        clock: Clock = now_ms,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__(sleep)
        self._database, self._wakes, self._clock = database, wakes, clock

    async def run_once(self) -> bool:
        """Remind if it is time to; says whether it was."""
        now = self._clock()
        local = datetime.fromtimestamp(now / 1000, UTC).astimezone(VIETNAM)
        if (local.day, local.hour) < (DAY, HOUR) or not await self._database.write(remind, now):
            return False
        self._wakes.after_commit()
        return True


def unpractised(connection: Connection, now: int) -> list[str]:
    """The names of the villages in, or around, which no drill ended in this month."""
    ended = (drill.c.state == DrillState.ENDED.value, drill.c.ended >= _first(now))
    practised: set[str] = set()
    for key in connection.execute(sa.select(drill.c.place).where(*ended)).scalars().all():
        practised.update(connection.execute(subtree(key)).scalars())
        practised.update(around for around, _ in path(connection, key))
    villages = sa.select(place.c.id, place.c.name).where(place.c.kind == "village", place.c.valid_to.is_(None))
    return [row.name for row in connection.execute(villages.order_by(place.c.name)) if row.id not in practised]


def remind(connection: Connection, now: int) -> bool:
    """Write the reminder of this month; False when it was written, or every village has practised."""
    take_turn(connection)
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(VIETNAM)
    name = f"drill-reminder-{local:%Y-%m}"
    if connection.execute(sa.select(counter.c.name).where(counter.c.name == name)).first() is not None:
        return False
    villages = unpractised(connection, now)
    if not villages:
        return False
    connection.execute(sa.insert(counter).values(name=name, value=len(villages)))
    named = ", ".join(villages)
    vi = unicodedata.normalize("NFC", f"NHẮC VIỆC: tháng {local:%m/%Y} chưa tổ chức tập dượt báo cháy ở {named}.")
    text = Text(vi=vi, ascii=without_marks(vi), en=f"REMINDER: no fire drill in {local:%m/%Y} yet in {named}.")
    letter = Letter(None, f"DT-{local:%m}", DeliveryKind.NOTICE, Category.INFO, False, text)
    ledger.enqueue(connection, letter, people(connection, Category.INFO.value, None, [1], now), now)
    return True


def _first(now: int) -> int:
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(VIETNAM)
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return round(first.timestamp() * 1000)
