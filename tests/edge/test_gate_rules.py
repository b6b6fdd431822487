"""Who rings, and when: each gate rule of the village as a test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keng_edge.errors import Refused
from keng_wire.alarm import Category, Cause, Evidence, Phase, Severity
from support.fake_clock import FakeClock
from support.house import House, smoke

HOUSE = {"chuong-1": "fire"}
ALLEY = {"chuong-1": "fire", "coi-ngo": "fire"}
BUTTON = {"evidence": Evidence.PERSON, "cause": Cause.MANUAL_CALL_POINT}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path, FakeClock())
    yield made
    await made.outbox.close()


async def test_a_single_detector_rings_its_own_house_at_once_and_the_hub_is_told(house: House) -> None:
    await house.smoke()
    assert house.ears.calls() == HOUSE
    alarm = (await house.stored())[0]
    assert (alarm.phase, alarm.evidence, alarm.zone) == (Phase.RAISED, Evidence.SINGLE_DETECTOR, "nha-1")


async def test_the_neighbours_of_a_single_detector_ring_after_the_cancel_window(house: House) -> None:
    await house.smoke()
    await house.later(19.5)
    assert house.ears.calls() == HOUSE
    await house.later(0.5)
    assert house.ears.calls() == ALLEY
    assert await house.phases() == [Phase.RAISED, Phase.SPREAD]


async def test_a_window_of_zero_seconds_rings_the_neighbours_at_once(tmp_path: Path) -> None:
    house = House(tmp_path, FakeClock(), cancel_window_s=0)
    await house.smoke()
    assert house.ears.calls() == ALLEY
    assert await house.phases() == [Phase.RAISED, Phase.SPREAD]
    await house.outbox.close()


async def test_the_hub_can_set_another_window(house: House) -> None:
    house.alarms.adjust(cancel_window_s=5, coincidence_s=None)
    await house.smoke()
    await house.later(5)
    assert house.ears.calls() == ALLEY


async def test_a_button_rings_the_neighbours_at_once_and_cannot_be_cancelled(house: House) -> None:
    await house.smoke("nut-1", **BUTTON)
    assert house.ears.calls() == ALLEY
    assert not await house.alarms.cancel("nut-huy", "nha-1")
    assert house.ears.calls() == ALLEY


async def test_an_sos_button_calls_the_neighbours_with_its_own_call(house: House) -> None:
    await house.smoke("sos-1", category=Category.MEDICAL, cause=Cause.SOS_BUTTON, evidence=Evidence.PERSON)
    assert house.ears.calls() == {"chuong-1": "sos", "coi-ngo": "sos"}


async def test_a_second_detector_of_the_zone_within_the_time_rings_the_neighbours_at_once(house: House) -> None:
    first = await house.smoke()
    await house.later(3)
    assert await house.smoke("nhiet-1", cause=Cause.HEAT) == first
    assert house.ears.calls() == ALLEY
    joined = (await house.stored())[-1]
    assert (joined.phase, joined.evidence, joined.device) == (Phase.CONFIRMED, Evidence.TWO_DETECTORS, "nhiet-1")


async def test_the_same_detector_twice_is_not_two_detectors(house: House) -> None:
    await house.smoke()
    await house.alarms.cleared("khoi-1")
    await house.smoke()
    assert house.ears.calls() == HOUSE
    assert Phase.CONFIRMED not in await house.phases()


async def test_a_detector_of_another_zone_is_an_alarm_of_its_own(house: House) -> None:
    first = await house.smoke()
    assert await house.smoke("khoi-2", "nha-2") != first
    assert house.ears.calls() == {"chuong-1": "fire", "chuong-2": "fire"}


async def test_a_second_detector_after_the_time_is_an_alarm_of_its_own(house: House) -> None:
    first = await house.smoke()
    await house.alarms.cancel("nut-huy", "nha-1")
    await house.later(121)
    assert await house.smoke("khoi-1b") != first
    assert house.ears.calls() == HOUSE


async def test_a_cancel_within_the_window_stops_the_bell_and_the_neighbours_but_not_the_latch(house: House) -> None:
    await house.smoke()
    assert await house.alarms.cancel("nut-huy", "nha-1")
    assert house.ears.calls() == {}
    await house.later(60)
    assert house.ears.calls() == {}
    assert [latch.cancelled for latch in house.alarms.latches] == [True]
    cancelled = (await house.stored())[-1]
    assert (cancelled.phase, cancelled.by) == (Phase.CANCELLED, "nut-huy")


async def test_a_cancel_of_another_zone_changes_nothing(house: House) -> None:
    await house.smoke()
    assert not await house.alarms.cancel("nut-huy", "nha-2")
    assert house.ears.calls() == HOUSE


async def test_a_second_detector_overrides_a_cancel(house: House) -> None:
    await house.smoke()
    await house.alarms.cancel("nut-huy", "nha-1")
    await house.smoke("khoi-1b")
    assert house.ears.calls() == ALLEY


async def test_a_cancelled_alarm_whose_source_still_holds_after_ten_minutes_rings_again_with_a_new_window(
    house: House,
) -> None:
    await house.smoke()
    await house.alarms.cancel("nut-huy", "nha-1")
    await house.later(600)
    assert house.ears.calls() == HOUSE
    await house.later(20)
    assert house.ears.calls() == ALLEY


async def test_a_command_to_silence_within_the_window_keeps_no_neighbour_from_the_alarm(house: House) -> None:
    await house.smoke()
    await house.alarms.silence("Nguyễn Văn Mẫu", "đang gọi điện")
    silenced = (await house.stored())[-1]
    assert (silenced.phase, silenced.reason) == (Phase.SILENCED, "đang gọi điện")
    assert house.ears.calls() == {}
    await house.later(20)
    assert house.ears.calls() == ALLEY


async def test_an_advisory_source_never_alone_rings_the_neighbours(house: House) -> None:
    await house.smoke("gas-1", evidence=Evidence.ADVISORY, cause=Cause.GAS)
    await house.smoke("gas-2", evidence=Evidence.ADVISORY, cause=Cause.GAS)
    await house.later(300)
    assert house.ears.calls() == HOUSE


@pytest.mark.parametrize("order", [0, 1])
async def test_an_advisory_source_counts_beside_another_one(house: House, order: int) -> None:
    for n in (order, 1 - order):
        await house.smoke(f"khoi-{n}", evidence=(Evidence.ADVISORY, Evidence.SINGLE_DETECTOR)[n])
    assert house.ears.calls() == ALLEY


async def test_an_intrusion_is_told_and_rings_nobody_unless_the_village_wants_it(tmp_path: Path) -> None:
    for wanted in (False, True):
        house = House(tmp_path / str(wanted), FakeClock(), security_sounds=wanted)
        await house.smoke("cam-1", category=Category.SECURITY, cause=Cause.INTRUSION, severity=Severity.HIGH)
        await house.later(60)
        assert house.ears.calls() == ({"chuong-1": "security"} if wanted else {})
        assert await house.phases() == [Phase.RAISED], "nobody is told that neighbours ring"
        await house.outbox.close()


async def test_an_isolated_point_is_told_and_latched_and_rings_nobody(house: House) -> None:
    await house.smoke(disabled=True)
    await house.later(60)
    assert house.ears.calls() == {}
    assert await house.phases() == [Phase.RAISED]
    assert len(house.alarms.latches) == 1
    await house.alarms.cleared("khoi-1")
    await house.smoke()
    assert house.ears.calls() == HOUSE, "it is no longer isolated"


async def test_a_tested_point_is_told_as_a_test_and_every_other_point_stays_live(house: House) -> None:
    await house.smoke(test=True)
    assert house.ears.calls() == {}
    assert house.alarms.latches == []
    await house.smoke("khoi-1b")
    assert house.ears.calls() == HOUSE
    await house.alarms.cleared("khoi-1")
    assert [(alarm.test, alarm.phase) for alarm in await house.stored()] == [
        (True, Phase.RAISED),
        (False, Phase.RAISED),
        (True, Phase.CLEARED),
    ]


async def test_an_alarm_that_cleared_by_itself_stays_latched_and_goes_on_ringing(house: House) -> None:
    await house.smoke()
    await house.alarms.cleared("khoi-1")
    await house.later(20)
    assert house.ears.calls() == ALLEY
    assert await house.phases() == [Phase.RAISED, Phase.CLEARED, Phase.SPREAD]


async def test_a_lost_source_is_unknown_and_not_over(house: House) -> None:
    await house.smoke()
    await house.alarms.lost("khoi-1")
    await house.alarms.lost("khoi-1")
    assert house.ears.calls() == HOUSE
    assert await house.phases() == [Phase.RAISED, Phase.LOST]
    await house.alarms.still_active("khoi-1")
    assert (await house.phases())[-1] is Phase.RAISED


async def test_silence_stops_the_sounders_and_a_new_point_sounds_again(house: House) -> None:
    await house.smoke()
    await house.later(25)
    await house.alarms.silence("Nguyễn Văn Mẫu", None)
    assert house.ears.calls() == {}
    await house.smoke()
    assert house.ears.calls() == {}, "the same point sounds again only after a reset"
    await house.smoke("khoi-1b")
    assert house.ears.calls() == ALLEY


async def test_a_button_that_is_pressed_again_sounds_again_although_it_was_silenced(house: House) -> None:
    await house.smoke("nut-1", **BUTTON)
    await house.alarms.silence("Nguyễn Văn Mẫu", None)
    await house.alarms.cleared("nut-1")
    assert house.ears.calls() == {}
    await house.smoke("nut-1", **BUTTON)
    assert house.ears.calls() == ALLEY


async def test_the_same_point_sounds_again_after_a_reset(house: House) -> None:
    await house.smoke()
    await house.alarms.silence("Nguyễn Văn Mẫu", None)
    await house.alarms.cleared("khoi-1")
    await house.alarms.reset("Nguyễn Văn Mẫu", "đã kiểm tra")
    await house.smoke()
    assert house.ears.calls() == HOUSE


@pytest.mark.parametrize(("what", "sounds"), [("holds", True), ("lost", True), ("cleared", False)])
async def test_a_silence_ends_after_ten_minutes_unless_the_source_is_known_to_be_normal(
    house: House, what: str, sounds: bool
) -> None:
    await house.smoke()
    await house.later(25)
    await house.alarms.silence("Nguyễn Văn Mẫu", None)
    if what == "lost":
        await house.alarms.lost("khoi-1")
    if what == "cleared":
        await house.alarms.cleared("khoi-1")
    await house.later(599)
    assert house.ears.calls() == {}
    await house.later(1)
    assert bool(house.ears.calls()) is sounds
    assert len(house.alarms.latches) == 1


async def test_reset_is_refused_while_a_source_is_active_and_ends_the_alarm_afterwards(house: House) -> None:
    occurrence = await house.smoke()
    with pytest.raises(Refused, match="khoi-1"):
        await house.alarms.reset("Nguyễn Văn Mẫu", None, occurrence)
    await house.alarms.cleared("khoi-1")
    await house.alarms.reset("Nguyễn Văn Mẫu", "hết khói", occurrence)
    assert house.ears.calls() == {}
    assert house.alarms.latches == []
    ended = (await house.stored())[-1]
    assert (ended.phase, ended.by, ended.reason) == (Phase.RESET, "Nguyễn Văn Mẫu", "hết khói")


async def test_a_person_may_reset_the_alarm_of_a_detector_that_is_gone(house: House) -> None:
    await house.smoke()
    await house.alarms.lost("khoi-1")
    await house.alarms.reset("Nguyễn Văn Mẫu", "đầu báo cháy hỏng")
    assert house.alarms.latches == []


async def test_acts_on_an_alarm_that_is_not_there_are_refused(house: House) -> None:
    with pytest.raises(Refused, match="no such alarm"):
        await house.alarms.silence("Nguyễn Văn Mẫu", None, "0" * 16)
    with pytest.raises(Refused, match="no such alarm"):
        await house.alarms.reset("Nguyễn Văn Mẫu", None)


async def test_a_latched_alarm_sounds_again_after_a_restart_and_can_still_be_cancelled(house: House) -> None:
    await house.smoke()
    await house.later(5)
    await house.restart()
    assert house.ears.calls() == HOUSE
    await house.later(15)
    assert house.ears.calls() == ALLEY


async def test_a_window_that_a_power_cut_interrupted_is_over(house: House) -> None:
    await house.smoke()
    await house.restart(boot="0badb008")
    assert house.ears.calls() == HOUSE
    await house.later(0.5)
    assert house.ears.calls() == ALLEY


async def test_a_silenced_alarm_stays_silent_over_a_restart_and_sounds_again_in_time(house: House) -> None:
    await house.smoke()
    await house.later(25)
    await house.alarms.silence("Nguyễn Văn Mẫu", None)
    await house.restart(boot="0badb008")
    assert house.ears.calls() == {}
    await house.later(600)
    assert house.ears.calls() == ALLEY


async def test_after_a_restart_the_sources_are_unknown_until_they_speak(house: House) -> None:
    await house.smoke()
    await house.restart()
    assert not house.alarms.latches[0].active
    await house.alarms.still_active("khoi-1")
    with pytest.raises(Refused):
        await house.alarms.reset("Nguyễn Văn Mẫu", None)


async def test_a_device_without_a_zone_rings_every_house(house: House) -> None:
    await house.smoke("khoi-9", zone=None)
    assert house.ears.calls() == {"chuong-1": "fire", "chuong-2": "fire"}


async def test_a_drill_is_marked_and_rings_everybody_and_a_real_fire_goes_before_it(house: House) -> None:
    await house.alarms.drill("Nguyễn Văn Mẫu", "diễn tập tháng")
    assert house.ears.calls() == {"chuong-1": "drill", "chuong-2": "drill", "coi-ngo": "drill"}
    assert [alarm.drill for alarm in await house.stored()] == [True]
    await house.smoke()
    assert house.ears.calls() == {"chuong-1": "fire", "chuong-2": "drill", "coi-ngo": "drill"}
    assert (await house.stored())[-1].evidence is Evidence.SINGLE_DETECTOR, "a drill never counts as a detector"


async def test_the_self_test_is_a_chirp_by_day_and_never_during_an_alarm(house: House) -> None:
    house.clock.utc = 1_795_000_000_000 // 86_400_000 * 86_400_000 + 2 * 3_600_000  # 09:00 in Vietnam
    await house.alarms.self_test()
    assert set(house.ears.calls().values()) == {"self_test"}
    await house.later(2)
    assert house.ears.calls() == {}
    house.clock.utc += 14 * 3_600_000  # 23:00
    with pytest.raises(Refused, match="quiet hours"):
        await house.alarms.self_test()
    await house.smoke()
    with pytest.raises(Refused, match="an alarm is sounding"):
        await house.alarms.self_test()


async def test_the_frame_that_caused_it_goes_along_to_the_hub_and_to_the_sounder(house: House) -> None:
    await house.alarms.trigger(smoke(frame=999_990, up=999_000, point="smoke1", value=812.0))
    alarm = (await house.stored())[0]
    assert (alarm.frame, alarm.point, alarm.value) == (999_990, "smoke1", 812.0)
    assert house.ears.wanted["chuong-1"].frame == 999_990
