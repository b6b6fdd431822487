"""M-Bus meters at a node, over a pseudo-terminal: primary and secondary addresses, several telegrams, silence."""

import pytest

from keng_bridges.errors import NoAnswer
from keng_bridges.mbus_serial import MbusLine
from keng_edge.meters.mbus import Mbus
from keng_edge.meters.mbus_config import MbusSection
from keng_wire.conditions import Condition
from support.fake_node import FakeNode
from support.mbus_bus import MbusBus, telegram

WATER = telegram("20260002", "0C13 34120000", address=2, medium=7)
FIRST = telegram("20260001", "0C03 78563412", more=True)
SECOND = telegram("20260001", "022B 0500")


def section(port: str, **fields: object) -> MbusSection:
    named = {"type": "mbus", "id": "ct-1", "name": "Công tơ", "port": port, "every_s": 1, "baud": 9600}
    return MbusSection.model_validate(named | fields)


def bus(*, echo: bool = False) -> MbusBus:
    return MbusBus({"20260001": [FIRST, SECOND], "20260002": [WATER]}, echo=echo)


def read_out(node: FakeNode) -> dict[str, float]:
    return {row.quantity: row.value for row in node.rows}


@pytest.mark.parametrize("name", [{"address": 1}, {"number": "20260001"}, {"number": "2026FF01"}])
async def test_all_telegrams_of_a_meter_are_read(node: FakeNode, name: dict[str, object]) -> None:
    with bus(echo=True) as wires:
        await Mbus(section(wires.path, **name), node).run_once()
    assert read_out(node) == {"energy_import": 12345678, "power": 5}
    assert node.last("ct-1")[0] is Condition.NORMAL


async def test_the_frame_count_bit_alternates_and_stays_for_a_repeat(node: FakeNode) -> None:
    with bus() as wires:
        wires.spoilt = 1
        await Mbus(section(wires.path, address=1), node).run_once()
    assert read_out(node) == {"energy_import": 12345678, "power": 5}
    assert [asked.control for asked in wires.asked] == [0x40, 0x7B, 0x7B, 0x5B]


async def test_a_water_meter_on_the_same_bus(node: FakeNode) -> None:
    with bus() as wires:
        await Mbus(section(wires.path, address=2), node).run_once()
    assert read_out(node) == {"volume": 1.234}


async def test_a_meter_that_is_not_there_is_no_answer() -> None:
    with bus() as wires:
        async with await MbusLine.open(wires.path, baud=9600) as line:
            with pytest.raises(NoAnswer, match="20269999"):
                await line.read("20269999")
            with pytest.raises(NoAnswer, match="does not answer"):
                await line.read(9)


async def test_an_answer_that_never_passes_its_check_is_no_answer() -> None:
    with bus() as wires:
        wires.spoilt = 99
        async with await MbusLine.open(wires.path, baud=9600) as line:
            with pytest.raises(NoAnswer):
                await line.read(1)
    assert {asked.control for asked in wires.asked} == {0x40, 0x7B}


@pytest.mark.parametrize("name", [{}, {"address": 1, "number": "20260001"}, {"address": 251}, {"number": "1"}])
def test_a_meter_has_one_name_on_its_bus(name: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"address|number|pattern"):
        section("/dev/null", **name)
