"""The questions to the embedded store's file, as plain functions of a connection."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from keng_hub.store.days import Every, day_of, day_start, fold, runs, whole
from keng_hub.store.points import HOUR_MS, Bucket, Point, Series, Total

Match = Mapping[str, str | None]
"""What node, device and quantity a series must have; None is any."""

ANY: Match = {"node": None, "device": None, "quantity": None}
_WIDTH = {"hour": {"shift": 0, "width": 1}, "day": {"shift": 7, "width": 24}}
"""How hours of UTC make up a bucket; local midnight is 17:00 UTC."""

_NAMES = """
    SELECT id, node, device, quantity FROM series
    WHERE (:node IS NULL OR node = :node) AND (:device IS NULL OR device = :device)
        AND (:quantity IS NULL OR quantity = :quantity)"""

_FEW = 1_000
_HOURS = """
    WITH RECURSIVE there(hour) AS (  -- one seek for each hour that holds points, none for the others
        SELECT (SELECT min(hour) FROM raw WHERE hour >= :first)
        UNION ALL
        SELECT (SELECT min(hour) FROM raw WHERE hour > there.hour) FROM there WHERE there.hour < :behind
    )
    SELECT hour FROM there WHERE hour < :behind"""

# Series outside and hours inside: the groups come out in order, and SQLite never has to sort the points.
_BUCKETS = """
    WITH hours AS MATERIALIZED (SELECT value AS hour FROM json_each(:hours))
    SELECT series, number, count, minimum, maximum, total,
        (SELECT value FROM raw r WHERE r.hour = a / 3600000 AND r.series = g.series AND r.ms = a % 3600000) AS first,
        (SELECT value FROM raw r WHERE r.hour = b / 3600000 AND r.series = g.series AND r.ms = b % 3600000) AS last
    FROM (
        SELECT raw.series AS series, (hours.hour + :shift) / :width AS number, count(*) AS count,
            min(raw.value) AS minimum, max(raw.value) AS maximum, sum(raw.value) AS total,
            min(raw.hour * 3600000 + ms) AS a, max(raw.hour * 3600000 + ms) AS b
        FROM json_each(:ids) s CROSS JOIN hours CROSS JOIN raw ON raw.hour = hours.hour AND raw.series = s.value
        GROUP BY s.key, number
    ) g"""

_DAYS = """
    WITH days AS MATERIALIZED (SELECT value AS day FROM json_each(:days))
    SELECT day.series, day.day, count, minimum, maximum, total, first, last
    FROM json_each(:ids) s CROSS JOIN days CROSS JOIN day ON day.day = days.day AND day.series = s.value"""

_TOTALS = """
    SELECT quantity, day, sum(series), sum(count), min(minimum), max(maximum), sum(total), sum(first), sum(last)
    FROM day_total WHERE day >= :first AND day < :behind
        AND (:node IS NULL OR node = :node) AND (:quantity IS NULL OR quantity = :quantity)
    GROUP BY day, quantity"""

_POINTS = """
    SELECT raw.hour * 3600000 + ms AS ts, raw.value, quality
    FROM json_each(:hours) h CROSS JOIN raw ON raw.hour = h.value AND raw.series = :series
    WHERE ts >= :start AND ts < :end ORDER BY h.key, ms"""

_NEWEST = """
    WITH hours AS MATERIALIZED (SELECT value AS hour FROM json_each(:hours))
    SELECT raw.series, max(raw.hour * 3600000 + ms) AS ts, raw.value, quality
    FROM json_each(:ids) s CROSS JOIN hours CROSS JOIN raw ON raw.hour = hours.hour AND raw.series = s.value
    GROUP BY s.key"""

_STORE_TOTALS = """
    INSERT OR REPLACE INTO day_total
    SELECT day, quantity, node, count(*), sum(count), min(minimum), max(maximum), sum(total), sum(first), sum(last)
    FROM day JOIN series ON series.id = day.series WHERE day = :day GROUP BY quantity, node"""


def stale_days(connection: sqlite3.Connection) -> set[int]:
    """The local days that changed since they were summed up."""
    return {day for (day,) in connection.execute("SELECT day FROM stale_day")}


def points(connection: sqlite3.Connection, series: Series, start: int, end: int) -> list[tuple[int, float, int]]:
    """The points of one series, oldest first."""
    ids = list(_names(connection, series._asdict()))
    hours = _hours(connection, start, end)
    span = {"start": start, "end": end, "hours": hours, "series": ids[0] if ids else None}
    return connection.execute(_POINTS, span).fetchall()


def buckets(connection: sqlite3.Connection, every: Every, start: int, end: int, match: Match = ANY) -> list[Bucket]:
    """Hours from the readings; days from the sums where they are current and from the readings where not."""
    start, end = whole(every, start, end)
    names = _names(connection, match)
    ids = json.dumps(list(names))
    rows: list[Any] = []
    if every == "hour":
        rows += _count(connection, "hour", start, end, ids)
    else:
        stale = _stale_within(connection, start, end)
        current = json.dumps([day for day in _days(connection, start, end) if day not in stale])
        rows += connection.execute(_DAYS, {"days": current, "ids": ids})
        for first, behind in runs(stale):
            rows += _count(connection, "day", day_start(first), day_start(behind), ids)
    found = [
        Bucket(names[series], number * HOUR_MS if every == "hour" else day_start(number), *numbers)
        for series, number, *numbers in rows
    ]
    return sorted(found, key=lambda bucket: (bucket.series, bucket.start))


def totals(connection: sqlite3.Connection, start: int, end: int, match: Match = ANY) -> list[Total]:
    """Days added up over all series of a quantity."""
    start, end = whole("day", start, end)
    stale = _stale_within(connection, start, end)
    rows = connection.execute(_TOTALS, {"first": day_of(start), "behind": day_of(end), **match})
    found = [Total(name, day_start(day), *numbers) for name, day, *numbers in rows if day not in stale]
    for first, behind in runs(stale):
        found += fold(buckets(connection, "day", day_start(first), day_start(behind), match))
    return sorted(found, key=lambda total: (total.start, total.quantity))


def sum_up(connection: sqlite3.Connection, day: int) -> None:
    """Sum up one local day anew from all its readings; the same readings give the same sums, however often."""
    start, end = day_start(day), day_start(day + 1)
    ids = json.dumps(list(_names(connection, ANY)))
    span = {"hours": _hours(connection, start, end), "ids": ids}
    columns = "(series, day, count, minimum, maximum, total, first, last)"
    connection.execute(f"INSERT OR REPLACE INTO day {columns} {_BUCKETS}", {**span, **_WIDTH["day"]})
    connection.execute(_STORE_TOTALS, {"day": day})
    newest = connection.execute(_NEWEST, span).fetchall()
    connection.executemany(
        """INSERT INTO latest VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET ts = excluded.ts, value = excluded.value, quality = excluded.quality
        WHERE excluded.ts >= latest.ts""",
        newest,
    )
    connection.execute("DELETE FROM stale_day WHERE day = ?", (day,))


def newest(connection: sqlite3.Connection) -> Iterator[Point]:
    """The newest point of every series that has one."""
    names = _names(connection, ANY)
    ids = json.dumps(list(names))
    found = {row[0]: row for row in connection.execute("SELECT series, ts, value, quality FROM latest")}
    for first, behind in runs(stale_days(connection)):
        hours = _hours(connection, day_start(first), day_start(behind))
        for row in connection.execute(_NEWEST, {"hours": hours, "ids": ids}):
            if row[0] not in found or found[row[0]][1] <= row[1]:
                found[row[0]] = row
    for series, ts, value, quality in found.values():
        yield Point(*names[series], ts, value, quality)


def _names(connection: sqlite3.Connection, match: Match) -> dict[int, Series]:
    return {number: Series(*name) for number, *name in connection.execute(_NAMES, match)}


def _hours(connection: sqlite3.Connection, start: int, end: int) -> str:
    first, behind = start // HOUR_MS, -(-end // HOUR_MS)
    if behind - first <= _FEW:
        return json.dumps(list(range(first, behind)))
    hours = connection.execute(_HOURS, {"first": first, "behind": behind})
    return json.dumps([hour for (hour,) in hours])


def _days(connection: sqlite3.Connection, start: int, end: int) -> range:
    oldest, newest = connection.execute("SELECT (SELECT min(day) FROM day), (SELECT max(day) FROM day)").fetchone()
    return range(0) if oldest is None else range(max(day_of(start), oldest), min(day_of(end), newest + 1))


def _count(connection: sqlite3.Connection, every: Every, start: int, end: int, ids: str) -> Iterable[Any]:
    hours = _hours(connection, start, end)
    return connection.execute(_BUCKETS, {"hours": hours, "ids": ids, **_WIDTH[every]})


def _stale_within(connection: sqlite3.Connection, start: int, end: int) -> set[int]:
    return {day for day in stale_days(connection) if start <= day_start(day) < end}
