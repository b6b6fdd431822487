"""What a person puts in the place of an accepted value, with name, time and reason; nothing is ever overwritten."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.meterdata import dirty
from keng_hub.meterdata.flags import Flag, Reason
from keng_hub.meterdata.parameters import INTERVAL_MS
from keng_hub.meterdata.questions import Refused
from keng_hub.meterdata.sheet import REGISTERS, MeterId
from keng_hub.tables import account, meter_edit, meter_version


class Edit(NamedTuple):
    """One act of a person: `wh` None took an earlier one back."""

    start: int
    register: str
    wh: int | None
    by: str
    reason: str
    at: int


class Version(NamedTuple):
    """What was accepted for a half hour until `replaced`."""

    start: int
    register: str
    wh: int | None
    flag: Flag
    reason: Reason | None
    replaced: int


def correct(
    connection: Connection,
    meter: MeterId,
    register: str,
    start: int,
    wh: int | None,
    account_id: int,
    reason: str,
    now: int,
) -> None:
    """Put `wh` (None: take the correction back) at the half hour that begins at `start` (UTC ms).

    The caller has checked that the account may see the meter. Refused "range" for a time that is no past half hour or
    energy below nought, "reason" without one.
    """
    if register not in REGISTERS or start % INTERVAL_MS or start + INTERVAL_MS > now or (wh is not None and wh < 0):
        raise Refused("range")
    if not reason.strip():
        raise Refused("reason")
    values = {"register": register, "start": start, "wh": wh, "account": account_id, "reason": reason}
    of_meter = (meter_edit.c.node == meter.node, meter_edit.c.device == meter.device)
    at_start = (meter_edit.c.register == register, meter_edit.c.start == start)
    newest = sa.select(meter_edit).where(*of_meter, *at_start).order_by(meter_edit.c.id.desc()).limit(1)
    last = connection.execute(newest).mappings().one_or_none()
    if last is not None and values == {name: last[name] for name in values}:
        return  # the same form again
    connection.execute(sa.insert(meter_edit).values(**meter._asdict(), **values, at=now))
    dirty.mark(connection, meter, start, start + INTERVAL_MS)


def edits(connection: Connection, meter: MeterId, start: int, end: int) -> list[Edit]:
    """The acts of people on half hours in [start, end), oldest act first."""
    query = (
        sa.select(meter_edit, account.c.full_name)
        .join(account, account.c.id == meter_edit.c.account)
        .where(meter_edit.c.node == meter.node, meter_edit.c.device == meter.device)
        .where(meter_edit.c.start >= start, meter_edit.c.start < end)
        .order_by(meter_edit.c.id)
    )
    rows = connection.execute(query)
    return [Edit(row.start, row.register, row.wh, row.full_name, row.reason, row.at) for row in rows]


def standing(connection: Connection, meter: MeterId, start: int, end: int) -> dict[tuple[str, int], int]:
    """The corrections that are in force, by register and half hour: the newest act on each counts."""
    newest = {(one.register, one.start): one.wh for one in edits(connection, meter, start, end)}
    return {key: wh for key, wh in newest.items() if wh is not None}


def versions(connection: Connection, meter: MeterId, start: int, end: int) -> list[Version]:
    """What was accepted earlier for half hours in [start, end), in the order in which it was replaced."""
    query = (
        sa.select(meter_version)
        .where(meter_version.c.node == meter.node, meter_version.c.device == meter.device)
        .where(meter_version.c.start >= start, meter_version.c.start < end)
        .order_by(meter_version.c.replaced, meter_version.c.id)
    )
    return [
        Version(
            row.start, row.register, row.wh, Flag(row.flag), Reason(row.reason) if row.reason else None, row.replaced
        )
        for row in connection.execute(query)
    ]
