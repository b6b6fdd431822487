"""Data blocks of IEC 62056-21, with every oddity that real meters have shown."""

from datetime import datetime
from decimal import Decimal
from typing import cast

import pytest

from bridges.captures import capture
from keng_bridges.iec62056_21 import Readout, base_unit, parse_obis, read_lines, timestamp
from keng_bridges.values import Measurement, Quality

THREE_RATES = """\
F.F(00000000)\r
0.9.1(23:16:43)\r
0.9.2(21-01-04)\r
0.0.0()\r
C.1.0(54800102)\r
1.8.1(0302.8260*kWh)\r
1.8.1*12(0075.5341*kWh)\r
1.8.1&12(0000.0000*kWh)\r
1.8.0(0302.8260*kWh)\r
1.8.0*12(0075.5341*kWh)\r
5.8.1(0064.3714*kvarh)\r
!\r
"""
"""Lines of a Landis+Gyr ZMD405, posted by its owner at https://github.com/pwitab/iec62056-21/issues/16."""


def only(text: str) -> Measurement:
    (measurement,) = read_lines(text).measurements()
    return measurement


@pytest.mark.parametrize(
    ("text", "code", "history"),
    [
        ("1.8.0", "1-0:1.8.0", None),
        ("1-0:1.8.0*255", "1-0:1.8.0", None),
        ("1-0:01.08.00", "1-0:1.8.0", None),
        ("1.8.0*12", "1-0:1.8.0", "12"),
        ("1.8.0&12", "1-0:1.8.0", "12"),
        ("32.7", "1-0:32.7.0", None),
        ("F.F", "0-0:97.97.0", None),
        ("C.1.0", "0-0:96.1.0", None),
        ("0-1:24.2.1", "0-1:24.2.1", None),
    ],
)
def test_codes_are_written_in_full(text: str, code: str, history: str | None) -> None:
    obis = parse_obis(text)
    assert obis is not None
    assert (obis.code, obis.history) == (code, history)


@pytest.mark.parametrize("text", ["", "1", "1.8.0.0.0", "1-0:1.8.999", "x.y.z", "0-0:96.1.255*255x"])
def test_what_is_no_code_is_none(text: str) -> None:
    assert parse_obis(text) is None


def test_the_live_value_is_never_overwritten_by_the_history() -> None:
    readout = read_lines(THREE_RATES)
    found = {m.quantity: m.value for m in readout.measurements() if m.quantity}
    assert found == {"energy_import": Decimal("302826.0"), "energy_import_t1": Decimal("302826.0")}
    past = [m for m in readout.measurements() if m.obis == "1-0:1.8.0*12"]
    assert [(m.quantity, m.value, m.unit) for m in past] == [(None, Decimal("75534.1"), "Wh")]


def test_identity_and_clock_of_the_meter() -> None:
    readout = read_lines(THREE_RATES)
    assert readout.identity() == "54800102"
    assert readout.clock() == datetime(2021, 1, 4, 23, 16, 43)


@pytest.mark.parametrize(
    ("line", "quantity", "value", "unit"),
    [
        ("1.8.0(001234.56*kWh)", "energy_import", "1234560", "Wh"),
        ("1.8.0(001234.56kWh)", "energy_import", "1234560", "Wh"),
        ("1-0:1.8.0*255(00052185.7825309*kWh)", "energy_import", "52185782.5309", "Wh"),
        ("1.8.0(  120858*Wh)", "energy_import", "120858", "Wh"),
        ("3.8.0(00000518.309*kVArh)", "reactive_import", "518309", "varh"),
        ("32.7(230.1*V)", "voltage_l1", "230.1", "V"),
        ("36.7.0(00.062*kW)", "power_l1", "62", "W"),
        ("1.8.0(1,5*MWh)", "energy_import", "1500000", "Wh"),
        ("1.7.0(-02.5*kW)", "power", "-2500", "W"),
        ("13.7.0(0.97)", "power_factor", "0.97", "1"),
        ("14.7.0(50.01*Hz)", "frequency", "50.01", "Hz"),
        ("1.8.0(001234.56)", None, "1234.56", "1"),
        ("1.8.0(001234.56*V)", None, "1234.56", "V"),
        ("0-1:24.2.1(161129200000W)(00981.443*m3)", None, "981.443", "m3"),
    ],
)
def test_values_stay_exact_and_come_in_the_unit_of_their_quantity(
    line: str, quantity: str | None, value: str, unit: str
) -> None:
    measurement = only(line)
    assert (measurement.quantity, measurement.value, measurement.unit) == (quantity, Decimal(value), unit)


def test_the_characters_of_the_meter_are_kept() -> None:
    assert only("1.8.0(001234.560*kWh)").raw == "001234.560"


def test_a_profile_names_the_unit_that_a_meter_leaves_out() -> None:
    (measurement,) = read_lines("1.8.0(001234.56)").measurements({"1-0:1.8.0": "kWh"})
    assert (measurement.quantity, measurement.value) == ("energy_import", Decimal("1234560"))


@pytest.mark.parametrize(
    "line", ["1.6.0(02.589*kW)(2005091345)", "1-0:1.6.0(200509134558S)(02.589*kW)", "1.6.0(02.589*kW)(0200509134500)"]
)
def test_a_value_with_a_time_stamp_in_either_order(line: str) -> None:
    measurement = only(line)
    assert measurement.value == Decimal("2589")
    assert measurement.at is not None
    assert (measurement.at.month, measurement.at.hour) == (5, 13)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("200512135409S", datetime(2020, 5, 12, 13, 54, 9)),
        ("2005121354", datetime(2020, 5, 12, 13, 54)),
        ("1200512135409", datetime(2020, 5, 12, 13, 54, 9)),
        ("20-05-12 13:54", datetime(2020, 5, 12, 13, 54)),
        ("00-00-00 00:00", None),
        ("200230120000", None),
        ("12", None),
        ("", None),
    ],
)
def test_time_stamps(text: str, expected: datetime | None) -> None:
    assert timestamp(text) == expected


@pytest.mark.parametrize("date", ["210104", "1210104", "21-01-04"])
def test_dates_with_six_or_seven_digits(date: str) -> None:
    clock = read_lines(f"0.9.1(231643)\r\n0.9.2({date})").clock()
    assert clock == datetime(2021, 1, 4, 23, 16, 43)


def test_the_same_code_twice_keeps_both_lines_and_the_first_value() -> None:
    readout = read_lines("1.8.0(0001.00*kWh)\r\n1.8.0(0002.00*kWh)")
    assert [(m.quantity, m.value) for m in readout.measurements()] == [
        ("energy_import", Decimal("1000.00")),
        (None, Decimal("2000.00")),
    ]


def test_empty_groups_and_texts_are_kept_and_are_no_measurement() -> None:
    readout = read_lines("0.0.0()\r\n0.2.2(B21)\r\n1.8.1(ER01)")
    assert [data.value for data in readout.sets] == [("", None), ("B21", None), ("ER01", None)]
    assert readout.measurements() == ()


def test_one_bad_line_does_not_lose_the_others() -> None:
    readout = read_lines("1.8.0(0001.00*kWh\r\n2.8.0(0002.00*kWh)\r\nrubbish\r\n\x00\x7f\r\n32.7(230*V)")
    assert {m.quantity for m in readout.measurements()} == {"energy_export", "voltage_l1"}
    assert readout.problems == ("1.8.0(0001.00*kWh", "rubbish")


def test_the_end_of_the_block_may_stand_behind_the_last_value() -> None:
    readout = read_lines("1.8.0(1*kWh)\r\n2.8.0(2*kWh)!\r\n")
    assert ([data.value for data in readout.sets], readout.problems) == ([("1", "kWh"), ("2", "kWh")], ())


def test_several_data_sets_in_one_line_and_one_data_set_in_two_lines() -> None:
    readout = read_lines("1.8.1(1*kWh)1.8.2(2*kWh)\r\n0-1:24.3.0(120517020000)(08)\r\n(00123.450*m3)")
    assert [data.address for data in readout.sets] == ["1.8.1", "1.8.2", "0-1:24.3.0"]
    assert readout.sets[2].value == ("120517020000", None) or readout.sets[2].value == ("00123.450", "m3")


def test_a_failed_check_makes_every_value_suspect() -> None:
    qualities = {m.quality for m in read_lines(THREE_RATES, checked=False).measurements()}
    assert qualities == {Quality.SUSPECT}
    assert {m.quality for m in read_lines(THREE_RATES, checked=True).measurements()} == {Quality.MEASURED}


@pytest.mark.parametrize(
    ("unit", "base", "factor"),
    [("kWh", "Wh", 1000), ("kVArh", "varh", 1000), ("MWh", "Wh", 1_000_000), ("mA", "mA", 1), ("HZ", "Hz", 1)],
)
def test_units(unit: str, base: str, factor: int) -> None:
    assert base_unit(unit) == (base, Decimal(factor))


def test_the_recorded_three_rate_readout() -> None:
    data, expected = capture("lg_zmd405_3rate_excerpt")
    readout = read_lines(data.decode("ascii").partition("\n")[2])
    pairs = [[data_set.address, *data_set.value] for data_set in readout.sets]
    assert pairs == expected["datasets"]


P1 = {
    "ELECTRICITY_USED_TARIFF_1": "1-0:1.8.1",
    "ELECTRICITY_USED_TARIFF_2": "1-0:1.8.2",
    "ELECTRICITY_IMPORTED_TOTAL": "1-0:1.8.0",
    "ELECTRICITY_EXPORTED_TOTAL": "1-0:2.8.0",
    "ELECTRICITY_REACTIVE_IMPORTED_TOTAL": "1-0:3.8.0",
    "CURRENT_ELECTRICITY_USAGE": "1-0:1.7.0",
    "INSTANTANEOUS_VOLTAGE_L1": "1-0:32.7.0",
    "INSTANTANEOUS_CURRENT_L3": "1-0:71.7.0",
    "BELGIUM_MAXIMUM_DEMAND_MONTH": "1-0:1.6.0",
}


def live(readout: Readout) -> dict[str, tuple[str, str | None]]:
    return {s.obis.code: s.value for s in reversed(readout.sets) if s.obis is not None and s.obis.history is None}


@pytest.mark.parametrize(
    "name",
    ["dsmr_fluvius", "dsmr_q3d", "dsmr_v42_kaifa", "p1_lgf_e360_a_landisgyr_360", "p1_lgf_e360_d_landisgyr_360"],
)
def test_the_lines_of_recorded_p1_telegrams(name: str) -> None:
    data, expected = capture(name)
    values = live(read_lines(data.decode("ascii", "replace").partition("\n")[2].rpartition("!")[0]))
    fields = cast(dict[str, dict[str, object]], expected["fields"])
    compared = 0
    for field, code in P1.items():
        if field in fields and fields[field]["value"]:
            text, unit = values[code]
            assert (float(text), unit) == (fields[field]["value"], fields[field]["unit"])
            compared += 1
    assert compared >= 1


def test_every_line_of_a_recorded_telegram_that_other_parsers_refuse() -> None:
    data, expected = capture("dsmr_sagemcom_t210dr")
    sets = read_lines(data.decode("ascii").partition("\n")[2].rpartition("!")[0]).sets
    assert [[data_set.address, *data_set.value] for data_set in sets] == expected["datasets"]
