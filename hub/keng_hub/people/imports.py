"""Bringing in a list of households: what a file would change is kept until somebody confirms it."""

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.meterdata.files.folded import folded
from keng_hub.people import register
from keng_hub.people.errors import Refused
from keng_hub.people.files import Bad, Line
from keng_hub.people.register import Entry
from keng_hub.tables import household, household_import, place

DAY_MS: Final = 86_400_000


class EntryChange(StrEnum):
    """What would become of a line."""

    NEW = "new"
    SAME = "same"  # the house is there, with the very same numbers
    DIFFERENT = "different"  # there with other numbers or another old address, which stay as they are


def place_names(connection: Connection, within: sa.ColumnElement[bool]) -> dict[str, list[str]]:
    """Folded id, name and alias of each place on which `within` is true → ids."""
    query = sa.select(place.c.id, place.c.name, place.c.aliases).where(place.c.valid_to.is_(None), within)
    found: dict[str, list[str]] = {}
    for row in connection.execute(query):
        for name in {folded(text) for text in (row.id, row.name, *row.aliases)}:
            found.setdefault(name, []).append(row.id)
    return found


def prepare(
    connection: Connection, account_id: int, file: tuple[str, bytes], read: Sequence[Line | Bad], now: int
) -> int:
    """Keep a preview of what the lines of `file` (name, bytes) would change; its id. Those of a day ago go."""
    old = sa.and_(household_import.c.state == "preview", household_import.c.made < now - DAY_MS)
    connection.execute(sa.delete(household_import).where(old))
    there = _there(connection, {one.entry.place for one in read if isinstance(one, Line)})
    lines = [
        [one.number, one.entry.place, one.entry.label, list(one.entry.call_numbers), one.entry.legacy_address,
         _compared(one.entry, there).value]
        for one in read
        if isinstance(one, Line)
    ]  # fmt: skip
    bad = [[one.number, one.fault.value, one.text] for one in read if isinstance(one, Bad)]
    name, data = file
    made = sa.insert(household_import).values(
        account=account_id,
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        state="preview",
        lines=lines,
        bad=bad,
        made=now,
    )
    return int(connection.execute(made.returning(household_import.c.id)).scalar_one())


def get(connection: Connection, account_id: int, import_id: int) -> dict[str, Any] | None:
    """A preview or what it became; only who made it sees it."""
    query = sa.select(household_import).where(
        household_import.c.id == import_id, household_import.c.account == account_id
    )
    row = connection.execute(query).mappings().one_or_none()
    return dict(row) if row else None


def confirm(connection: Connection, account_id: int, import_id: int, now: int) -> int:
    """Add what is still new; says how many. Refused("gone") when the preview is, Refused("done") the second time."""
    row = get(connection, account_id, import_id)
    if row is None:
        raise Refused("gone")
    done = sa.update(household_import).where(household_import.c.id == import_id, household_import.c.state == "preview")
    if connection.execute(done.values(state="done", done=now)).rowcount != 1:
        raise Refused("done")
    entries = [Entry(line[1], line[2], line[3], line[4]) for line in row["lines"]]
    there = _there(connection, {entry.place for entry in entries})
    new = [entry for entry in entries if _compared(entry, there) is EntryChange.NEW]
    for entry in new:
        register.add_known_new(connection, entry, now)
    return len(new)


def drop(connection: Connection, account_id: int, import_id: int) -> None:
    """Forget a preview."""
    mine = sa.and_(household_import.c.id == import_id, household_import.c.account == account_id)
    connection.execute(sa.delete(household_import).where(mine, household_import.c.state == "preview"))


def _there(connection: Connection, places: set[str]) -> dict[tuple[str, str], tuple[list[str], str | None]]:
    query = sa.select(household).where(household.c.place.in_(places), household.c.ended.is_(None))
    return {(row.place, folded(row.label)): (row.call_numbers, row.legacy_address) for row in connection.execute(query)}


def _compared(entry: Entry, there: dict[tuple[str, str], tuple[list[str], str | None]]) -> EntryChange:
    old = there.get((entry.place, folded(entry.label)))
    if old is None:
        return EntryChange.NEW
    return EntryChange.SAME if old == (list(entry.call_numbers), entry.legacy_address) else EntryChange.DIFFERENT
