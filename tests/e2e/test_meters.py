"""From the registers of real conversations to accepted half hours, through a power cut and an exchange."""

import asyncio
from collections.abc import Generator
from itertools import pairwise

import pytest

from support.desk import Desk
from support.meter_village import (
    FULL_NAME,
    HALF_HOUR,
    HOUSE,
    MARKET,
    MINUTE,
    NODE,
    PASSWORD,
    PUMP,
    USER,
    MeterVillage,
)
from support.mosquitto import PROGRAM
from support.patience import PATIENCE_S
from support.processes import until

QUESTION = "SELECT id, state, answer, reason FROM meter_question WHERE node = ? AND device = ? AND kind = 'exchange'"
LAST = "SELECT max(last_at) FROM meter_day WHERE node = ? AND device = ? AND register = 'energy_import'"

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Mosquitto is not installed (Debian: apt install mosquitto)")


@pytest.fixture
def village(tmp_path_factory: pytest.TempPathFactory) -> Generator[MeterVillage]:
    """Their clocks stand two hours before the last half hour."""
    with MeterVillage(tmp_path_factory.mktemp("meters") / "village") as standing:
        yield standing


async def _reaches(village: MeterVillage, device: str, at: int) -> None:
    """Until a reading of that moment or later is in the store."""
    async with asyncio.timeout(PATIENCE_S):
        while all(moment < at for moment, _ in await village.raw(device)):  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.05)


async def _read(village: MeterVillage, at: int) -> None:
    """The node works from `at` on until each meter was read, then its power is cut."""
    village.start_node(at)
    for device in (HOUSE, PUMP, *([MARKET] if village.dlt645 else [])):
        await _reaches(village, device, at)


async def test_a_power_cut_is_filled_once_and_an_exchange_waits_for_a_person(village: MeterVillage) -> None:
    first, second, third = village.begin + MINUTE, village.border - HALF_HOUR + MINUTE, village.border + MINUTE
    await _read(village, first)
    village.kill_node()
    village.iec.tell(f"pass {(second - first) / 1000}")
    await _read(village, second)
    gap = [village.begin + n * HALF_HOUR for n in (1, 2, 3)]

    def filled() -> bool:
        return [flag for _, flag in village.accepted(HOUSE).values()][:3] == ["measured"] * 3

    await until(filled, "the meter's own memory has filled the gap")
    village.kill_node()
    raw = await village.raw(HOUSE)
    assert [at for at, _ in raw if first + MINUTE < at < second] == gap, "each border once, and nothing between"
    registers = dict(raw)
    values = village.accepted(HOUSE)
    for start, end in pairwise(gap):
        assert values[start][0] == registers[end] - registers[start]

    def estimated() -> bool:
        return [flag for _, flag in village.accepted(PUMP).values()][:3] == ["estimated"] * 3

    await until(estimated, "the meter without a memory is estimated")

    village.iec.tell("exchange 20269999999", f"pass {(third - second) / 1000}")
    await _read(village, third)
    await until(lambda: bool(village.query(QUESTION, NODE, HOUSE)), "people are asked")
    village.kill_node()
    await until(village.judged, "everything is judged")
    assert village.accepted(HOUSE)[village.border - HALF_HOUR][0] is None, "another meter's register"
    assert village.query(LAST, NODE, HOUSE)[0][0] < third
    assert not [at for at, _ in await village.raw(HOUSE) if second + MINUTE < at < third], "nor its memory"

    async with village.desk() as desk:
        await _log_in(village, desk)
        page = await desk.sees(f"/meters/{NODE}/{HOUSE}", "20269999999", "Mô phỏng")
        assert "Công tơ nhà văn hóa" in page
        number = village.query(QUESTION, NODE, HOUSE)[0][0]
        form = {"answer": "exchanged", "reason": "điện lực thay công tơ"}
        assert (await desk.post(f"/meters/{NODE}/{HOUSE}/questions/{number}", form)).status == 303
    await until(lambda: village.query(LAST, NODE, HOUSE)[0][0] >= third, "the new meter's register counts")
    assert village.query(QUESTION, NODE, HOUSE) == [(number, "answered", "exchanged", "điện lực thay công tơ")]
    assert village.accepted(HOUSE)[gap[0]] == values[gap[0]], "what was accepted before stays"


async def _log_in(village: MeterVillage, desk: Desk) -> None:
    await desk.log_in(USER, village.one_time)
    form = {"current": village.one_time, "new": PASSWORD, "again": PASSWORD}
    assert (await desk.post("/account/password", form)).status == 303
    await desk.sees("/account", FULL_NAME)
