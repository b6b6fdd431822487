"""The nightly purge: stills, clips and snapshots go when their days are over, unless an incident holds them."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.cameras import keeping
from keng_hub.cameras.keeping import Keeping
from keng_hub.clock import Clock, now_ms
from keng_hub.database import Database
from keng_hub.incidents.turn import take_turn
from keng_hub.media import deletions, holds
from keng_hub.media.files import Files
from keng_hub.media.settings import MediaSection
from keng_hub.media.states import MediaState
from keng_hub.rounds import Rounds, Sleep
from keng_hub.tables import media, snapshot

DAY_MS: Final = 86_400_000
VIETNAM: Final = timezone(timedelta(hours=7))
HOUR, MINUTE = 2, 30
SLICE: Final = 200
"""Rows a transaction looks at, so that no alarm waits behind it."""


class Purge(Rounds):
    """Runs when the hub starts, and every night at 02:30 of the village."""

    area = "media"
    failing = "media past their days could not be deleted, next try in the next night"
    well = "not yet"

    def __init__(
        self,
        database: Database,
        files: Files,
        section: MediaSection,
        clock: Clock = now_ms,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__(sleep)
        self._database, self._files, self._section = database, files, section
        self._clock = clock
        self._keeping = Keeping({}, {})

    def pause_s(self) -> float:
        """Seconds to the next night."""
        return until_night(self._clock())

    async def run_once(self) -> int:
        """Delete what is past its days; gives how many. A file goes first, then its row tells of it."""
        now, gone = self._clock(), 0
        self._keeping = await self._database.read(keeping.of_cameras)
        for table in (media, snapshot):
            last = 0
            while rows := await self._database.read(_old, table, self._first_day(now), last):
                last = rows[-1]["id"]
                for row in rows:
                    gone += await self._delete(table, row, now)
        await asyncio.to_thread(self._sweep, await self._database.read(_known), now)
        self.well = f"{gone} deleted"
        return gone

    def _first_day(self, now: int) -> int:
        if self._keeping.withdrawn:
            return now
        own = [*(one.keep_days for one in self._section.cameras), *self._keeping.days.values()]
        return now - min([self._section.keep_days, *own]) * DAY_MS

    async def _delete(self, table: sa.Table, row: dict[str, Any], now: int) -> bool:
        days = self._days(row)
        if row["at"] >= now - days * DAY_MS:
            return False
        if await self._database.read(_held, table, row["id"]):
            return False
        if row["file"]:
            await asyncio.to_thread(self._files.delete, row["file"])
        await self._database.write(_delete, table, row, days, now)
        return True

    def _days(self, row: dict[str, Any]) -> int:
        """By the camera's record, else by the file; none for what was recorded until a house took its consent back."""
        camera = row["node"], row["device"]
        if row["at"] <= self._keeping.withdrawn.get(camera, -1):
            return 0
        return self._keeping.days.get(camera) or self._section.days(*camera)

    def _sweep(self, known: set[str], now: int) -> None:
        """Files that no row knows: what a crash left behind, and what was put into quarantine."""
        if not self._files.folder.is_dir():
            return
        for file in self._files.strays(known, now / 1000 - self._section.keep_days * 86_400):
            file.unlink(missing_ok=True)


def until_night(now: int) -> float:
    """Seconds until the next purge."""
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(VIETNAM)
    night = local.replace(hour=HOUR, minute=MINUTE, second=0, microsecond=0)
    if night <= local:
        night += timedelta(days=1)
    return (night - local).total_seconds()


def _old(connection: Connection, table: sa.Table, before: int, after: int) -> list[dict[str, Any]]:
    chosen = _columns(table).where(table.c.at < before, table.c.id > after).order_by(table.c.id).limit(SLICE)
    if table is media:
        chosen = chosen.where(media.c.state != MediaState.DELETED)
    return [dict(row) for row in connection.execute(chosen).mappings()]


def _columns(table: sa.Table) -> Any:
    columns: list[Any] = [table.c[name] for name in ("id", "node", "device", "occurrence", "at", "sha256")]
    if table is media:
        columns += [media.c.kind, media.c.size, media.c.file, media.c.state]
    else:
        columns += [sa.literal("snapshot").label("kind"), sa.func.length(snapshot.c.jpeg).label("size")]
        columns += [sa.null().label("file"), sa.literal(MediaState.STORED.value).label("state")]
    return sa.select(*columns)


def _held(connection: Connection, table: sa.Table, id_: int) -> bool:
    query = sa.select(holds.holds(table.c.node, table.c.occurrence)).where(table.c.id == id_)
    return bool(connection.execute(query).scalar_one_or_none())


def _delete(connection: Connection, table: sa.Table, row: dict[str, Any], days: int, now: int) -> None:
    take_turn(connection)  # the chain of deletions has one writer at a time
    if table is media:
        gone = connection.execute(
            sa.update(media)
            .where(media.c.id == row["id"], media.c.state != MediaState.DELETED)
            .values(state=MediaState.DELETED, file=None)
        )
    else:
        gone = connection.execute(sa.delete(snapshot).where(snapshot.c.id == row["id"]))
    if gone.rowcount and row["state"] == MediaState.STORED:
        facts = {key: row[key] for key in ("node", "device", "occurrence", "kind", "at", "sha256", "size")}
        deletions.note(connection, facts | {"days": days, "deleted": now})


def _known(connection: Connection) -> set[str]:
    return set(connection.execute(sa.select(media.c.file).where(media.c.file.is_not(None))).scalars())
