"""Consumption as differences of registers, gaps as gaps, and the pages that show them."""

import re
from datetime import date

import pytest

from keng_hub.store import StoreUnavailable
from keng_hub.web import languages
from keng_hub.web.consumption import slots, used
from keng_hub.web.spans import span_of
from support.office import Office, add_readings
from support.visitor import Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
MINUTE = 60_000
HALF = 30 * MINUTE


async def test_a_slot_holds_the_difference_of_the_registers_at_its_borders() -> None:
    registers = [(n * HALF, 1000.0 + 250 * n, 0) for n in range(4)]
    cut = slots(registers, [], 0, 3 * HALF, HALF)
    assert [slot.energy for slot in cut] == [250, 250, 250]


async def test_a_missing_reading_makes_gaps_and_nothing_is_invented() -> None:
    registers = [(n * HALF, 1000.0 + 250 * n, 0) for n in (0, 1, 4, 5)]
    cut = slots(registers, [], 0, 5 * HALF, HALF)
    assert [slot.energy for slot in cut] == [250, None, None, None, 250]


@pytest.mark.parametrize("after", [5.0, 0.0])
async def test_a_rollover_or_an_exchanged_meter_is_a_gap_and_never_negative(after: float) -> None:
    registers = [(0, 99_000.0, 0), (HALF, 99_500.0, 0), (2 * HALF, after, 0), (3 * HALF, after + 100, 0)]
    assert [slot.energy for slot in slots(registers, [], 0, 3 * HALF, HALF)] == [500, None, 100]
    assert used(registers) == 600


async def test_a_reading_a_little_late_still_counts_for_its_border() -> None:
    registers = [(20_000, 10.0, 0), (HALF + 45_000, 30.0, 0)]
    assert slots(registers, [], 0, HALF, HALF)[0].energy == 20
    assert slots([(20_000, 10.0, 0), (HALF + 90_000, 30.0, 0)], [], 0, HALF, HALF)[0].energy is None


async def test_the_worse_quality_of_two_readings_is_the_slots() -> None:
    assert slots([(0, 1.0, 0), (HALF, 2.0, 2)], [], 0, HALF, HALF)[0].quality == 2


async def test_power_is_the_mean_of_the_slot_or_nothing() -> None:
    powers = [(0, 100.0, 0), (HALF - 1, 300.0, 0), (2 * HALF, 500.0, 0)]
    assert [slot.power for slot in slots([], powers, 0, 3 * HALF, HALF)] == [200, None, 500]


async def test_one_reading_is_no_consumption() -> None:
    assert used([]) is None
    assert used([(0, 5.0, 0)]) is None


async def test_days_months_and_years_begin_at_midnight_in_vietnam() -> None:
    now = languages.to_ms(date(2026, 11, 23)) + 14 * 3_600_000
    day = span_of("day", date(2026, 11, 22), now)
    assert languages.iso(day.start) == "2026-11-22T00:00:00.000+07:00"
    assert (day.before, day.after) == (date(2026, 11, 21), date(2026, 11, 23))
    month = span_of("month", date(2026, 1, 31), now)
    assert (month.first, month.last) == (date(2026, 1, 1), date(2026, 1, 31))
    assert (month.before, month.after) == (date(2025, 12, 1), date(2026, 2, 1))
    year = span_of("year", date(2024, 2, 29), now)
    assert (year.before, year.first, year.last) == (date(2023, 1, 1), date(2024, 1, 1), date(2024, 12, 31))
    assert year.end - year.start == 366 * 24 * 3_600_000


async def _duty(office: Office, visitors: Visitors) -> Visitor:
    await office.add_account("truc", "duty")
    return await visitors("truc")


async def test_all_meters_are_listed_with_their_latest_values(office: Office, visitors: Visitors) -> None:
    await add_readings(office, minutes=60)
    text = (await (await _duty(office, visitors)).get("/meters")).text
    assert "Công tơ đèn đường ngõ 3" in text
    assert re.search(r"1\.23\d,\d\d", text)


async def test_the_table_holds_what_the_chart_draws(office: Office, visitors: Visitors) -> None:
    await add_readings(office, minutes=120, step=1, gap=range(20, 30))
    text = (await (await _duty(office, visitors)).get("/meters/ngo-3/cong-to-1?range=hour")).text
    rows = re.findall(r'<tr data-start="(\d+)" data-energy="([^"]*)" data-power="([^"]*)">', text)
    assert len(rows) in (59, 60, 61)
    assert 9 <= sum(energy == "" for _, energy, _ in rows) <= 12
    assert "để trống, không nội suy" in text
    assert "thiếu dữ liệu" in text


@pytest.mark.parametrize("kind", ["day", "month", "year", "day&date=2020-01-01", "hour"])
async def test_a_range_without_readings_is_no_error(office: Office, visitors: Visitors, kind: str) -> None:
    answer = await (await _duty(office, visitors)).get(f"/meters/ngo-3/cong-to-1?range={kind}")
    assert answer.status == 200
    assert "chưa có" in answer.text


async def test_the_title_says_which_range_is_shown(office: Office, visitors: Visitors) -> None:
    duty = await _duty(office, visitors)
    month = (await duty.get("/meters/ngo-3/cong-to-1?range=month&date=2026-11-18")).text
    assert "Tháng 11/2026" in month
    assert "Năm 2026" in (await duty.get("/meters/ngo-3/cong-to-1?range=year&date=2026-11-18")).text
    assert "Ngày 18/11/2026" in (await duty.get("/meters/ngo-3/cong-to-1?date=2026-11-18")).text


async def test_a_store_that_is_away_is_said_plainly_and_the_meters_stay(
    office: Office, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreUnavailable("down for the test")

    duty = await _duty(office, visitors)
    monkeypatch.setattr(office.store, "latest", away)
    monkeypatch.setattr(office.store, "range", away)
    listed = await duty.get("/meters")
    assert listed.status == 200
    assert "Kho số đo không trả lời" in listed.text
    assert "Công tơ đèn đường ngõ 3" in listed.text
    day = await duty.get("/meters/ngo-3/cong-to-1")  # what was accepted is in the database
    assert day.status == 200
    assert "Kho số đo không trả lời" in day.text
    assert (await duty.get("/meters/ngo-3/cong-to-1?range=hour")).status == 503


async def test_a_slot_that_still_runs_is_no_gap() -> None:
    registers = [(0, 1.0, 0), (HALF, 2.0, 0)]
    assert [slot.energy for slot in slots(registers, [], 0, HALF + 5 * MINUTE, HALF)] == [1]
    registers.append((HALF + 4 * MINUTE, 2.5, 0))
    assert [slot.energy for slot in slots(registers, [], 0, HALF + 5 * MINUTE, HALF)] == [1, 0.5]
