"""Profiles of Modbus devices: the shipped ones, and every mistake told with file and field."""

from pathlib import Path

import pytest

from bridges.bench_modbus import METER
from keng_bridges.errors import ProfileError
from keng_bridges.modbus import Read, load, names, parse, plan


@pytest.mark.parametrize("name", names())
def test_every_shipped_profile_loads_names_its_source_and_stays_within_its_requests(name: str) -> None:
    profile = load(name)
    assert profile.source
    reads = plan(profile)
    assert all(read.count <= profile.longest <= 125 for read in reads)
    covered = {(read.function, read.address + n) for read in reads for n in range(read.count)}
    wanted = {(r.function, r.wire + n) for r in profile.registers for n in range(r.words)}
    assert wanted | {(i.function, i.wire) for i in profile.inputs} <= covered


def test_the_meter_on_a_rail_has_its_first_voltage_at_0_and_its_total_at_342() -> None:
    found = {r.quantity or r.name: r.wire for r in load("eastron_sdm630").registers}
    assert (found["voltage_l1"], found["energy_total"]) == (0, 342)


def test_requests_are_joined_over_small_holes_and_split_before_the_limit() -> None:
    lines = "".join(
        f"  - {{name: r{a}, unit: '1', function: 3, address: {a}, type: uint16}}\n" for a in (*range(130), 140, 300)
    )
    text = METER.partition("registers:")[0] + "gap: 12\nregisters:\n" + lines
    assert plan(parse(text, "x.yaml")) == (Read(3, 0, 125), Read(3, 125, 16), Read(3, 300, 1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("float32", "float23"), "meter.yaml: registers[0].type: "),
        (("function: 4", "function: 6"), "meter.yaml: registers[0].function: "),
        (("address: 72", "address: 70000"), "meter.yaml: registers[0].address: "),
        (("address: 72", "address: 0, base: 1"), "meter.yaml: registers[0]: Value error, address 0 with base 1 is -1"),
        (("energy_import", "enrgy"), "quantity 'enrgy' is not known"),
        (("scale: 1000", "unit: kWh"), "energy_import is stored in Wh, not kWh"),
        (("scale: 1000", "scael: 1000"), "meter.yaml: registers[0].scael: "),
        (("quantity: energy_import", "name: x"), "needs `unit`"),
        (("quantity: energy_import", "quantity: power, name: x"), "give either `quantity`"),
        (("kind: sub_meter", "kind: toaster"), "meter.yaml: kind: "),
        (("source: made up for a test\n", ""), "meter.yaml: source: Field required"),
        (("scale: 1000", "scale: 1000, scale: 1"), "key 'scale' stands there twice"),
        (("scale: 1000", "times: [ct]"), "energy_import is multiplied by 'ct', which is not one of `factors`"),
        (
            ("registers:", "factors: {ct: {function: 3, address: 1, type: text}}\nregisters:"),
            "meter.yaml: factors.ct.type",
        ),
        (("registers:", "reset: {address: 1, value: 234}\nregisters:"), "a sub_meter is only read"),
        (("registers:", "registers: ["), "meter.yaml: "),
        (("registers:", "longest: 126\nregisters:"), "meter.yaml: longest: "),
        ((METER, "just text"), "meter.yaml: "),
        ((METER, ""), "meter.yaml: "),
        ((METER, "{[a]: 1}"), "meter.yaml: "),
        ((METER, "- 1"), "meter.yaml: "),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_mistake_in_a_profile_is_told_with_file_and_field(change: tuple[str, str], message: str) -> None:
    with pytest.raises(ProfileError) as refused:
        parse(METER.replace(*change), "meter.yaml")
    assert message in str(refused.value)
    assert refused.value.permanent


def test_a_profile_without_anything_to_read_and_one_with_the_same_quantity_twice() -> None:
    with pytest.raises(ProfileError, match="needs `registers` or `inputs`"):
        parse(METER.partition("registers:")[0], "meter.yaml")
    with pytest.raises(ProfileError, match="energy_import stands there twice"):
        parse(METER + METER.partition("registers:\n")[2], "meter.yaml")


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ProfileError) as refused:
        parse(METER.replace("float32", "x").replace("sub_meter", "y"), "meter.yaml")
    assert len(str(refused.value).splitlines()) == 2


def test_a_profile_by_path_and_an_unknown_one(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(METER, "utf-8")
    assert load(str(file)).name == "Công tơ mẫu"
    with pytest.raises(ProfileError, match="eastron_sdm630"):
        load("sdm630")
    with pytest.raises(ProfileError, match="cannot be read"):
        load(str(tmp_path / "none.yaml"))
