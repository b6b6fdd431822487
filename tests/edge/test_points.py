"""Disabled, tested and proven points: what each means for the bells, and that all of it outlives a restart."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keng_edge.fingerprints import codec_digest
from keng_edge.kept import Kept
from keng_edge.restrictions import Restricting
from keng_wire.alarm import Category, Cause, Evidence, Phase
from keng_wire.conditions import ClockQuality, Condition, Mark
from keng_wire.control import CommandName
from keng_wire.event import PanelAct, PanelActed
from keng_wire.message import parse
from keng_wire.point import ProofMethod
from keng_wire.topics import MessageClass
from support.fake_clock import FakeClock
from support.point_house import BY, MINUTE, PointHouse, board

HOUSE = {"chuong-1": "fire"}
ALLEY = {"chuong-1": "fire", "coi-ngo": "fire"}
DAY = 24 * 60 * MINUTE
MARKS: dict[CommandName, Restricting] = {CommandName.DISABLE: Mark.DISABLED, CommandName.TEST: Mark.TEST}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[PointHouse]:
    made = PointHouse(tmp_path, FakeClock())
    yield made
    await made.house.outbox.close()


@pytest.fixture
async def unproven(tmp_path: Path) -> AsyncIterator[PointHouse]:
    made = PointHouse(tmp_path, FakeClock(), proven=False)
    yield made
    await made.house.outbox.close()


async def test_a_disabled_point_says_who_why_and_until_when(house: PointHouse) -> None:
    assert (await house.tell(CommandName.DISABLE)).ok
    (detail,) = house.last_change().details
    assert (detail.mark, detail.by, detail.reason) == (Mark.DISABLED, BY, "hàn cửa")
    assert (detail.since, detail.until) == (house.clock.utc, house.clock.utc + 30 * MINUTE)


@pytest.mark.parametrize("until", [None, 0, -MINUTE, 31 * DAY])
async def test_nothing_is_disabled_without_an_end_within_thirty_days(house: PointHouse, until: int | None) -> None:
    answer = await house.tell(CommandName.DISABLE, until=None if until is None else house.clock.utc + until)
    assert not answer.ok
    assert house.marks() == set()


async def test_a_test_lasts_an_hour_at_most(house: PointHouse) -> None:
    assert not (await house.tell(CommandName.TEST, until=house.clock.utc + 61 * MINUTE)).ok
    assert (await house.tell(CommandName.TEST, until=house.clock.utc + 60 * MINUTE)).ok


@pytest.mark.parametrize("device", [None, "bo-1", "huy-1", "khoi-9"])
async def test_only_fire_points_of_the_node_can_be_restricted(house: PointHouse, device: str | None) -> None:
    assert not (await house.tell(CommandName.DISABLE, device)).ok


async def test_the_alarm_of_a_disabled_point_is_told_and_latched_and_rings_nobody(house: PointHouse) -> None:
    await house.tell(CommandName.DISABLE)
    await house.smoke()
    await house.later(60)
    assert house.calls() == {}
    assert [(alarm.isolated, alarm.phase) for alarm in await house.stored()] == [(True, Phase.RAISED)]
    assert len(house.house.alarms.latches) == 1
    await house.smoke("khoi-2")
    assert house.calls() == HOUSE, "a disabled point neither silences nor confirms another"
    assert len(house.house.alarms.latches) == 2


async def test_a_point_that_is_enabled_while_its_input_is_active_sounds_at_once(house: PointHouse) -> None:
    await house.tell(CommandName.DISABLE)
    await house.smoke()
    await house.tell(CommandName.ENABLE)
    assert house.calls() == HOUSE
    assert (await house.stored())[-1].isolated is False
    assert house.marks() == set()


async def test_the_end_of_a_restriction_is_kept_over_restarts_and_power_cuts(house: PointHouse) -> None:
    await house.tell(CommandName.DISABLE)
    await house.later(10 * 60)
    await house.restart()
    assert Mark.DISABLED in house.marks()
    await house.restart(boot="0badb008")
    assert Mark.DISABLED in house.marks()
    house.clock.trust = ClockQuality.UNKNOWN
    await house.later(20 * 60)
    assert Mark.DISABLED not in house.marks()


async def test_a_node_that_woke_up_in_1970_ends_a_restriction_all_the_same(house: PointHouse) -> None:
    await house.tell(CommandName.DISABLE)
    house.clock.utc, house.clock.trust = 0, ClockQuality.UNKNOWN
    await house.restart(boot="0badb008")
    await house.later(29 * 60 + 1)
    assert Mark.DISABLED not in house.marks()


async def test_a_restart_each_minute_does_not_keep_a_point_disabled_for_ever(house: PointHouse) -> None:
    await house.tell(CommandName.DISABLE)
    house.clock.trust = ClockQuality.UNKNOWN
    for boot in range(31):
        await house.restart(boot=f"{boot:08x}")
        await house.later(1)
    assert Mark.DISABLED not in house.marks()


async def test_a_trusted_clock_shortens_what_a_restart_could_not_count(house: PointHouse) -> None:
    await house.tell(CommandName.DISABLE)
    house.clock.utc += 31 * MINUTE
    await house.restart(boot="0badb008")
    await house.later(2)
    assert Mark.DISABLED not in house.marks()


async def test_what_is_active_when_a_restriction_ends_is_an_alarm(house: PointHouse) -> None:
    await house.tell(CommandName.TEST, until=house.clock.utc + 10 * MINUTE)
    await house.smoke()
    assert house.calls() == {}
    await house.later(10 * 60 + 2)
    assert "chuong-1" in house.calls()


@pytest.mark.expects_log("a restriction cannot be read")
async def test_a_restriction_that_cannot_be_read_restricts_nothing(house: PointHouse) -> None:
    await house.tell(CommandName.DISABLE)
    (house.folder / "restrictions.json").write_text('[{"device": "khoi-1"}]')
    await house.restart()
    assert house.marks() == set()
    await house.smoke()
    assert house.calls() == HOUSE


async def test_a_stuck_disabled_head_does_not_hold_back_the_reset_of_the_alarm_it_shares(house: PointHouse) -> None:
    await house.smoke("khoi-1")
    await house.smoke("khoi-2")
    await house.normal("khoi-2")
    assert not (await house.tell(CommandName.RESET, None)).ok
    await house.tell(CommandName.DISABLE, "khoi-1")
    assert house.calls() == ALLEY, "disabling a point silences nothing that rings"
    assert (await house.tell(CommandName.RESET, None)).ok
    assert house.calls() == {}
    await house.tell(CommandName.ENABLE, "khoi-1")
    assert house.calls() == HOUSE


async def test_a_disabled_head_that_shares_an_alarm_stays_apart_after_a_restart(house: PointHouse) -> None:
    await house.smoke("khoi-1")
    await house.tell(CommandName.DISABLE, "khoi-1")
    await house.restart()
    await house.smoke("khoi-1")
    assert [latch.isolated for latch in house.house.alarms.latches] == [False, True]
    assert (await house.stored())[-1].isolated


async def test_the_alarm_of_a_tested_point_is_a_test_result_and_the_others_stay_live(house: PointHouse) -> None:
    await house.tell(CommandName.TEST)
    await house.smoke()
    assert house.calls() == {}
    assert house.house.alarms.latches == []
    await house.smoke("khoi-2")
    assert house.calls() == HOUSE
    assert [alarm.test for alarm in await house.stored()] == [True, False]


async def test_a_second_test_is_a_second_result_although_the_point_fell_silent_in_the_first(house: PointHouse) -> None:
    await house.tell(CommandName.TEST)
    first = await house.smoke()
    await house.station.report("khoi-1", Condition.UNKNOWN, [Mark.COMMS_LOST])
    await house.tell(CommandName.END_TEST)
    await house.tell(CommandName.TEST)
    assert await house.smoke() != first
    assert [alarm.tested_by for alarm in await house.stored()] == [BY, BY]


async def test_a_point_in_alarm_is_not_put_under_test(house: PointHouse) -> None:
    await house.smoke()
    assert not (await house.tell(CommandName.TEST)).ok
    await house.normal()
    assert not (await house.tell(CommandName.PROVE)).ok, "its alarm is still latched"
    assert (await house.tell(CommandName.TEST, "khoi-2")).ok


async def test_an_unproven_head_rings_its_house_and_never_alone_the_neighbours(unproven: PointHouse) -> None:
    assert Mark.UNPROVEN in unproven.marks()
    await unproven.smoke()
    await unproven.later(60)
    assert unproven.calls() == HOUSE
    assert (await unproven.stored())[0].evidence is Evidence.ADVISORY
    await unproven.smoke("khoi-2")
    assert unproven.calls() == HOUSE, "two unproven heads are two times nothing"
    unproven.prove_on_paper("khoi-2")
    await unproven.normal("khoi-2")
    await unproven.house.alarms.reset(BY, None, unproven.house.alarms.latches[1].occurrence)
    await unproven.smoke("khoi-2")
    assert unproven.calls() == ALLEY, "beside a proven one it counts"


async def test_an_unproven_button_is_a_person_all_the_same(unproven: PointHouse) -> None:
    await unproven.smoke("nut-1", evidence=Evidence.PERSON, cause=Cause.MANUAL_CALL_POINT)
    assert unproven.calls() == ALLEY
    assert Mark.UNPROVEN in unproven.marks("nut-1")


async def prove(house: PointHouse, device: str = "khoi-1") -> str:
    """A whole proof test; the id of it."""
    test = (await house.tell(CommandName.PROVE, device)).command
    await house.smoke(device, raw='{"t":"ev"}', frame=house.clock.up)
    answer = await house.tell(CommandName.PROVEN, device, test=test, method=ProofMethod.SMOKE)
    assert answer.ok
    return test


async def test_a_proof_test_waits_for_the_points_own_frame_and_for_a_persons_word(unproven: PointHouse) -> None:
    unproven.clock.utc = 1_795_000_000_000 // DAY * DAY + 2 * 60 * MINUTE  # 09:00 in Vietnam
    test = (await unproven.tell(CommandName.PROVE)).command
    assert not (await unproven.tell(CommandName.PROVEN, test=test, method=ProofMethod.SMOKE)).ok, "nothing came yet"
    occurrence = await unproven.smoke(raw='{"t":"ev","p":"smoke1"}', point="smoke1", frame=unproven.clock.up)
    seen = unproven.waiting()
    assert seen is not None
    assert (seen.test, seen.occurrence, seen.raw) == (test, occurrence, '{"t":"ev","p":"smoke1"}')
    assert (seen.decoded, seen.versions["codec"]) == (
        "smoke, fire, smoke1",
        f"bridge_board {codec_digest('keng_edge.fire.bridge_board')}",
    )
    sound = unproven.house.ears.wanted["chuong-1"]
    assert (sound.pattern, sound.occurrence, sound.frame) == ("self_test", occurrence, unproven.clock.up)
    assert Mark.UNPROVEN in unproven.marks(), "a frame alone proves nothing"
    assert not (await unproven.tell(CommandName.PROVEN, test="f" * 16, method=ProofMethod.SMOKE)).ok
    assert not (await unproven.tell(CommandName.PROVEN, test=test)).ok, "how must be said"
    assert (await unproven.tell(CommandName.PROVEN, test=test, method=ProofMethod.SMOKE)).ok
    assert unproven.marks() == {Mark.TEST}, "it is still full of smoke"
    await unproven.normal()
    assert unproven.marks() == set()
    proof = unproven.points.proof("khoi-1")
    assert proof is not None
    assert (proof.by, proof.method, proof.test, proof.simulated) == (BY, ProofMethod.SMOKE, test, False)


async def test_a_point_that_was_let_go_before_the_person_confirms_is_out_of_test_at_once(unproven: PointHouse) -> None:
    test = (await unproven.tell(CommandName.PROVE)).command
    await unproven.smoke()
    await unproven.normal()
    assert unproven.marks() == {Mark.TEST, Mark.UNPROVEN}
    assert (await unproven.tell(CommandName.PROVEN, test=test, method=ProofMethod.BUTTON)).ok
    assert unproven.marks() == set()
    await unproven.smoke()
    assert unproven.calls() == HOUSE


async def test_what_a_full_disk_refuses_is_not_restricted_and_what_ends_ends_all_the_same(
    house: PointHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.tell(CommandName.DISABLE, "khoi-2")

    def full(_kept: Kept, _value: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(Kept, "save", full)
        for name in (CommandName.DISABLE, CommandName.TEST):
            with pytest.raises(OSError, match="No space"):
                house.points.restrictions.put(
                    "khoi-1", MARKS[name], BY, None, house.clock.utc + MINUTE, house.clock.utc
                )
        assert house.marks() == set()
        assert house.points.restrictions.lift("khoi-2", Mark.DISABLED)
        assert house.marks("khoi-2") == set()


async def test_what_was_seen_survives_a_restart_before_the_person_confirms(unproven: PointHouse) -> None:
    test = (await unproven.tell(CommandName.PROVE)).command
    await unproven.smoke()
    await unproven.restart(boot="0badb008")
    assert (await unproven.tell(CommandName.PROVEN, test=test, method=ProofMethod.SMOKE)).ok
    await unproven.restart()
    assert Mark.UNPROVEN not in unproven.marks()


async def test_a_proof_is_over_after_a_year_and_a_doubtful_clock_does_not_end_it(unproven: PointHouse) -> None:
    await prove(unproven)
    await unproven.normal()
    unproven.clock.utc += 366 * DAY
    assert Mark.UNPROVEN in unproven.marks()
    unproven.clock.trust = ClockQuality.UNKNOWN
    assert Mark.UNPROVEN not in unproven.marks()


async def test_other_firmware_behind_the_same_name_is_another_point(unproven: PointHouse) -> None:
    unproven.station.identified("bo-1", {"hardware": "a1", "firmware": "1.4.0"})
    await prove(unproven)
    await unproven.normal()
    unproven.station.identified("bo-1", {"hardware": "a1", "firmware": "1.4.0"})
    assert Mark.UNPROVEN not in unproven.marks()
    await unproven.restart()
    assert Mark.UNPROVEN not in unproven.marks(), "what the board said last is remembered"
    unproven.station.identified("bo-1", {"hardware": "a1", "firmware": "1.5.0"})
    assert Mark.UNPROVEN in unproven.marks()
    assert Mark.UNPROVEN in unproven.last_change().marks


@pytest.mark.parametrize(
    ("field", "value", "void"),
    [("kind", "heat_detector", True), ("name", "Bếp mới", False), ("zone", "nha-2", False), ("role", "watch", True)],
)
async def test_a_point_of_another_kind_needs_a_new_proof_and_one_of_another_name_does_not(
    unproven: PointHouse, field: str, value: str, void: bool
) -> None:
    await prove(unproven)
    points = board().model_dump()["points"]
    points["khoi_1"][field] = value
    unproven.section = board(points=points)
    await unproven.restart()
    assert (unproven.points.proof("khoi-1") is None) is void


async def test_a_simulated_proof_holds_for_no_real_device(unproven: PointHouse) -> None:
    proof = unproven.proofs
    await prove(unproven)
    held = unproven.points.proof("khoi-1")
    assert held is not None
    fingerprint = unproven.points.fingerprints.of("khoi-1") or ""
    proof.take("khoi-1", held.model_copy(update={"simulated": True}), fingerprint)
    assert unproven.points.proof("khoi-1") is None
    assert proof.valid("khoi-1", "anything", simulated=True) is not None


async def test_a_proof_test_of_a_simulated_device_is_a_simulated_one(tmp_path: Path) -> None:
    house = PointHouse(tmp_path, FakeClock(), proven=False)
    house.section = board(simulated=True)
    await house.restart()
    await prove(house)
    held = house.points.proof("khoi-1")
    assert held is not None
    assert held.simulated
    await house.house.outbox.close()


async def test_a_detector_that_nobody_supervises_is_advisory(house: PointHouse) -> None:
    house.register.supervision = lambda device: "U"  # type: ignore[method-assign]
    await house.smoke()
    await house.later(60)
    assert house.calls() == HOUSE


async def test_a_panels_own_reset_is_recorded_as_the_panels_and_resets_nothing(house: PointHouse) -> None:
    await house.smoke()
    await house.station.panel_act("bo-1", PanelAct.RESET, "RESET 12:01")
    assert house.calls() == HOUSE
    (stored,) = await house.house.outbox.pending(MessageClass.EVENT, 0, 10)
    body = parse(MessageClass.EVENT, "ngo-1", stored.payload).body
    assert body == PanelActed(device="bo-1", act=PanelAct.RESET, detail="RESET 12:01")


async def test_a_latched_alarm_shows_at_its_point_until_the_reset(house: PointHouse) -> None:
    await house.smoke()
    assert house.last_change().latched
    await house.normal()
    assert (house.last_change().condition, house.last_change().latched) == (Condition.NORMAL, True)
    await house.tell(CommandName.RESET, None)
    await house.later(1)
    assert not house.last_change().latched


async def test_an_early_warning_does_not_latch(house: PointHouse) -> None:
    await house.station.report("khoi-1", Condition.PRE)
    assert house.house.alarms.latches == []
    assert not house.last_change().latched


@pytest.mark.parametrize(
    ("coincidence", "twice", "two"),
    [("two_points", False, True), ("one_point_twice", True, True), ("off", False, False)],
)
async def test_coincidence_decides_what_cuts_the_window_short(
    tmp_path: Path, coincidence: str, twice: bool, two: bool
) -> None:
    once_more = PointHouse(tmp_path / "1", FakeClock(), coincidence=coincidence)
    await once_more.smoke()
    await once_more.normal()
    await once_more.later(10)
    await once_more.smoke()
    assert ("coi-ngo" in once_more.calls()) is twice
    pair = PointHouse(tmp_path / "2", FakeClock(), coincidence=coincidence)
    await pair.smoke("khoi-1")
    await pair.smoke("khoi-2")
    assert ("coi-ngo" in pair.calls()) is two
    await pair.smoke("nut-1", evidence=Evidence.PERSON, cause=Cause.MANUAL_CALL_POINT)
    assert "coi-ngo" in pair.calls(), "a button is never a matter of coincidence"
    for made in (once_more, pair):
        await made.house.outbox.close()


async def test_the_same_point_twice_after_the_time_is_not_a_coincidence(tmp_path: Path) -> None:
    house = PointHouse(tmp_path, FakeClock(), coincidence="one_point_twice")
    await house.smoke()
    await house.house.alarms.cancel("nut-huy", "nha-1")
    await house.normal()
    await house.later(130)
    await house.smoke()
    assert "coi-ngo" not in house.calls()
    await house.house.outbox.close()


async def test_medical_calls_are_never_advisory(unproven: PointHouse) -> None:
    await unproven.smoke("nut-1", category=Category.MEDICAL, cause=Cause.SOS_BUTTON, evidence=Evidence.PERSON)
    assert (await unproven.stored())[0].evidence is Evidence.PERSON
