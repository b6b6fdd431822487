"""Which meters hang on which feeder, and what a feeder gave that none of them counted."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.meterdata.parameters import INTERVAL_MS
from keng_hub.meterdata.profile import load_profile
from keng_hub.meterdata.settings import FeederSettings, meter_id
from keng_hub.meterdata.sheet import Interval, MeterId
from keng_hub.meterdata.totals import ENOUGH
from keng_hub.tables import device, feeder_meter, node
from keng_hub.upsert import insert


@dataclass(frozen=True, slots=True)
class Balance:
    """A feeder against its meters over [start, end), in Wh of the half hours in which all of them are known.

    `unmeasured` is what the feeder gave and no meter counted: losses, street lamps, meters that are not read. It may
    be below nought: then a meter hangs elsewhere. `coverage` is the share of half hours that could be compared.
    """

    feeder: MeterId
    meters: tuple[MeterId, ...]
    start: int
    end: int
    given: int
    measured: int
    compared: int
    wanted: int

    @property
    def unmeasured(self) -> int:
        """Feeder minus its meters, Wh."""
        return self.given - self.measured

    @property
    def coverage(self) -> float:
        """Share of the half hours that could be compared, 0 to 1."""
        return self.compared / self.wanted if self.wanted else 0.0

    @property
    def complete(self) -> bool:
        """Whether the figure may stand without a word about what is missing."""
        return self.coverage >= ENOUGH


def feeders(connection: Connection, scope: sa.ColumnElement[bool]) -> list[MeterId]:
    """The feeders in `scope` (a condition on device joined with node) by name."""
    query = sa.select(device.c.node, device.c.id).select_from(device.join(node, node.c.id == device.c.node))
    rows = connection.execute(query.where(scope, device.c.kind == "feeder", sa.not_(device.c.removed)))
    return sorted(MeterId(row.node, row.id) for row in rows)


def meters_of(connection: Connection, feeder: MeterId, at: int) -> list[MeterId]:
    """The meters that hang on a feeder at a moment (UTC ms)."""
    query = sa.select(feeder_meter.c.node, feeder_meter.c.device).where(_of(feeder), _valid(at))
    return sorted({MeterId(row.node, row.device) for row in connection.execute(query)})


def feeder_of(connection: Connection, meter: MeterId, at: int) -> MeterId | None:
    """The feeder a meter hangs on at a moment."""
    where = (feeder_meter.c.node == meter.node, feeder_meter.c.device == meter.device, _valid(at))
    query = sa.select(feeder_meter.c.feeder_node, feeder_meter.c.feeder).where(*where)
    row = connection.execute(query.order_by(feeder_meter.c.since.desc()).limit(1)).one_or_none()
    return MeterId(*row) if row else None


def hang(connection: Connection, feeder: MeterId, meter: MeterId, since: int, account_id: int | None) -> None:
    """From `since` (UTC ms) the meter hangs on this feeder and on no other one."""
    take_off(connection, meter, since)
    key = {"feeder_node": feeder.node, "feeder": feeder.device, **meter._asdict(), "since": since}
    statement = insert(connection, feeder_meter).values(**key, until=None, account=account_id)
    renewed = {"until": None, "account": account_id}
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=renewed))


def take_off(connection: Connection, meter: MeterId, until: int) -> None:
    """From `until` (UTC ms) the meter hangs on no known feeder."""
    where = (feeder_meter.c.node == meter.node, feeder_meter.c.device == meter.device, _valid(until))
    connection.execute(sa.update(feeder_meter).where(*where).values(until=until))


def apply_feeders(connection: Connection, listed: Sequence[FeederSettings]) -> int:
    """Hang up what the file says and nobody has said otherwise since; gives how many are new."""
    added = 0
    for one in listed:
        for name in one.meters:
            meter = meter_id(name)
            where = (feeder_meter.c.node == meter.node, feeder_meter.c.device == meter.device)
            if not connection.scalar(sa.select(sa.exists().where(*where))):
                hang(connection, meter_id(one.feeder), meter, 0, None)
                added += 1
    return added


def balance(connection: Connection, feeder: MeterId, start: int, end: int, now: int) -> Balance:
    """Compare a feeder with its meters on half hours of [start, end) (UTC ms) in which all of them are known."""
    upto = min(end, now // INTERVAL_MS * INTERVAL_MS)
    meters = meters_of(connection, feeder, start)
    given = _known(load_profile(connection, feeder, start, upto))
    parts = [_known(load_profile(connection, meter, start, upto)) for meter in meters]
    both = [at for at in given if parts and all(at in part for part in parts)]
    return Balance(
        feeder=feeder,
        meters=tuple(meters),
        start=start,
        end=end,
        given=sum(given[at] for at in both),
        measured=sum(part[at] for part in parts for at in both),
        compared=len(both),
        wanted=max(0, upto - start) // INTERVAL_MS,
    )


def _known(profile: list[Interval]) -> dict[int, int]:
    return {one.start: one.wh for one in profile if one.wh is not None}


def _of(feeder: MeterId) -> sa.ColumnElement[bool]:
    return sa.and_(feeder_meter.c.feeder_node == feeder.node, feeder_meter.c.feeder == feeder.device)


def _valid(at: int) -> sa.ColumnElement[bool]:
    return sa.and_(feeder_meter.c.since <= at, sa.or_(feeder_meter.c.until.is_(None), feeder_meter.c.until > at))
