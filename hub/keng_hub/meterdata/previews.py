"""Imports of files as rows: what a file would change, shown before anything is stored; then what it did change."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.database import Database
from keng_hub.meterdata import imports
from keng_hub.meterdata.files.lines import Bad
from keng_hub.meterdata.imports import Compared
from keng_hub.meterdata.questions import Refused
from keng_hub.store import Point, Store
from keng_hub.tables import account, meter_import

PREVIEW, DONE = "preview", "done"
DAY_MS = 86_400_000
KEPT_MS = 1096 * DAY_MS
"""Who brought in which file, by name and hash, is kept so long; the readings of a preview one day."""

Row = dict[str, Any]


async def prepare(
    database: Database,
    store: Store,
    account_id: int,
    file: tuple[str, bytes],
    readings: tuple[Sequence[tuple[int, Point]], Sequence[Bad]],
    now: int,
) -> int:
    """Keep what `file` (name, bytes) would change; gives the number of the import. Raises the store's own errors."""
    numbered, bad = readings
    compared = await imports.compare(store, [point for _, point in numbered], now)
    lines = [
        [number, point.node, point.device, point.quantity, point.ts, point.value, how.value, there]
        for (number, point), (how, there) in zip(numbered, compared, strict=True)
    ]
    values = {
        "account": account_id,
        "name": file[0],
        "sha256": hashlib.sha256(file[1]).hexdigest(),
        "state": PREVIEW,
        "lines": lines,
        "bad": [[one.number, one.fault.value, one.text] for one in bad],
        "counts": Counter(how.value for how, _ in compared),
        "at": now,
        "until": now + DAY_MS,
    }
    return await database.write(_insert, values)


def get(connection: Connection, account_id: int, number: int) -> Row:
    """An import of this account, with `earlier`: the same file, brought in before. Refused "gone" without one."""
    where = (meter_import.c.id == number, meter_import.c.account == account_id)
    row = connection.execute(sa.select(meter_import).where(*where)).mappings().one_or_none()
    if row is None:
        raise Refused("gone")
    same = (meter_import.c.sha256 == row["sha256"], meter_import.c.state == DONE, meter_import.c.id != number)
    query = sa.select(meter_import.c.done, account.c.full_name).join(account, account.c.id == meter_import.c.account)
    return {**row, "earlier": connection.execute(query.where(*same).limit(1)).mappings().one_or_none()}


def recent(connection: Connection, account_id: int | None, limit: int = 50) -> list[Row]:
    """The imports that were done, of one account or of all, newest first."""
    query = (
        sa.select(*(meter_import.c[name] for name in ("id", "name", "sha256", "counts", "done")), account.c.full_name)
        .join(account, account.c.id == meter_import.c.account)
        .where(meter_import.c.state == DONE, *([meter_import.c.account == account_id] if account_id else []))
        .order_by(meter_import.c.done.desc())
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


async def confirm(database: Database, store: Store, account_id: int, number: int, now: int) -> None:
    """Bring in what the preview showed. Interrupted half-way it stays a preview: again brings in the rest.

    Refused "gone" or "answered", and the store's own errors.
    """
    row = await database.read(get, account_id, number)
    if row["state"] != PREVIEW:
        raise Refused("answered")
    points = [Point(*line[1:6]) for line in row["lines"]]
    taken = await imports.bring_in(database, store, points, now)
    counts = {
        Compared.NEW.value: taken.new,
        Compared.SAME.value: taken.same,
        Compared.DIFFERENT.value: taken.different,
        Compared.FUTURE.value: taken.future,
    }
    if not await database.write(_finish, number, counts, now):
        raise Refused("answered")


def drop(connection: Connection, account_id: int, number: int) -> None:
    """Forget a preview."""
    where = (meter_import.c.id == number, meter_import.c.account == account_id, meter_import.c.state == PREVIEW)
    connection.execute(sa.delete(meter_import).where(*where))


def _insert(connection: Connection, values: Row) -> int:
    number: int = connection.execute(sa.insert(meter_import).values(values).returning(meter_import.c.id)).scalar_one()
    return number


def _finish(connection: Connection, number: int, counts: dict[str, int], now: int) -> bool:
    where = (meter_import.c.id == number, meter_import.c.state == PREVIEW)
    values: Row = {"state": DONE, "lines": [], "counts": counts, "done": now, "until": now + KEPT_MS}
    return connection.execute(sa.update(meter_import).where(*where).values(**values)).rowcount == 1
