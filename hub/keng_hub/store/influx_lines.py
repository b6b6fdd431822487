"""What is said to and heard from InfluxDB: line protocol out, tables of a query in; no socket."""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple, cast

from keng_hub.store.days import Every
from keng_hub.store.errors import Refused, StoreUnavailable
from keng_hub.store.points import LATEST_TS, Bucket, Point, Quality, Series, Total, fault

READING = "reading"
DAY = "reading_day"
TOTAL = "reading_total"
STATE = "day_state"
"""Which days are summed up as they are: `touched` equals `rolled`."""
FLOOR = "reading_floor"
"""Before which time (`ts`) readings were deleted."""

TIME = {"hour": "time(1h)", "day": "time(1d, -7h)"}
"""InfluxQL that groups by hours and local days; local midnight is 17:00 UTC."""

_ESCAPES = str.maketrans({",": r"\,", " ": r"\ ", "=": r"\="})


class Table(NamedTuple):
    """One series of a query's answer."""

    name: str
    tags: Mapping[str, str]
    rows: list[list[Any]]


def tags(**names: str) -> str:
    """Tags in line protocol; names must have passed `points.fault`."""
    return "".join(f",{key}={name.translate(_ESCAPES)}" for key, name in sorted(names.items()))


def point_lines(points: Sequence[Point], heads: dict[tuple[str, str, str], str]) -> bytes:
    """Readings in line protocol; `heads` remembers how each series begins. Refused for a point no store can take."""
    lines: list[str] = []
    for node, device, quantity, ts, value, quality in points:
        head = heads.get((node, device, quantity))
        # What `fault` looks at, without a call for each point; the name of a known series is sound.
        if head is None or not (0 <= ts < LATEST_TS and isfinite(value) and 0 <= quality <= Quality.EDITED):
            head = _head(Point(node, device, quantity, ts, value, quality), heads)
        lines.append(f"{head} value={float(value)!r},quality={quality:d}i {ts}")
    return "\n".join(lines).encode()


def _head(point: Point, heads: dict[tuple[str, str, str], str]) -> str:
    if reason := fault(point):
        raise Refused(reason)
    head = heads[point.series] = READING + tags(**point.series._asdict())
    return head


def bucket_lines(buckets: Iterable[Bucket]) -> list[str]:
    """Summed up days of series."""
    return [f"{DAY}{tags(**b.series._asdict())} {_sums(b)} {b.start}" for b in buckets]


def total_lines(node: str, totals: Iterable[Total]) -> list[str]:
    """Summed up days of a node."""
    return [f"{TOTAL}{tags(node=node, quantity=t.quantity)} series={t.series}i,{_sums(t)} {t.start}" for t in totals]


def _sums(of: Bucket | Total) -> str:
    floats = {"minimum": of.minimum, "maximum": of.maximum, "total": of.total, "first": of.first, "last": of.last}
    return ",".join([f"count={of.count}i", *(f"{name}={float(value)!r}" for name, value in floats.items())])


def where(start: int, end: int, match: Mapping[str, str | None]) -> str:
    """The WHERE clause for a time range; what the series must be is bound as parameters of the same names."""
    parts = [f'"{key}" = ${key}' for key, name in match.items() if name is not None]
    return " AND ".join([f"time >= {start:d}ms AND time < {end:d}ms", *parts])


def buckets_query(every: Every, clause: str) -> str:
    """InfluxQL that counts buckets from the readings."""
    sums = ", ".join(f'{function}("value")' for function in ("count", "min", "max", "sum", "first", "last"))
    return (
        f'SELECT {sums} FROM "{READING}" WHERE {clause} GROUP BY {TIME[every]}, "node", "device", "quantity" fill(none)'  # noqa: S608 — only names of this module and bound parameters
    )


def days_query(clause: str) -> str:
    """InfluxQL that reads the summed up days."""
    return f'SELECT "count", "minimum", "maximum", "total", "first", "last" FROM "{DAY}" WHERE {clause} GROUP BY "node", "device", "quantity"'  # noqa: E501, S608 — as above


def totals_query(clause: str) -> str:
    """InfluxQL that adds up the summed up days of all nodes."""
    sums = 'sum("series"), sum("count"), min("minimum"), max("maximum"), sum("total"), sum("first"), sum("last")'
    return f'SELECT {sums} FROM "{TOTAL}" WHERE {clause} GROUP BY {TIME["day"]}, "quantity" fill(none)'  # noqa: S608 — as above


def buckets_of(tables: Iterable[Table]) -> list[Bucket]:
    """Read the answer to either of the first two."""
    return [Bucket(Series(**table.tags), *row) for table in tables for row in table.rows]


def totals_of(tables: Iterable[Table]) -> list[Total]:
    """Read the answer to `totals_query`."""
    return [Total(table.tags["quantity"], *row) for table in tables for row in table.rows]


def tables(answer: Any) -> list[Table]:
    """Take the answer of /query apart; an error in it is StoreUnavailable, for a query is never the caller's fault."""
    found: list[Table] = []
    for result in _dicts(cast("dict[str, Any]", answer).get("results")):
        if "error" in result:
            raise StoreUnavailable(f"InfluxDB: {result['error']}")
        for series in _dicts(result.get("series")):
            found.append(Table(series.get("name", ""), series.get("tags") or {}, series.get("values") or []))
    return found


def _dicts(value: Any) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", value or [])
