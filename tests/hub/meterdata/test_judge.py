"""Readings become accepted half hours, from the journal on, whatever comes late, twice or from another meter."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import registry
from keng_hub.arrivals import Arrival
from keng_hub.database import Database
from keng_hub.meterdata import corrections, desk, dirty, fresh, judge, questions, split, totals
from keng_hub.meterdata.flags import Answer, Flag, Kind, Reason
from keng_hub.meterdata.judge import Judge
from keng_hub.meterdata.questions import Refused
from keng_hub.meterdata.settings import MeterData
from keng_hub.meterdata.sheet import Interval, MeterId, Sheet
from keng_hub.meterdata.tariffs import Tariffs
from keng_hub.store.influx import InfluxStore
from keng_hub.tables import journal, meter_doubt, meter_version
from keng_wire.conditions import ClockQuality
from keng_wire.event import MeterSeen
from keng_wire.message import EventMessage
from keng_wire.reading import Quality, Reading
from support.influxd import Influxd
from support.meter_hub import OFFICER, MeterHub, settle_meters
from support.meter_sheets import DAY, HALF_HOUR, HOUR, IMPORT, METER, MONDAY, steady

EVERYWHERE = sa.true()


def waiting_messages(connection: Connection) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(journal)) or 0


def doubts(connection: Connection) -> list[tuple[str, list[float]]]:
    return [(row.reason, row.seen) for row in connection.execute(sa.select(meter_doubt))]


def versions(connection: Connection) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(meter_version)) or 0


def see(connection: Connection, serial: str, at: int) -> None:
    body = MeterSeen(device=METER.device, serial=serial)
    fields = {
        "node": METER.node, "stream": "0badcafe", "number": 1, "boot": "0badb007", "at": at, "class": "event",
        "clock": ClockQuality.SYNCED, "up": 1, "body": body,
    }  # fmt: skip
    message = EventMessage.model_validate(fields)
    registry.apply_event(connection, Arrival(METER.node, message, at, False, at, False), at)


async def day_of_messages(hub: MeterHub) -> None:
    for at, value in steady():
        await hub.arrive([Reading("cong-to-1", IMPORT, 0, value)], at)


async def test_messages_become_accepted_half_hours_and_leave_the_journal_only_then(hub: MeterHub) -> None:
    await day_of_messages(hub)
    await hub.forwarder.run_once()
    assert await hub.database.read(waiting_messages) == 49
    await hub.settle()
    await hub.settle()
    assert await hub.database.read(waiting_messages) == 0
    assert [one.wh for one in (await hub.accepted())[:48]] == [100] * 48
    assert {one.flag for one in (await hub.accepted())[:48]} == {Flag.MEASURED}


async def test_a_suspect_frame_of_the_node_gives_no_accepted_value(hub: MeterHub) -> None:
    for n, (at, value) in enumerate(steady()):
        quality = Quality.SUSPECT if n == 5 else Quality.MEASURED
        await hub.arrive([Reading("cong-to-1", IMPORT, 0, 9e7 if n == 5 else value, quality)], at)
    await hub.settle()
    assert (await hub.accepted())[4:6] == [
        Interval(MONDAY + n * HALF_HOUR, 100, Flag.ESTIMATED, Reason.FRAME) for n in (4, 5)
    ]


async def test_late_readings_replace_an_estimate_and_the_estimate_is_kept(hub: MeterHub) -> None:
    rows = [(at, value + 7 * (n % 3)) for n, (at, value) in enumerate(steady())]
    await hub.measure([row for n, row in enumerate(rows) if not 10 < n < 20])
    await hub.settle()
    assert (await hub.accepted())[12].flag is Flag.ESTIMATED
    await hub.measure(rows[11:20])
    await hub.settle()
    assert [one.flag for one in (await hub.accepted())[:48]] == [Flag.MEASURED] * 48
    kept = await hub.database.read(corrections.versions, METER, MONDAY, MONDAY + DAY)
    assert [(one.start, one.flag) for one in kept] == [(MONDAY + n * HALF_HOUR, Flag.ESTIMATED) for n in range(10, 20)]


async def test_the_same_readings_again_change_nothing(hub: MeterHub) -> None:
    await hub.measure([row for n, row in enumerate(steady(count=200)) if n % 17])
    await hub.settle()
    before = await hub.accepted()
    await hub.measure([row for n, row in enumerate(steady(count=200)) if n % 17])
    await hub.settle()
    assert await hub.accepted() == before
    assert await hub.database.read(versions) == 0


async def test_two_values_for_one_moment_and_a_stamp_in_the_future_are_written_down(hub: MeterHub) -> None:
    await hub.measure(steady())
    at = MONDAY + HOUR
    await hub.arrive([Reading("cong-to-1", IMPORT, 0, 5_000_200), Reading("cong-to-1", IMPORT, 0, 5_000_210)], at)
    await hub.arrive([Reading("cong-to-1", IMPORT, 3 * HOUR, 5_000_900)], at)
    await hub.settle()
    assert sorted(await hub.database.read(doubts)) == [("duplicate", [5_000_200, 5_000_210]), ("future", [5_000_900])]
    assert [one.flag for one in (await hub.accepted())[:10]] == [
        *(Flag.MEASURED, Flag.ESTIMATED, Flag.ESTIMATED, Flag.MEASURED, Flag.MEASURED),
        *(Flag.MEASURED, Flag.MEASURED, Flag.ESTIMATED, Flag.ESTIMATED, Flag.MEASURED),
    ]


async def test_an_exchanged_meter_is_asked_about_and_the_answer_begins_a_new_line(hub: MeterHub) -> None:
    when = MONDAY + 10 * HOUR
    await hub.database.write(see, "111", MONDAY)
    await hub.measure(steady(count=20))
    await hub.database.write(see, "222", when)
    await hub.measure(steady(when, 29, first=700))
    await hub.settle()
    (asked,) = await hub.database.read(questions.questions, EVERYWHERE)
    assert (asked.kind, asked.at, asked.details) == (Kind.EXCHANGE, when, {"serial": "222", "before": "111"})
    assert sum(one.wh or 0 for one in await hub.accepted()) == 1900
    arguments = (EVERYWHERE, asked.id, OFFICER, Answer.EXCHANGED, "biên bản thay công tơ", hub.now)
    await hub.database.write(questions.decide, *arguments)
    await hub.settle()
    assert await hub.database.read(questions.questions, EVERYWHERE) == []
    assert sum(one.wh or 0 for one in await hub.accepted()) == 1900 + 2800
    (answered,) = await hub.database.read(questions.questions, EVERYWHERE, "answered")
    assert (answered.answer, answered.account, answered.reason) == (
        *(Answer.EXCHANGED, OFFICER, "biên bản thay công tơ"),
    )
    with pytest.raises(Refused, match="answered"):
        await hub.database.write(questions.decide, *arguments)


async def test_the_reading_in_which_another_number_was_told_waits_as_well(hub: MeterHub) -> None:
    when = MONDAY + 10 * HOUR
    await hub.database.write(see, "111", MONDAY + 40_000)
    await hub.measure([*steady(count=20), *steady(when, 3, first=5_002_100)])  # higher, and possible
    await hub.database.write(see, "222", when + 40_000)
    await hub.settle()
    assert sum(one.wh or 0 for one in await hub.accepted()) == 1900
    (asked,) = await hub.database.read(questions.questions, EVERYWHERE)
    answer = (EVERYWHERE, asked.id, OFFICER, Answer.EXCHANGED, "x", hub.now)
    await hub.database.write(questions.decide, *answer)
    await hub.settle()
    assert sum(one.wh or 0 for one in await hub.accepted()) == 1900 + 200
    await hub.measure(steady(when + 3 * HALF_HOUR, 3, first=5_002_400))
    await hub.settle()
    assert sum(one.wh or 0 for one in await hub.accepted()) == 1900 + 500


@pytest.mark.expects_log("meter ngo-3/cong-to-1 cannot be judged")
async def test_a_meter_that_breaks_the_steps_does_not_hold_up_the_others(
    hub: MeterHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = desk.decide

    def breaks(work: desk.Work, raw: desk.Raw) -> Sheet:
        if work.sheet.meter == METER:
            raise ZeroDivisionError
        return whole(work, raw)

    monkeypatch.setattr(desk, "decide", breaks)
    other = MeterId("ngo-3", "cong-to-2")
    await hub.measure(steady())
    await hub.measure(steady(), other)
    assert not await hub.judge.run_once()
    assert not await hub.judge.run_once()
    assert sum(one.wh or 0 for one in await hub.accepted(other)) == 4800
    assert await hub.judge.health() == (False, "cannot be judged: ngo-3/cong-to-1")
    monkeypatch.setattr(desk, "decide", whole)
    await hub.measure([(MONDAY + DAY + HOUR, 5_005_000.0)])
    await hub.settle()
    assert sum(one.wh or 0 for one in await hub.accepted()) == 5000
    assert (await hub.judge.health()).ok


async def test_a_question_is_withdrawn_when_late_readings_answer_it(hub: MeterHub) -> None:
    rows = steady()
    await hub.measure([*rows[:10], (rows[10][0], 5.0), (rows[11][0], 6.0)])
    await hub.settle()
    assert [one.kind for one in await hub.database.read(questions.questions, EVERYWHERE)] == [Kind.FELL]
    await hub.measure(rows[12:])
    await hub.settle()
    assert await hub.database.read(questions.questions, EVERYWHERE) == []
    assert sum(one.wh or 0 for one in await hub.accepted()) == 4800


async def test_a_question_of_a_week_ago_is_withdrawn_as_well(hub: MeterHub) -> None:
    await hub.measure(steady(count=10))
    await hub.measure(steady(MONDAY + DAY, 2, first=3))
    await hub.settle()
    assert [one.at for one in await hub.database.read(questions.questions, EVERYWHERE)] == [MONDAY + DAY]
    await hub.measure(steady(MONDAY + 8 * DAY, 2, first=5_030_000))
    await hub.settle()
    assert await hub.database.read(questions.questions, EVERYWHERE) == []


@pytest.mark.parametrize("backwards", [False, True])
async def test_what_a_gap_of_weeks_held_stands_on_the_day_it_ended(hub: MeterHub, backwards: bool) -> None:
    parts = [steady(count=9), steady(MONDAY + 20 * DAY, 9, first=5_090_000)]
    for part in reversed(parts) if backwards else parts:
        await hub.measure(part)
        await hub.settle()
    days = await hub.database.read(totals.by_day, [METER], MONDAY, MONDAY + 21 * DAY, hub.now)
    assert sum(day.energy for day in days) == 1600
    assert [(day.start, day.unplaced) for day in days if day.unplaced] == [(MONDAY + 20 * DAY, 89_200)]
    assert await hub.database.read(totals.by_day, [], MONDAY, MONDAY + 1, hub.now) == [totals.Sum(MONDAY, MONDAY + DAY)]


async def test_a_decision_needs_a_fitting_answer_a_reason_and_the_right_place(hub: MeterHub) -> None:
    await hub.measure(steady(count=10) + steady(MONDAY + 5 * HOUR, 5, first=3))
    await hub.settle()
    (asked,) = await hub.database.read(questions.questions, EVERYWHERE)
    for scope, answer, reason, code in (
        (sa.false(), Answer.MISTAKE, "x", "gone"),
        (EVERYWHERE, Answer.EXPLAINED, "x", "answer"),
        (EVERYWHERE, Answer.MISTAKE, " ", "reason"),
    ):
        with pytest.raises(Refused, match=code):
            await hub.database.write(questions.decide, scope, asked.id, OFFICER, answer, reason, hub.now)
    assert await hub.database.read(questions.questions, sa.false()) == []


async def test_a_correction_is_a_new_version_with_a_name_and_may_be_taken_back(hub: MeterHub) -> None:
    await hub.measure(steady())
    await hub.settle()
    place = METER, IMPORT, MONDAY + HOUR
    await hub.database.write(corrections.correct, *place, 130, OFFICER, "đọc lại bằng mắt", hub.now)
    await hub.settle()
    assert (await hub.accepted())[2] == Interval(MONDAY + HOUR, 130, Flag.EDITED, Reason.PERSON)
    await hub.database.write(corrections.correct, *place, None, OFFICER, "nhầm", hub.now + 1)
    await hub.settle()
    assert (await hub.accepted())[2] == Interval(MONDAY + HOUR, 100, Flag.MEASURED)
    acts = await hub.database.read(corrections.edits, METER, MONDAY, MONDAY + DAY)
    assert [(act.wh, act.by, act.reason) for act in acts] == [
        (130, "Nguyễn Văn Mẫu", "đọc lại bằng mắt"),
        (None, "Nguyễn Văn Mẫu", "nhầm"),
    ]
    kept = await hub.database.read(corrections.versions, METER, MONDAY, MONDAY + DAY)
    assert [(one.wh, one.flag) for one in kept] == [(100, Flag.MEASURED), (130, Flag.EDITED)]


@pytest.mark.parametrize(("start", "wh"), [(MONDAY + 1, 5), (MONDAY, -1), (MONDAY + 400 * DAY, 5)])
async def test_a_correction_of_no_half_hour_is_refused(hub: MeterHub, start: int, wh: int) -> None:
    with pytest.raises(Refused, match="range"):
        await hub.database.write(corrections.correct, METER, IMPORT, start, wh, OFFICER, "x", hub.now)


async def test_a_register_that_waits_for_weeks_is_judged_from_its_last_accepted_reading(hub: MeterHub) -> None:
    await hub.measure(steady(count=10))
    await hub.settle()
    for day in range(1, 12):
        await hub.measure(steady(MONDAY + day * DAY, 48, first=100 + 4800 * day))
        await hub.settle()
    (asked,) = await hub.database.read(questions.questions, EVERYWHERE)
    assert (asked.kind, asked.at) == (Kind.FELL, MONDAY + DAY)
    await hub.database.write(questions.decide, EVERYWHERE, asked.id, OFFICER, Answer.EXCHANGED, "x", hub.now)
    await hub.settle()
    assert sum(one.wh or 0 for one in await hub.accepted()) == 900 + 11 * 4800 - 100


async def test_a_meter_that_is_read_each_minute_is_judged_once_a_half_hour_has_ended(hub: MeterHub) -> None:
    for minute in range(34):
        hub.now = MONDAY + minute * 60_000
        await hub.arrive([Reading("cong-to-1", IMPORT, 0, 1000.0 + minute)], hub.now)
        await hub.settle()
        known = [one.wh for one in await hub.accepted() if one.wh is not None]
        assert known == ([30] if minute == 33 else [])
    assert await hub.database.read(versions) == 0


def test_readings_wait_until_all_are_in_that_may_count_for_the_border_they_reached() -> None:
    minute = 60_000
    after = MONDAY + 3 * minute
    assert fresh.due(MONDAY + 2 * minute, MONDAY + 2 * minute) == after
    assert fresh.due(MONDAY - 2 * minute, MONDAY - 2 * minute) == after
    assert fresh.due(MONDAY - 10 * minute, MONDAY + 10 * minute) == after
    assert fresh.due(MONDAY + 4 * minute, MONDAY + 26 * minute) == after + HALF_HOUR


async def test_days_whose_raw_readings_are_deleted_stay_as_they_were_accepted(hub: MeterHub) -> None:
    await hub.measure(steady(count=97))
    await hub.settle()
    before = await hub.accepted()
    await hub.store.delete_before(MONDAY + DAY)
    later = Judge(hub.database, hub.store, keep_days=38, clock=lambda: hub.now)  # MONDAY + 40 days
    await hub.database.write(dirty.mark, METER, MONDAY, MONDAY + 3 * DAY)
    await later.run_once()
    assert await hub.accepted() == before


async def test_days_are_split_again_when_the_tariff_hours_of_the_configuration_change(
    hub: MeterHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.measure(steady(count=48 * 5 + 1))
    await hub.settle()
    await hub.judge.begin()
    ask = [METER], MONDAY, MONDAY + DAY, hub.now
    (before,) = await hub.database.read(totals.by_day, *ask)
    rows = [{"days": ["weekday"], "period": "peak", "hours": ["08:00-09:00"]}]
    changed = MeterData.model_validate({"tariffs": [{"since": "2026-09-01", "rows": rows}]})
    monkeypatch.setattr(judge, "DAYS", 2)
    await Judge(hub.database, hub.store, changed, clock=lambda: hub.now).begin()
    (after,) = await hub.database.read(totals.by_day, *ask)
    assert (before.standard, before.peak, before.offpeak) == (2600, 1000, 1200)
    assert (after.standard, after.peak, after.offpeak) == (4600, 200, 0)
    assert await hub.database.read(split.is_current, Tariffs(changed.tariffs))
    assert not await hub.database.read(split.is_current, Tariffs())


async def test_influxdb_gives_the_same(database: Database, influxd: Influxd, tmp_path: Path) -> None:
    await database.write(settle_meters)
    async with InfluxStore(influxd.url, f"kengmeter{tmp_path.name[-8:].replace('-', '')}/autogen", "v1") as store:
        hub = MeterHub(database, store)
        await day_of_messages(hub)
        await hub.settle()
        assert [one.wh for one in (await hub.accepted())[:48]] == [100] * 48
