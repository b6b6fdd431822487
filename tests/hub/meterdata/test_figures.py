"""What pages ask: profile, sums, balance of a feeder, voltage, completeness, outages, imports."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.database import Database
from keng_hub.housekeeping import Housekeeping
from keng_hub.meterdata import completeness, feeders, imports, outages, profile, retention, totals, voltage
from keng_hub.meterdata.flags import Flag, Reason
from keng_hub.meterdata.outages import Outage, Sign, Span
from keng_hub.meterdata.parameters import Parameters
from keng_hub.meterdata.rates import by_rate
from keng_hub.meterdata.settings import FeederSettings, MeterData
from keng_hub.meterdata.sheet import Interval, MeterId
from keng_hub.meterdata.tariffs import Period
from keng_hub.store import Point
from keng_hub.store.sqlite import SqliteStore
from keng_hub.tables import alarm, incident, incident_entry, meter_day, meter_voltage, node_event
from support.meter_hub import NOW, OFFICER, MeterHub, settle_meters
from support.meter_sheets import DAY, HALF_HOUR, HOUR, IMPORT, MONDAY, steady

ONE, TWO, LINE = MeterId("ngo-3", "cong-to-1"), MeterId("ngo-3", "cong-to-2"), MeterId("ngo-3", "lo-1")
EVERYWHERE = sa.true()


@pytest.fixture
async def village(database: Database, tmp_path: Path) -> AsyncIterator[MeterHub]:
    """Two meters behind a feeder."""
    await database.write(settle_meters, ("cong-to-1", "cong-to-2"), "lo-1")
    async with SqliteStore(tmp_path / "readings.db") as store:
        yield MeterHub(database, store)


async def test_a_profile_holds_every_half_hour_also_those_nobody_knows(village: MeterHub) -> None:
    await village.measure(steady(count=3))
    await village.settle()
    found = await village.database.read(profile.load_profile, ONE, MONDAY - HALF_HOUR, MONDAY + 2 * HOUR)
    assert found == [
        Interval(MONDAY - HALF_HOUR, None, Flag.MISSING, Reason.GAP),
        Interval(MONDAY, 100, Flag.MEASURED),
        Interval(MONDAY + HALF_HOUR, 100, Flag.MEASURED),
        Interval(MONDAY + HOUR, None, Flag.MISSING, Reason.GAP),
        Interval(MONDAY + 3 * HALF_HOUR, None, Flag.MISSING, Reason.GAP),
    ]


async def test_days_months_and_years_are_summed_by_tariff_with_their_coverage(village: MeterHub) -> None:
    await village.measure(steady(count=48 * 12 + 1))  # 21 September to 2 October
    await village.settle()
    read, ask = village.database.read, ([ONE, TWO], MONDAY, MONDAY + 12 * DAY, NOW)
    days = await read(totals.by_day, *ask)
    assert [(day.energy, day.standard, day.peak, day.offpeak) for day in days[5:7]] == [
        (4800, 2600, 1000, 1200),  # Saturday
        (4800, 3600, 0, 1200),
    ]
    assert (days[0].known, days[0].wanted, days[0].complete) == (48, 96, False)
    months = await read(totals.by_month, *ask)
    assert [(month.energy, month.known, month.wanted) for month in months] == [
        (48_000, 480, 2 * 30 * 48),
        (9_600, 96, 2 * 30 * 48),  # October until now
    ]
    year = totals.together(await read(totals.by_month, ask[0], MONDAY - 240 * DAY, *ask[2:]))
    assert (year.energy, year.coverage < 0.1) == (57_600, True)
    (alone,) = await read(totals.by_day, [ONE], MONDAY, MONDAY + 1, NOW)
    assert (alone.coverage, alone.complete) == (1.0, True)


async def test_the_village_adds_up_its_meters_and_not_the_feeders_with_them(village: MeterHub) -> None:
    await village.measure(steady())
    await village.measure(steady(wh=50), TWO)
    await village.measure(steady(wh=170), LINE)
    await village.settle()
    (day,) = await village.database.read(totals.village_by_day, EVERYWHERE, MONDAY, MONDAY + DAY, NOW)
    assert (day.energy, day.known, day.wanted) == (7200, 96, 96)
    (nobody,) = await village.database.read(totals.village_by_day, sa.false(), MONDAY, MONDAY + DAY, NOW)
    assert (nobody.energy, nobody.wanted, nobody.coverage) == (0, 0, 0)


async def test_a_feeder_is_compared_on_half_hours_that_all_know(village: MeterHub) -> None:
    for meter in (ONE, TWO):
        await village.database.write(feeders.hang, LINE, meter, 0, OFFICER)
    await village.measure(steady())
    await village.measure(steady(wh=50, count=25), TWO)
    await village.measure(steady(wh=170), LINE)
    await village.settle()
    found = await village.database.read(feeders.balance, LINE, MONDAY, MONDAY + DAY, NOW)
    assert (found.given, found.measured, found.unmeasured) == (24 * 170, 24 * 150, 24 * 20)
    assert (found.coverage, found.complete) == (0.5, False)
    await village.measure(steady(MONDAY + 12 * HOUR, 25, wh=50, first=5_001_200), TWO)
    await village.settle()
    found = await village.database.read(feeders.balance, LINE, MONDAY, MONDAY + DAY, NOW)
    assert (found.unmeasured, found.coverage, found.complete) == (48 * 20, 1.0, True)
    assert await village.database.read(feeders.feeders, EVERYWHERE) == [LINE]
    assert await village.database.read(feeders.feeders, sa.false()) == []


async def test_a_meter_hangs_on_one_feeder_at_a_time_and_the_file_does_not_undo_people(village: MeterHub) -> None:
    other = MeterId("ngo-3", "lo-2")
    listed = [FeederSettings(feeder="ngo-3/lo-1", meters=["ngo-3/cong-to-1"])]
    write, read = village.database.write, village.database.read
    assert await write(feeders.apply_feeders, listed) == 1
    await write(feeders.hang, other, ONE, MONDAY, OFFICER)
    assert await write(feeders.apply_feeders, listed) == 0
    assert await read(feeders.feeder_of, ONE, MONDAY - 1) == LINE
    assert await read(feeders.feeder_of, ONE, MONDAY) == other
    await write(feeders.take_off, ONE, MONDAY + DAY)
    assert await read(feeders.feeder_of, ONE, MONDAY + DAY) is None
    assert await read(feeders.meters_of, LINE, MONDAY + DAY) == []


async def test_voltage_is_told_by_day_and_together(village: MeterHub) -> None:
    volts = [(MONDAY + n * HALF_HOUR, 190.0 if n in (3, 60) else 221.0) for n in range(96)]
    await village.measure(volts, quantity="voltage_l1")
    await village.settle()
    days = await village.database.read(voltage.by_day, ONE, MONDAY, MONDAY + 2 * DAY)
    assert [(day.known, day.low, day.high, day.sags) for day in days] == [(1440, 30, 0, 1)] * 2
    whole = voltage.together(days)
    assert whole is not None
    assert (whole.known, whole.low, whole.sags, whole.minimum) == (2880, 60, 2, 190.0)
    assert voltage.together([]) is None


async def test_estimates_do_not_make_data_complete_and_the_worst_stands_first(village: MeterHub) -> None:
    await village.measure([row for n, row in enumerate(steady()) if not 10 < n < 20])
    await village.settle()
    scores = await village.database.read(completeness.of_meters, EVERYWHERE, MONDAY, MONDAY + DAY, NOW)
    assert [(one.meter.device, one.known, one.measured, one.wanted) for one in scores] == [
        ("cong-to-2", 0, 0, 48), ("lo-1", 0, 0, 48), ("cong-to-1", 48, 38, 48),
    ]  # fmt: skip
    assert completeness.of_village(scores) == 38 / 144
    assert await village.database.read(completeness.of_meters, sa.false(), MONDAY, MONDAY + DAY, NOW) == []


async def test_a_half_hour_that_is_there_before_its_end_makes_nothing_more_than_complete(village: MeterHub) -> None:
    await village.measure(steady())
    await village.settle()
    early = MONDAY + 12 * HALF_HOUR - 60_000
    scores = await village.database.read(completeness.of_meters, EVERYWHERE, MONDAY, MONDAY + DAY, early)
    assert [(one.measured, one.wanted, one.completeness) for one in scores if one.known] == [(11, 11, 1.0)]
    (day,) = await village.database.read(totals.by_day, [ONE], MONDAY, MONDAY + DAY, early)
    assert (day.known, day.wanted, day.coverage) == (48, 11, 1.0)


async def test_an_import_is_judged_as_any_reading_and_never_replaces_one(village: MeterHub) -> None:
    rows = [Point(*ONE, IMPORT, at, value) for at, value in steady()]
    taken = await imports.bring_in(village.database, village.store, rows, NOW)
    assert taken == imports.Taken(new=49, same=0, different=0, future=0)
    other = [rows[0], rows[10]._replace(value=4.0), rows[11]._replace(ts=NOW + DAY)]
    assert await imports.bring_in(village.database, village.store, other, NOW) == imports.Taken(0, 1, 1, 1)
    await village.settle()
    found = await village.accepted()
    assert sum(one.wh or 0 for one in found) == 4800
    assert found[9] == Interval(MONDAY + 9 * HALF_HOUR, 100, Flag.ESTIMATED, Reason.DUPLICATE)
    with pytest.raises(ValueError, match="smoke_level"):
        await imports.bring_in(village.database, village.store, [rows[0]._replace(quantity="smoke_level")], NOW)


async def test_a_feeder_may_carry_what_a_house_may_not_and_a_meters_own_entry_counts_first(village: MeterHub) -> None:
    for meter in (ONE, LINE):
        await village.measure(steady(wh=20_000, first=999_500_000), meter)
    await village.settle()
    assert {one.flag for one in await village.accepted()} == {Flag.MISSING, Flag.SUSPECT}
    assert sum(one.wh or 0 for one in await village.accepted(LINE)) == 48 * 20_000
    own = MeterData.model_validate({"meters": [{"meter": "ngo-3/lo-1", "max_power_w": 9, "digits": 5}]})
    assert (own.parameters(LINE, "feeder").max_power_w, own.parameters(LINE, "feeder").top_wh) == (9, 100_000_000)
    assert (own.parameters(ONE, "feeder").max_power_w, own.parameters(ONE, "meter").max_power_w) == (630_000, 25_000)


async def test_daily_readings_of_half_a_year_are_judged_sheet_by_sheet_and_nothing_is_lost(village: MeterHub) -> None:
    rows = [(MONDAY - n * DAY, 9_000_000.0 - 4_801 * n) for n in range(180)]
    await imports.bring_in(village.database, village.store, [Point(*ONE, IMPORT, *row) for row in rows], NOW)
    await village.settle()
    found = await village.accepted()
    assert sum(one.wh or 0 for one in found) == 179 * 4_801
    assert {one.flag for one in found if one.start < MONDAY} == {Flag.ESTIMATED}


async def test_old_consumption_goes_and_young_stays(village: MeterHub) -> None:
    await village.measure(steady(count=97))
    await village.measure([(MONDAY, 220.0)], quantity="voltage_l1")
    await village.settle()
    now = MONDAY + 1096 * DAY + HOUR
    part = Housekeeping(village.database, retention.rules(1096), clock=lambda: now)
    await part.run_once()
    starts = await village.database.read(lambda connection: connection.scalars(sa.select(meter_day.c.start)).all())
    volts = await village.database.read(lambda connection: connection.scalars(sa.select(meter_voltage.c.start)).all())
    assert min(starts) == MONDAY + DAY
    assert list(volts) == []


async def test_a_meters_own_rates_stand_beside_our_hours_by_the_map_of_its_parameters(village: MeterHub) -> None:
    rates = {"energy_import_t1": 10, "energy_import_t2": 20, "energy_import_t4": 5}
    for name, wh in rates.items():
        await village.store.write([Point(*ONE, name, at, value) for at, value in steady(wh=wh)])
    await village.store.write([Point(*ONE, "energy_import_t3", MONDAY + n * HOUR, 10.0 - n) for n in range(3)])
    ask = (village.store, ONE, Parameters(), MONDAY, MONDAY + DAY)
    span = (MONDAY, MONDAY + DAY - HALF_HOUR)
    assert await by_rate(*ask) == {Period.STANDARD: (470, *span), Period.PEAK: (940, *span)}
    other = Parameters.model_validate({"rates": {"offpeak": "energy_import_t4"}})
    assert await by_rate(village.store, ONE, other, MONDAY, MONDAY + DAY) == {Period.OFFPEAK: (235, *span)}


# Outages


def marked(connection: Connection, device: str, at: int, *marks: str) -> None:
    body = {"kind": "device", "device": device, "condition": "unknown", "marks": list(marks)}
    connection.execute(node_event.insert().values(node="ngo-3", device=device, kind="device", at=at, body=body))


def silent_node(connection: Connection, since: int, until: int) -> None:
    known = {"severity": "high", "cause": "node_silent", "state": "new", "verdict": "unverified", "category": "fault"}
    times = {"happened": since, "opened": since, "changed": since}
    values = {"id": 7, "code": "SC-2026-0007", "condition": "active", "place_words": "Ngõ 3", **known, **times}
    connection.execute(incident.insert().values(**values))
    del known["state"], known["verdict"]
    fields = {"node": "ngo-3", "occurrence": "0" * 16, "incident": 7, "device": "node", "phase": "raised"}
    standing = {"evidence": "single_detector", "condition": "cleared", "frame_at": since, "received_at": since}
    connection.execute(alarm.insert().values(**fields, **known, **standing))
    data = {"phase": "cleared", "node": "ngo-3", "cause": "node_silent"}
    connection.execute(incident_entry.insert().values(incident=7, at=until, kind="alarm", data=data))


async def test_a_mains_mark_is_an_outage_and_a_silent_node_is_unknown(village: MeterHub) -> None:
    await village.database.write(marked, "cong-to-1", MONDAY + HOUR, "mains_lost")
    await village.database.write(marked, "cong-to-1", MONDAY + 2 * HOUR)
    await village.database.write(silent_node, MONDAY + 5 * HOUR, MONDAY + 6 * HOUR)
    found = await village.database.read(outages.outages, EVERYWHERE, MONDAY, MONDAY + DAY, NOW)
    assert found == [
        Outage("ngo-3", None, MONDAY + HOUR, MONDAY + 2 * HOUR, Sign.MAINS, (ONE,)),
        Outage("ngo-3", None, MONDAY + 5 * HOUR, MONDAY + 6 * HOUR, Sign.UNKNOWN),
    ]
    assert found[0].minutes(NOW) == 60
    assert await village.database.read(outages.outages, sa.false(), MONDAY, MONDAY + DAY, NOW) == []
    assert await village.database.read(outages.outages, EVERYWHERE, MONDAY + DAY, MONDAY + 2 * DAY, NOW) == []


async def test_meters_of_a_feeder_that_fall_silent_together_are_an_outage_and_one_alone_is_not(
    village: MeterHub,
) -> None:
    for meter in (ONE, TWO):
        await village.database.write(feeders.hang, LINE, meter, 0, None)
    await village.database.write(marked, "cong-to-1", MONDAY + HOUR, "comms_lost")
    (nothing) = await village.database.read(outages.outages, EVERYWHERE, MONDAY, MONDAY + DAY, NOW)
    assert nothing == []
    await village.database.write(marked, "cong-to-2", MONDAY + HOUR + HALF_HOUR, "comms_lost")
    (going_on,) = await village.database.read(outages.outages, EVERYWHERE, MONDAY, MONDAY + DAY, NOW)
    assert going_on == Outage("ngo-3", LINE, MONDAY + HOUR, None, Sign.METERS, (ONE, TWO))
    await village.database.write(marked, "cong-to-2", MONDAY + 3 * HOUR)
    (over,) = await village.database.read(outages.outages, EVERYWHERE, MONDAY, MONDAY + DAY, NOW)
    assert over.end == MONDAY + 3 * HOUR


def test_minutes_without_power_count_once_for_a_feeder_and_unknown_ones_do_not() -> None:
    found = [
        Outage("ngo-3", LINE, MONDAY - HOUR, MONDAY + HOUR, Sign.METERS),
        Outage("ngo-3", LINE, MONDAY + HALF_HOUR, MONDAY + 2 * HOUR, Sign.METERS),
        Outage("ngo-3", LINE, MONDAY + 5 * HOUR, None, Sign.METERS),
        Outage("ngo-3", LINE, MONDAY + 3 * HOUR, MONDAY + 4 * HOUR, Sign.UNKNOWN),
        Outage("ngo-3", None, MONDAY, MONDAY + HOUR, Sign.MAINS),
    ]
    now = MONDAY + 5 * HOUR + HALF_HOUR
    assert outages.minutes_by_feeder(found, MONDAY, MONDAY + DAY, now) == {LINE: 120 + 30}


def test_meters_that_fall_silent_one_after_the_other_are_no_outage() -> None:
    silent = [Span(ONE, MONDAY, MONDAY + HOUR), Span(TWO, MONDAY + HOUR, MONDAY + 2 * HOUR)]
    assert outages.of_feeder(LINE, [ONE, TWO], silent) == []
    many = [MeterId("ngo-3", f"ct-{n}") for n in range(5)]
    assert outages.of_feeder(LINE, many, [Span(one, MONDAY, None) for one in many[:2]]) == []
    assert len(outages.of_feeder(LINE, many, [Span(one, MONDAY, None) for one in many[:3]])) == 1
