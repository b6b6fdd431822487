"""The twelve steps one by one, each with what it accepts and what it refuses."""

from pathlib import Path

import pytest

from keng_hub.meterdata import steps
from keng_hub.meterdata.flags import Answer, Flag, Kind, Reason
from keng_hub.meterdata.parameters import Parameters
from keng_hub.meterdata.sheet import Interval, Key, PastDay, Sighting
from keng_hub.meterdata.steps import STEPS
from keng_hub.meterdata.tariffs import Period
from support.meter_sheets import DAY, HALF_HOUR, HOUR, IMPORT, MONDAY, at, judged, known, reasons, sheet, steady


def test_the_steps_stand_in_the_order_of_the_design_and_each_is_a_file() -> None:
    names = [step.__module__.rpartition(".")[2] for step in STEPS]
    assert names == [
        *("frame", "identity", "times", "limits", "duplicates", "falls"),
        *("spikes", "sums", "stuck", "gaps", "derived", "late"),
    ]
    assert {file.stem for file in Path(steps.__file__).parent.glob("*.py")} == {"__init__", *names}


def test_a_whole_day_is_measured_and_nobody_is_asked() -> None:
    made = judged(steady())
    assert known(made) == [100] * 48
    assert {one.flag for one in made.intervals[IMPORT]} == {Flag.MEASURED}
    assert made.questions == {}


# 1
def test_a_frame_whose_check_failed_gives_no_accepted_value() -> None:
    wanted = sheet(steady())
    wanted.of(IMPORT)[10].raw_quality = 1
    wanted.of(IMPORT)[10].value = 5_001_000  # even when its value is right
    made = steps.judge(wanted)
    assert reasons(made) == {10: "frame"}
    assert at(made, 9) == Interval(MONDAY + 9 * HALF_HOUR, 100, Flag.ESTIMATED, Reason.FRAME)
    assert sum(known(made)) == 4800


# 2
def test_another_serial_number_waits_for_a_person() -> None:
    sightings = [Sighting(MONDAY - DAY, "111"), Sighting(MONDAY + 10 * HOUR, "222")]
    made = judged(steady(count=20) + steady(MONDAY + 10 * HOUR, 29, first=7_000), sightings=sightings)
    assert list(made.questions) == [Key(Kind.EXCHANGE, "", MONDAY + 10 * HOUR)]
    assert made.questions[Key(Kind.EXCHANGE, "", MONDAY + 10 * HOUR)] == {"serial": "222", "before": "111"}
    assert set(reasons(made).values()) == {"identity"}
    assert sum(known(made)) == 19 * 100
    assert at(made, 30).flag is Flag.SUSPECT


def test_an_exchanged_meter_begins_a_new_line_without_a_step_between() -> None:
    when = MONDAY + 10 * HOUR
    sightings = [Sighting(MONDAY - DAY, "111"), Sighting(when, "222")]
    answers = {Key(Kind.EXCHANGE, "", when): Answer.EXCHANGED}
    made = judged(steady(count=20) + steady(when, 29, first=7_000), sightings=sightings, answers=answers)
    assert made.questions == {}
    assert sum(known(made)) == 19 * 100 + 28 * 100
    assert at(made, 19) == Interval(MONDAY + 19 * HALF_HOUR, None, Flag.MISSING, Reason.GAP)


def test_a_foreign_meter_by_mistake_is_never_accepted_and_the_own_one_goes_on() -> None:
    when = MONDAY + 10 * HOUR
    sightings = [Sighting(MONDAY - DAY, "111"), Sighting(when, "222"), Sighting(when + HOUR, "111")]
    foreign = [(when, 9e6), (when + HALF_HOUR, 9e6)]
    answers = {Key(Kind.EXCHANGE, "", when): Answer.MISTAKE}
    made = judged([*steady(count=20), *foreign, *steady()[22:]], sightings=sightings, answers=answers)
    assert made.questions == {}
    assert sum(known(made)) == 4800
    assert [at(made, n).flag for n in (18, 19, 20, 21, 22)] == [
        *(Flag.MEASURED, Flag.ESTIMATED, Flag.ESTIMATED, Flag.ESTIMATED, Flag.MEASURED)
    ]


# 3
def test_a_clock_a_minute_off_is_asked_about_and_its_values_count() -> None:
    made = judged(steady(), others={"clock_drift": [(MONDAY + HOUR, -61)]})
    assert made.questions == {Key(Kind.CLOCK, "", MONDAY): {"seconds": -61}}
    assert sum(known(made)) == 4800
    assert judged(steady(), others={"clock_drift": [(MONDAY + HOUR, 60)]}).questions == {}


def test_with_a_clock_more_than_half_an_interval_off_nothing_is_placed() -> None:
    made = judged(steady(), others={"clock_drift": [(MONDAY + 12 * HOUR, 901), (MONDAY + 18 * HOUR, 0)]})
    assert set(reasons(made)) == set(range(24, 36))
    assert set(reasons(made).values()) == {"clock"}
    assert at(made, 30).flag is Flag.ESTIMATED


def test_a_stamp_in_the_future_is_suspect() -> None:
    made = judged(steady(), doubted={(IMPORT, MONDAY + HOUR): Reason.FUTURE})
    assert reasons(made) == {2: "future"}


# 4
@pytest.mark.parametrize(
    ("quantity", "value", "fine"),
    [
        ("voltage_l1", 109.9, False), ("voltage_l1", 110, True), ("voltage_l1", 330, True), ("voltage_l1", 331, False),
        ("power", 40_000, False), ("power", -100, True), ("energy_export", -1, False), ("energy_export", 1e9, False),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused(quantity: str, value: float, fine: bool) -> None:
    made = judged(steady(), others={quantity: [(MONDAY, value)]})
    assert [one.placed for one in made.of(quantity)] == [fine]


# 5
def test_the_same_reading_twice_is_dropped_and_two_different_ones_are_suspect() -> None:
    made = judged([*steady(), (MONDAY + HOUR, 5_000_200.0), (MONDAY + 2 * HOUR, 5_000_410.0)])
    assert reasons(made) == {4: "duplicate"}
    assert len(made.of(IMPORT)) == 49
    assert sum(known(made)) == 4800
    told = judged(steady(), doubted={(IMPORT, MONDAY + HOUR): Reason.DUPLICATE})
    assert reasons(told) == {2: "duplicate"}


# 6
def test_a_register_rolls_over_at_its_top_when_the_step_is_possible() -> None:
    top = Parameters().top_wh
    rows = [(MONDAY + n * HALF_HOUR, float((top - 1000 + n * 100) % top)) for n in range(49)]
    made = judged(rows)
    assert known(made) == [100] * 48
    assert made.ends[IMPORT][MONDAY].line == 3700  # as the register shows it


def test_a_register_that_falls_far_from_its_top_waits_for_a_person_and_is_never_negative() -> None:
    made = judged(steady(count=20) + steady(MONDAY + 10 * HOUR, 29, first=0))
    fell = Key(Kind.FELL, IMPORT, MONDAY + 10 * HOUR)
    assert made.questions == {fell: {"before": 5_001_900, "after": 0}}
    assert sum(known(made)) == 1900
    answered = judged(steady(count=20) + steady(MONDAY + 10 * HOUR, 29, first=0), answers={fell: Answer.EXCHANGED})
    assert answered.questions == {}
    assert sum(known(answered)) == 1900 + 2800


def test_near_the_top_a_fall_with_an_impossible_step_is_no_rollover() -> None:
    top = Parameters().top_wh
    rows = [(MONDAY, top - 1000.0), (MONDAY + HALF_HOUR, 500_000.0), (MONDAY + HOUR, 500_100.0)]
    made = judged(rows)
    assert [key.kind for key in made.questions] == [Kind.FELL]
    assert known(made) == []


def test_one_low_reading_is_passed_over_without_a_question() -> None:
    rows = steady()
    rows[7] = (rows[7][0], 12.0)
    made = judged(rows)
    assert reasons(made) == {7: "fell"}
    assert made.questions == {}
    assert sum(known(made)) == 4800


def test_a_hair_lower_at_the_same_moment_by_another_clock_is_no_fall() -> None:
    made = judged([*steady(), (MONDAY + HOUR + 4000, 5_000_190.0)])
    assert made.questions == {}
    assert sum(known(made)) == 4800


# 7
def test_a_leap_beyond_the_maximum_power_is_suspect_and_makes_no_giant_half_hour() -> None:
    rows = steady()
    rows[7] = (rows[7][0], 5_900_000.0)
    made = judged(rows)
    assert reasons(made) == {7: "spike"}
    assert known(made) == [100] * 48
    assert at(made, 6) == Interval(MONDAY + 6 * HALF_HOUR, 100, Flag.ESTIMATED, Reason.SPIKE)


def test_a_register_that_stays_up_there_is_asked_about_and_time_alone_does_not_accept_it() -> None:
    rows = steady(count=10) + steady(MONDAY + 5 * HOUR, 39, first=5_100_000)
    made = judged(rows)
    jump = Key(Kind.JUMP, IMPORT, MONDAY + 5 * HOUR)
    assert made.questions == {jump: {"before": 5_000_900, "after": 5_100_000}}
    assert sum(known(made)) == 900
    assert sum(known(judged(rows, answers={jump: Answer.EXCHANGED}))) == 900 + 3800


# 8
def test_rates_that_do_not_add_up_make_the_total_suspect_until_it_is_explained() -> None:
    total = steady()
    rates = {
        "energy_import_t1": [(moment, value - 2_000_000) for moment, value in total],
        "energy_import_t2": [(moment, 2_000_000.0 + 30) for moment, _ in total],
    }
    assert judged(total, others=rates).questions == {}  # one last digit of each of the three registers
    rates["energy_import_t2"] = [(moment, 2_000_031.0) for moment, _ in total]
    made = judged(total, others=rates)
    key = Key(Kind.RATES, IMPORT, 0)
    assert made.questions[key] == {"total": 5_000_000, "rates": 5_000_031, "seen": MONDAY}
    assert at(made, 0) == Interval(MONDAY, 100, Flag.SUSPECT, Reason.SUMS)
    explained = judged(total, others=rates, answers={key: Answer.EXPLAINED})
    assert at(explained, 0).flag is Flag.MEASURED


def test_phases_that_contradict_the_total_are_asked_about() -> None:
    moments = [moment for moment, _ in steady()]
    phases = {f"power_l{n}": [(moment, 100.0) for moment in moments] for n in (1, 2, 3)}
    fine = judged(steady(), others={"power": [(moment, 310.0) for moment in moments], **phases})
    wrong = judged(steady(), others={"power": [(moment, 400.0) for moment in moments], **phases})
    assert fine.questions == {}
    assert [key.kind for key in wrong.questions] == [Kind.PHASES]


def test_corrected_half_hours_that_miss_the_register_by_more_than_a_hundredth_are_asked_about() -> None:
    near = judged(steady(), edits={(IMPORT, MONDAY): 148})
    far = judged(steady(), edits={(IMPORT, MONDAY): 149})
    assert at(near, 0) == Interval(MONDAY, 148, Flag.EDITED, Reason.PERSON)
    assert near.questions == {}
    assert far.questions == {Key(Kind.INTERVALS, IMPORT, MONDAY): {"grown": 4800, "sum": 4849}}


# 9
def past(*wh: int) -> list[PastDay]:
    return [PastDay(MONDAY - (len(wh) - n) * DAY, one, 48) for n, one in enumerate(wh)]


def test_a_meter_that_stands_still_is_asked_about_once_on_the_third_day() -> None:
    assert [key.kind for key in judged(steady(), history=past(*[8000] * 30, 0, 0, 0)).questions] == [Kind.STUCK]
    assert judged(steady(), history=past(*[8000] * 30, 0, 0)).questions == {}
    assert judged(steady(), history=past(*[8000] * 30, 0, 0, 0, 0)).questions == {}
    assert judged(steady(), history=past(*[90] * 30, 0, 0, 0)).questions == {}


def test_a_week_far_below_the_month_before_is_a_question_and_accuses_nobody() -> None:
    made = judged(steady(), history=past(*[8000] * 28, *[3000] * 7))
    assert list(made.questions.values()) == [{"usual": 8000, "now": 3000}]
    assert [key.kind for key in made.questions] == [Kind.DROP]
    assert judged(steady(), history=past(*[8000] * 28, *[3300] * 7)).questions == {}


# 10
def test_what_a_gap_held_is_exact_and_its_shape_is_estimated() -> None:
    rows = [row for n, row in enumerate(steady()) if not 10 < n < 20]
    made = judged(rows)
    assert sum(known(made)) == 4800
    assert [at(made, n).flag for n in (9, 10, 19, 20)] == [
        *(Flag.MEASURED, Flag.ESTIMATED, Flag.ESTIMATED, Flag.MEASURED)
    ]
    assert at(made, 12).reason is Reason.LINEAR


def test_a_gap_takes_the_shape_of_the_same_day_a_week_before() -> None:
    rows = [row for n, row in enumerate(steady()) if not 10 < n < 20]
    like = {MONDAY + n * HALF_HOUR: 400 if n == 15 else 50 for n in range(48)}
    made = judged(rows, like={IMPORT: like})
    assert at(made, 15).reason is Reason.LIKE_DAY
    assert [at(made, n).wh for n in range(10, 20)] == [58, 59, 59, 59, 59, 470, 59, 59, 59, 59]
    assert sum(known(made)) == 4800


def test_a_gap_of_more_than_three_days_stays_one_and_its_energy_is_told_apart() -> None:
    rows = [(MONDAY, 1000.0), (MONDAY + 3 * DAY + HALF_HOUR, 9000.0), (MONDAY + 3 * DAY + HOUR, 9100.0)]
    made = judged(rows, days=4)
    assert known(made) == [100]
    assert made.unplaced[IMPORT] == {MONDAY + 3 * DAY: 8000}
    shorter = judged([(MONDAY, 1000.0), (MONDAY + 3 * DAY, 9000.0)], days=4)
    assert sum(known(shorter)) == 8000
    assert shorter.unplaced[IMPORT] == {}


# 11
def test_energy_is_split_by_tariff_period_from_accepted_half_hours_only() -> None:
    rows = steady()
    rows[36] = (rows[36][0], 9e8)
    made = judged(rows[:40])
    assert made.splits[IMPORT][MONDAY] == {Period.OFFPEAK: 1200, Period.STANDARD: 2300, Period.PEAK: 400}


def test_minutes_outside_the_voltage_band_are_counted_by_the_worst_phase() -> None:
    volts = {
        "voltage_l1": [(MONDAY, 209.0), (MONDAY + HOUR, 208.9), (MONDAY + HOUR + HALF_HOUR, 231.0)],
        "voltage_l2": [(MONDAY, 220.0), (MONDAY + HOUR, 220.0), (MONDAY + HOUR + HALF_HOUR, 231.1)],
    }
    (day,) = judged(steady(), others=volts).voltages
    assert (day.known, day.low, day.high, day.sags) == (90, 30, 30, 0)
    assert (day.minimum, day.maximum) == (208.9, 231.1)


def test_a_sag_is_counted_once_however_long_it_lasts() -> None:
    values = [220, 190, 190, 220, 197, 220]
    volts = [(MONDAY + n * 60_000, float(value)) for n, value in enumerate(values)]
    (day,) = judged(steady(), others={"voltage_l1": volts}).voltages
    assert (day.sags, day.low) == (2, 3)


# 12
def test_late_data_keeps_what_was_accepted_before_as_an_older_version() -> None:
    rows = [row for n, row in enumerate(steady()) if n != 10]
    before = judged(rows).intervals[IMPORT]
    made = judged(steady(), before={IMPORT: {one.start: one for one in before}})
    assert made.replaced == [(IMPORT, one) for one in before[9:11]]
    assert judged(steady(count=5), before={}).replaced == []
