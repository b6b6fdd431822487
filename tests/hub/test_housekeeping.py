"""Old rows go, young ones stay."""

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import housekeeping
from keng_hub.database import Database
from keng_hub.housekeeping import DAY_MS, Housekeeping
from keng_hub.tables import boot_clock, login_attempt, node_event, page_event

NOW = 1_795_402_800_000


def fill(connection: Connection, at: int) -> None:
    connection.execute(page_event.insert().values(at=at, name="node", data={}))
    connection.execute(login_attempt.insert().values(username="truc", source="127.0.0.1", at=at, ok=True))
    connection.execute(node_event.insert().values(node="ngo-3", kind="started", at=at, body={}))
    connection.execute(boot_clock.insert().values(node="ngo-3", boot=f"{at:x}"[-8:], offset=0, seen=at))


def counts(connection: Connection) -> list[int]:
    tables = (page_event, login_attempt, node_event, boot_clock)
    return [connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables]


async def test_what_is_old_goes_slice_by_slice_and_the_rest_stays(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days in (400, 399, 398, 8, 0):
        await database.write(fill, NOW - days * DAY_MS)
    monkeypatch.setattr(housekeeping, "SLICE", 2)
    part = Housekeeping(database, clock=lambda: NOW)
    assert await part.run_once() == 4 + 3 * 3
    assert await database.read(counts) == [1, 2, 2, 2]
    assert await part.run_once() == 0
    assert (await part.health()).ok


async def test_the_newest_page_event_stays_however_old_it_is(database: Database) -> None:
    await database.write(fill, NOW - 400 * DAY_MS)
    await Housekeeping(database, clock=lambda: NOW).run_once()
    assert (await database.read(counts))[0] == 1
