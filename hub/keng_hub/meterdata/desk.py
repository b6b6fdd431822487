"""Puts the sheet of a meter together from rows and raw readings, and puts what was found back into rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.meterdata import corrections, days, dirty, questions, sightings
from keng_hub.meterdata.dirty import Dirty
from keng_hub.meterdata.flags import Flag, Reason
from keng_hub.meterdata.parameters import GRACE_MS, LONGEST_GAP_MS
from keng_hub.meterdata.settings import MeterData
from keng_hub.meterdata.sheet import Interval, MeterId, Reading, Sheet
from keng_hub.meterdata.steps import judge
from keng_hub.meterdata.tariffs import Tariffs
from keng_hub.store.days import DAY_MS, day_of, day_start
from keng_hub.tables import device, meter_doubt

LONGEST = 62 * DAY_MS
"""Days on one sheet; the rest waits for the next one."""
PAST_MS = 42 * DAY_MS
"""A month, a week and the days that stand still, for the step that compares with the meter's own past."""
WEEK_MS = 7 * DAY_MS

Raw = Mapping[str, list[tuple[int, float, int]]]
"""Quantity → (UTC ms, value, quality) as the store gives them."""


@dataclass(slots=True)
class Work:
    """A request with what the database knows of it: an empty sheet, and the rows it will replace."""

    dirty: Dirty
    sheet: Sheet
    rest: int | None
    """Where the next sheet has to begin; None when this one holds all."""
    old: list[days.Row] = field(default_factory=list[days.Row])
    newest: int = 0
    """Start of the newest accepted day there is."""

    def readings_from(self, quantity: str) -> int:
        """From when raw readings are needed, UTC ms: behind the last accepted one, also of those held back since."""
        anchor = self.sheet.anchors.get(quantity)
        return self.sheet.start - GRACE_MS if anchor is None else anchor.at + 1

    @property
    def readings_to(self) -> int:
        """Up to when they are needed: a gap is closed by the reading behind it."""
        return self.sheet.end + LONGEST_GAP_MS


def prepare(
    connection: Connection, request: Dirty, settings: MeterData, tariffs: Tariffs, oldest: int, now: int
) -> Work:
    """The sheet for a request, from the day of the last reading before it on. Raw before `oldest` is no longer kept."""
    meter = request.meter
    parameters = settings.parameters(meter, _kind(connection, meter))
    first = max(day_start(day_of(request.first - GRACE_MS)), oldest)
    before = days.anchors(connection, meter, first)
    near = [anchor.at for anchor in before.values() if request.first - anchor.at <= LONGEST_GAP_MS]
    start = max(min([first, *(day_start(day_of(at)) for at in near)]), oldest)
    end = max(start, day_start(day_of(request.last + GRACE_MS))) + DAY_MS
    rest = start + LONGEST if end - start > LONGEST else None
    sheet = Sheet(meter, parameters, start, rest or end, now, {}, period_of=tariffs.period)
    sheet.anchors = days.anchors(connection, meter, start)
    sheet.sightings = sightings.of(connection, meter)
    sheet.answers = questions.answers(connection, meter)
    work = Work(request, sheet, rest)
    fetch(connection, work)
    return work


def fetch(connection: Connection, work: Work) -> None:
    """What depends on the days of the sheet; again when it has become longer."""
    sheet, meter = work.sheet, work.sheet.meter
    work.old = days.rows(connection, meter, sheet.start, sheet.end)
    work.newest = days.newest(connection, meter)
    before: dict[str, dict[int, Interval]] = {}
    for row in work.old:
        before.setdefault(row["register"], {}).update({one.start: one for one in days.intervals(row)})
    sheet.before = before
    sheet.history = days.history(connection, meter, sheet.start - PAST_MS, sheet.start)
    sheet.like = {}
    for row in days.rows(connection, meter, sheet.start - WEEK_MS, min(sheet.start, sheet.end - WEEK_MS)):
        sheet.like.setdefault(row["register"], {}).update(_measured(days.intervals(row)))
    sheet.edits = corrections.standing(connection, meter, sheet.start, sheet.end)
    sheet.doubted = _doubts(connection, meter)


def decide(work: Work, raw: Raw) -> Sheet:
    """Judge the sheet with its raw readings."""
    readings = {
        name: [Reading(at, value, quality) for at, value, quality in rows] for name, rows in raw.items() if rows
    }
    return judge(replace(work.sheet, readings=readings, breaks={}, questions={}, replaced=[]))


def short_of(work: Work, sheet: Sheet) -> int | None:
    """Where the sheet has to end instead, because what it found changes days behind it; None when it is long enough."""
    if work.rest is not None:
        return None
    wanted = sheet.end
    for name in sheet.intervals:
        behind = [one.at for one in sheet.placed(name) if one.at > work.dirty.last]
        if behind:
            wanted = max(wanted, day_start(day_of(behind[0] + GRACE_MS)) + DAY_MS)
        if sheet.end <= work.newest and _stands(work, sheet, name):
            wanted = max(wanted, work.newest + DAY_MS)
    return wanted if wanted > sheet.end else None


def finish(connection: Connection, work: Work, sheet: Sheet) -> bool:
    """Write what was found; False, and nothing written, when more came in meanwhile or another process did it."""
    if not dirty.done(connection, work.dirty):
        return False
    changed = days.save(connection, sheet, work.old)
    questions.follow(connection, sheet)
    if work.rest is not None:
        dirty.mark(connection, sheet.meter, work.rest, work.dirty.last)
    for start in changed:
        week = start + WEEK_MS
        if week >= sheet.end and days.has_estimates(connection, sheet.meter, week):
            dirty.mark(connection, sheet.meter, week, week + DAY_MS - 1)
    return True


def _stands(work: Work, sheet: Sheet, name: str) -> bool:
    """Whether the register stands elsewhere than before at the end of the sheet."""
    end = sheet.ends[name].get(sheet.end - DAY_MS)
    old = [row for row in work.old if row["register"] == name and row["last_at"] is not None]
    stood = (old[-1]["last_at"], old[-1]["last_wh"]) if old else None
    return (None if end is None or end.at < sheet.start else (end.at, end.line)) != stood


def _measured(intervals: list[Interval]) -> dict[int, int]:
    return {one.start + WEEK_MS: one.wh for one in intervals if one.flag is Flag.MEASURED and one.wh is not None}


def _kind(connection: Connection, meter: MeterId) -> str | None:
    query = sa.select(device.c.kind).where(device.c.node == meter.node, device.c.id == meter.device)
    return connection.execute(query).scalar()


def _doubts(connection: Connection, meter: MeterId) -> dict[tuple[str, int], Reason]:
    where = (meter_doubt.c.node == meter.node, meter_doubt.c.device == meter.device)
    rows = connection.execute(sa.select(meter_doubt).where(*where))
    return {(row.quantity, row.at): Reason(row.reason) for row in rows}
