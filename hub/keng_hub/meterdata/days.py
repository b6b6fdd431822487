"""Accepted days as rows: one a meter, register and local day, with 48 half hours and flags only where one differs."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.meterdata.flags import Flag, Reason
from keng_hub.meterdata.parameters import INTERVAL_MS
from keng_hub.meterdata.sheet import PER_DAY, Anchor, Interval, MeterId, PastDay, Sheet
from keng_hub.meterdata.tariffs import Period
from keng_hub.store.days import DAY_MS
from keng_hub.tables import meter_day, meter_version, meter_voltage
from keng_hub.upsert import insert

Row = Mapping[str, Any]


def of(meter: MeterId) -> sa.ColumnElement[bool]:
    """The condition on `meter_day` for one meter."""
    return sa.and_(meter_day.c.node == meter.node, meter_day.c.device == meter.device)


def rows(connection: Connection, meter: MeterId, start: int, end: int) -> list[Row]:
    """The accepted days of a meter that begin in [start, end), all registers, oldest first."""
    query = sa.select(meter_day).where(of(meter), meter_day.c.start >= start, meter_day.c.start < end)
    return [dict(row) for row in connection.execute(query.order_by(meter_day.c.start)).mappings()]


def history(connection: Connection, meter: MeterId, start: int, end: int) -> list[PastDay]:
    """How much each accepted day of [start, end) counted."""
    where = (of(meter), meter_day.c.register == "energy_import", meter_day.c.start >= start, meter_day.c.start < end)
    query = sa.select(meter_day.c.start, meter_day.c.energy, meter_day.c.known).where(*where)
    return [PastDay(*row) for row in connection.execute(query)]


def anchors(connection: Connection, meter: MeterId, before: int) -> dict[str, Anchor]:
    """Register → where it stood at its last accepted reading before `before` (UTC ms, the start of a day)."""
    found: dict[str, Anchor] = {}
    where = (of(meter), meter_day.c.start < before, meter_day.c.last_at.is_not(None))
    for register in connection.execute(sa.select(meter_day.c.register).where(*where).distinct()).scalars():
        query = sa.select(meter_day).where(*where, meter_day.c.register == register)
        row = connection.execute(query.order_by(meter_day.c.start.desc()).limit(1)).one()
        found[register] = Anchor(row.last_at, row.last_wh, row.border, row.border_wh or 0)
    return found


def intervals(row: Row) -> list[Interval]:
    """The half hours of a day's row."""
    flags: dict[str, tuple[str, str | None]] = row["flags"]
    return [_interval(row["start"], index, wh, flags.get(str(index))) for index, wh in enumerate(row["wh"])]


def save(connection: Connection, sheet: Sheet, old: Iterable[Row]) -> set[int]:
    """Write what the sheet found over the `old` rows of its days; gives the days that changed by their start."""
    before = {(row["register"], row["start"]): row for row in old}
    changed: set[int] = set()
    for register in sheet.intervals:
        for start in sheet.days():
            new = _row(sheet, register, start)
            there = before.get((register, start))
            if there is None and not any(new[name] for name in ("known", "flags", "unplaced", "last_at")):
                continue
            if there is None or any(there[name] != value for name, value in new.items()):
                _put(connection, meter_day, new | {"changed": sheet.now}, ["node", "device", "register", "start"])
                changed.add(start)
    for register, one in sheet.replaced:
        version = {**sheet.meter._asdict(), "register": register, "replaced": sheet.now, **one._asdict()}
        connection.execute(sa.insert(meter_version).values(**version))
    for voltage in (day for day in sheet.voltages if day.known):
        names = ("start", "known", "low", "high", "sags", "minimum", "maximum")
        values = {name: getattr(voltage, name) for name in names}
        _put(connection, meter_voltage, {**sheet.meter._asdict(), **values}, ["node", "device", "start"])
    return changed


def _interval(start: int, index: int, wh: int | None, said: tuple[str, str | None] | None) -> Interval:
    if said is None:
        at = start + index * INTERVAL_MS
        return Interval(at, wh, Flag.MEASURED) if wh is not None else Interval(at, None, Flag.MISSING, Reason.GAP)
    flag, reason = said
    return Interval(start + index * INTERVAL_MS, wh, Flag(flag), Reason(reason) if reason else None)


def _row(sheet: Sheet, register: str, start: int) -> dict[str, Any]:
    first = (start - sheet.start) // INTERVAL_MS
    day = sheet.intervals[register][first : first + PER_DAY]
    split = sheet.splits[register][start]
    end = sheet.ends[register].get(start)
    stood = end is not None and start <= end.at < start + DAY_MS
    usual = {(Flag.MEASURED, None), (Flag.MISSING, Reason.GAP)}
    return {
        **sheet.meter._asdict(),
        "register": register,
        "start": start,
        "wh": [one.wh for one in day],
        "flags": {str(n): [one.flag, one.reason] for n, one in enumerate(day) if (one.flag, one.reason) not in usual},
        "energy": sum(one.wh or 0 for one in day),
        **{period.value: split.get(period, 0) for period in Period},
        "unplaced": sheet.unplaced[register].get(start, 0),
        "known": sum(one.wh is not None for one in day),
        "measured": sum(one.flag is Flag.MEASURED for one in day),
        "last_at": end.at if end and stood else None,
        "last_wh": end.line if end and stood else None,
        "border": end.border if end and stood else None,
        "border_wh": end.border_wh if end and stood else None,
    }


def _put(connection: Connection, table: sa.Table, values: dict[str, Any], key: list[str]) -> None:
    rest = {name: value for name, value in values.items() if name not in key}
    statement = insert(connection, table).values(**values)
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=rest))


def newest(connection: Connection, meter: MeterId) -> int:
    """The start of the newest accepted day; 0 when there is none."""
    return connection.execute(sa.select(sa.func.max(meter_day.c.start)).where(of(meter))).scalar() or 0


def has_estimates(connection: Connection, meter: MeterId, start: int) -> bool:
    """Whether a day holds estimated half hours."""
    query = sa.select(meter_day.c.flags).where(of(meter), meter_day.c.start == start)
    flags = connection.execute(query).scalars()
    return any(flag == Flag.ESTIMATED for row in flags for flag, _ in row.values())


def any_day(connection: Connection) -> bool:
    """Whether anything was ever accepted."""
    return bool(connection.scalar(sa.select(sa.exists().where(meter_day.c.start.is_not(None)))))
