"""What of our own alarms a neighbour is told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keng_edge.config import ZoneSection
from keng_edge.neighbours.owned import ENDED_MS, Owned
from keng_wire.alarm import Category, Cause, Evidence
from support.fake_clock import FakeClock
from support.house import House, smoke

BUTTON: dict[str, object] = {"evidence": Evidence.PERSON, "cause": Cause.MANUAL_CALL_POINT}
ZONES = [
    ZoneSection(id="nha-1", name="Nhà 1", shared_with=["ngo-2", "ngo-3"]),
    ZoneSection(id="nha-2", name="Nhà 2", shared_with=["ngo-3"]),
]


class Owner:
    """A house whose alarms concern ngo-2 and ngo-3."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder, FakeClock())
        self.owned = Owned(ZONES, self.house.clock, lambda: self.house.alarms.latches)
        self.house.alarms.on_change(self.owned.look)

    def told(self, peer: str = "ngo-2") -> list[tuple[str, str, str]]:
        return [(one.zone, one.call.value, one.standing.value) for one in self.owned.concerning(peer)]


@pytest.fixture
async def owner(tmp_path: Path) -> AsyncIterator[Owner]:
    made = Owner(tmp_path)
    yield made
    await made.house.outbox.close()


async def test_a_single_detector_is_told_when_nobody_cancelled(owner: Owner) -> None:
    await owner.house.smoke()
    assert owner.told() == []
    await owner.house.later(20)
    assert owner.told() == [("nha-1", "fire", "ringing")]


async def test_what_was_cancelled_in_time_is_never_told(owner: Owner) -> None:
    await owner.house.smoke()
    await owner.house.alarms.cancel("nut-huy", "nha-1")
    await owner.house.later(30)
    assert owner.told() == []


async def test_a_button_is_told_at_once_to_those_who_share_its_zone(owner: Owner) -> None:
    await owner.house.smoke("nut-2", "nha-2", **BUTTON)
    assert owner.told("ngo-2") == []
    assert owner.told("ngo-3") == [("nha-2", "fire", "ringing")]


async def test_silence_and_reset_are_told_and_a_reset_is_forgotten_after_a_while(owner: Owner) -> None:
    occurrence = await owner.house.smoke("nut-1", "nha-1", **BUTTON)
    await owner.house.alarms.silence("Nguyễn Văn Mẫu", None)
    assert owner.told() == [("nha-1", "fire", "silenced")]
    await owner.house.alarms.cleared("nut-1")
    await owner.house.alarms.reset("Nguyễn Văn Mẫu", None, occurrence)
    assert owner.told() == [("nha-1", "fire", "reset")]
    owner.house.clock.pass_ms(ENDED_MS)
    await owner.house.alarms.tick()
    assert owner.told() == []


async def test_a_drill_goes_to_all_shared_zones_and_says_that_it_is_one(owner: Owner) -> None:
    await owner.house.alarms.drill("Nguyễn Văn Mẫu", None)
    assert owner.told("ngo-3") == [("nha-1", "drill", "ringing"), ("nha-2", "drill", "ringing")]
    assert all(one.drill for one in owner.owned.concerning("ngo-3"))


@pytest.mark.parametrize("mark", ["test", "disabled"])
async def test_a_point_under_test_or_switched_off_is_not_told(owner: Owner, mark: str) -> None:
    await owner.house.smoke("nut-1", "nha-1", **{**BUTTON, mark: True})
    assert owner.told() == []


async def test_after_a_restart_what_is_latched_is_told_again(owner: Owner) -> None:
    await owner.house.smoke("nut-1", "nha-1", **BUTTON)
    await owner.house.restart("0badb008")
    owner.owned = Owned(ZONES, owner.house.clock, lambda: owner.house.alarms.latches)
    owner.owned.look()
    assert owner.told() == [("nha-1", "fire", "ringing")]


async def test_the_most_urgent_are_told_when_a_line_cannot_hold_all(owner: Owner) -> None:
    for n in range(60):
        pressed = smoke(f"sos-{n}", None, category=Category.MEDICAL, **BUTTON)
        await owner.house.alarms.trigger(pressed)
        owner.house.clock.pass_ms(130_000)  # another call, for the earlier ones are too old to be joined
    await owner.house.smoke("nut-1", "nha-1", **BUTTON)
    assert len(owner.told()) == 50
    assert owner.told()[0] == ("nha-1", "fire", "ringing")
