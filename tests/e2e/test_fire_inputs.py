"""A fire told by each family of inputs at once: one incident each, and no panel believed to be heard too early."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.fire_village import FireVillage
from support.mosquitto import PROGRAM
from support.processes import until

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Mosquitto is not installed (Debian: apt install mosquitto)")

SMOKE_OVER_LORAWAN, SMOKE_OVER_WMBUS = b"\x01\x78\x1a\x02\x00", "02FD971D0400"


@pytest.fixture
async def village(tmp_path: Path) -> AsyncIterator[FireVillage]:
    async with FireVillage(tmp_path / "village") as standing:
        yield standing


async def test_a_fire_through_each_family_of_inputs_is_one_incident_each_and_rings(village: FireVillage) -> None:
    await village.start_hub()
    village.board.tell("press nut")
    village.radio_says(SMOKE_OVER_WMBUS)
    await village.lorawan_says(SMOKE_OVER_LORAWAN)
    assert b'"ACK"' in await village.panel_reports("1234", "012")
    await village.pager_calls("CHAY KHO 3")
    await until(lambda: all(village.rings(number) for number in range(1, 6)), "each house rings")
    expected = [
        ("so-1", "manual_call_point", "nut-1"),
        ("so-2", "fire_panel", "bep-cho"),
        ("so-3", "fire_panel", "kho-3"),
        ("so-4", "smoke", "khoi-4"),
        ("so-5", "smoke", "khoi-5"),
    ]
    await until(lambda: len(village.incidents()) >= 5, "the hub has all of them")
    assert village.incidents() == expected


async def test_what_a_panel_was_told_is_stored_is_stored_and_what_it_sends_again_is_one_incident(
    village: FireVillage,
) -> None:
    assert b'"ACK"' in await village.panel_reports("5678", "001")
    village.node.kill()  # the answer says that it is stored; it may not ring yet
    await village.start_node()  # without any hub so far
    await until(lambda: village.rings(6), "what was stored rings")
    await village.panel_reports("9ABC", "001", patience_s=0.01)
    village.node.kill()  # it may have been stored or not: no answer was taken
    await village.start_node()
    assert b'"ACK"' in await village.panel_reports("9ABC", "001")
    await until(lambda: village.rings(7), "the sounder rings")
    await village.start_hub()
    expected = [("so-6", "fire_panel", "kho-truong"), ("so-7", "fire_panel", "kho-xuong")]
    await until(lambda: len(village.incidents()) >= 2, "both are there")
    assert village.incidents() == expected
