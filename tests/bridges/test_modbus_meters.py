"""Every shipped meter profile against a pymodbus server on a real port, with registers as the maker's table has them.

The hex is written down here from the tables and the IEEE 754 standard, not made by our own code.
"""

from decimal import Decimal

import pytest

from bridges.bench_modbus import Bus, meter
from keng_bridges.modbus import load
from keng_bridges.modbus_serial import ModbusLine

V230, A1_5, HZ50, PF0_95 = "43660000", "3fc00000", "42480000", "3f733333"
EASTRON = {0: V230, 6: A1_5, 70: HZ50, 72: "47d5f820", 74: "3f000000", 342: "47d5f860"}
EASTRON_VALUES = {
    "voltage_l1": "230",
    "current_l1": "1.5",
    "frequency": "50",
    "energy_import": "109552250",
    "energy_export": "500",
    "energy_total": "109552750",
}
TABLES = {
    "eastron_sdm120": (4, EASTRON | {12: "43ac8000"}, EASTRON_VALUES | {"power": "345"}),
    "eastron_sdm230": (4, EASTRON | {12: "43ac8000"}, EASTRON_VALUES | {"power": "345"}),
    "eastron_sdm630": (
        4,
        EASTRON | {52: "43ac8000", 16: "c1200000"},
        EASTRON_VALUES | {"power": "345", "power_l3": "-10"},
    ),
    # Ratios 20 (register 6) and 1.0 (register 7, in tenths); 2301 tenths of a volt, 1500 mA, 3450 tenths of a watt.
    "chint_dtsu666": (
        3,
        {
            0x0006: "0014000a",
            0x101E: "42f6e979",
            0x1028: "00000000",
            0x2006: "450fd000",
            0x200C: "44bb8000",
            0x2012: "4557a000",
            0x202A: "446d8000",
            0x2044: "459c4000",
        },
        {
            "energy_import": "2469120",
            "energy_export": "0",
            "voltage_l1": "230.1",
            "current_l1": "30",
            "power": "6900",
            "power_factor": "0.95",
            "frequency": "50",
        },
    ),
    "chint_ddsu666": (
        3,
        {
            0x2000: V230,
            0x2002: A1_5,
            0x2004: "3eb0a3d7",
            0x200A: PF0_95,
            0x200E: HZ50,
            0x4000: "449a43d7",
            0x400A: "3f800000",
        },
        {
            "voltage_l1": "230",
            "current_l1": "1.5",
            "power": "345",
            "power_factor": "0.95",
            "frequency": "50",
            "energy_import": "1234120",
            "energy_export": "1000",
        },
    ),
    # 123456 × 0.01 kWh at ratios 1 and 40.
    "acrel_adl400": (
        3,
        {
            0x000A: "0001e240",
            0x0014: "00000000",
            0x008D: "00010028",
            0x0800: V230,
            0x080C: "42700000",
            0x081A: "415ccccd",
            0x0832: PF0_95,
            0x0834: HZ50,
        },
        {
            "energy_import": "49382400",
            "energy_export": "0",
            "voltage_l1": "230",
            "current_l1": "60",
            "power": "13800",
            "power_factor": "0.95",
            "frequency": "50",
        },
    ),
    # The manual counts registers from 1: 3000 is 2999 on the wire. 9,007,199,254,740,993 Wh is no float64 any more.
    "schneider_iem3155": (
        3,
        {
            2999: A1_5,
            3027: V230,
            3059: "3eb0a3d7",
            3109: HZ50,
            3203: "0020000000000001",
            3207: "0000000000000007",
            3219: "00000000000003e8",
            3223: "0000000000000000",
        },
        {
            "current_l1": "1.5",
            "voltage_l1": "230",
            "power": "345",
            "frequency": "50",
            "energy_import": "9007199254740993",
            "energy_export": "7",
            "reactive_import": "1000",
            "reactive_export": "0",
        },
    ),
    "selec_mfm383a": (
        4,
        {0: V230, 16: A1_5, 42: "3eb0a3d7", 54: PF0_95, 56: HZ50, 58: "449a43d7"},
        {
            "voltage_l1": "230",
            "current_l1": "1.5",
            "power": "345",
            "power_factor": "0.95",
            "frequency": "50",
            "energy_import": "1234120",
        },
    ),
}


@pytest.mark.parametrize("name", TABLES)
async def test_each_meter_says_what_its_table_says(name: str) -> None:
    function, registers, expected = TABLES[name]
    async with Bus([meter(7, registers, function=function)]) as bus, await ModbusLine.open(bus.path) as line:
        sample = await line.read(load(name), 7)
    found = {m.quantity or str(m.raw).partition("=")[0]: m.value for m in sample.measurements}
    assert sample.problems == ()
    assert {key: found[key] for key in expected} == {key: Decimal(value) for key, value in expected.items()}


async def test_a_ratio_that_was_never_set_gives_no_value_instead_of_zero() -> None:
    _, registers, _ = TABLES["chint_dtsu666"]
    unset = registers | {0x0006: "0000000a"}
    async with Bus([meter(1, unset)]) as bus, await ModbusLine.open(bus.path) as line:
        sample = await line.read(load("chint_dtsu666"), 1)
    assert "energy_import: factor ct is 0" in sample.problems
    assert {m.quantity for m in sample.measurements} == {
        "voltage_l1",
        "voltage_l2",
        "voltage_l3",
        "power_factor",
        "frequency",
    }
