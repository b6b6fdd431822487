"""Many rows with few statements: nothing is left out, and sizes are few."""

import pytest
import sqlalchemy as sa

from keng_hub import bulk
from keng_hub.database import Database
from keng_hub.tables import journal

COLUMNS = ("node", "stream", "message_class", "first", "number", "at", "repaired", "received", "payload")


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 499, 500, 549, 2_000, 2_049])
def test_all_rows_are_in_one_statement_each_without_gap_or_overlap(count: int) -> None:
    spans = list(bulk.spans(count))
    rows = [row for begin, end in spans for row in range(begin, end)]
    assert rows == list(range(count))


def test_sizes_are_few_because_the_driver_keeps_each() -> None:
    sizes = {end - begin for count in range(3_000) for begin, end in bulk.spans(count)}
    assert len(sizes) == bulk.SIZES[-1] - 1 + len(bulk.SIZES)


async def test_rows_arrive_as_they_were_in_any_database(database: Database) -> None:
    rows: list[bulk.Row] = [("ngo-1", "5747e001", "reading", n, n, n, False, n, b"%d" % n) for n in range(1, 1_124)]
    await database.write(bulk.insert, journal, COLUMNS, rows)
    query = sa.select(*(journal.c[name] for name in COLUMNS)).order_by(journal.c.number)
    assert await database.read(lambda connection: [tuple(row) for row in connection.execute(query)]) == rows
