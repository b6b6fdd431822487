"""DL/T645 meters at a node, over pseudo-terminals: our own simulated one, and the slave of an independent library."""

import asyncio
import json
import subprocess
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from keng_bridges.dlt645 import request, seal
from keng_bridges.dlt645_serial import Dlt645Line
from keng_bridges.errors import NoAnswer, Refused
from keng_edge.clock import SystemClock
from keng_edge.meters.dlt645 import Dlt645
from keng_edge.meters.dlt645_config import Dlt645Section
from keng_wire.conditions import ClockQuality, Condition, Mark
from keng_wire.event import MeterSeen
from support.dlt645_meter import Dlt645Meter
from support.fake_node import FakeNode
from support.processes import Program

ROOT = Path(__file__).parents[2]
METER = "202600000123"


def section(port: str, **fields: object) -> Dlt645Section:
    named = {"type": "dlt645", "id": "ct-1", "name": "Công tơ", "port": port, "every_s": 1, "baud": 9600}
    return Dlt645Section.model_validate(named | fields)


def peer(name: str) -> Path:
    python = ROOT / ".venv-peers" / name / "bin" / "python"
    if not python.exists():
        pytest.skip(f"no independent DL/T645 library in {python.parent.parent}: run `make peers`")
    return python


def read_out(node: FakeNode) -> dict[str, float]:
    return {row.quantity: row.value for row in node.rows}


async def test_a_meter_without_a_configured_address_is_found_and_read_in_blocks(node: FakeNode) -> None:
    with Dlt645Meter() as meter:
        await Dlt645(section(meter.path), node).run_once()
        assert read_out(node) == {
            "energy_import": 1234560,
            "energy_import_t1": 1000000,
            "energy_import_t2": 1234000,
            "energy_import_t3": 100000,
            "energy_import_t4": 220,
            "voltage_l1": 230.1,
            "current_l1": 4.5,
            "power": 1034.5,
            "power_l1": 1034.5,
        }
        assert node.last("ct-1")[0] is Condition.NORMAL


async def test_what_the_meter_declined_is_not_asked_for_again(node: FakeNode) -> None:
    with Dlt645Meter() as meter:
        device = Dlt645(section(meter.path, address=METER), node)
        await device.run_once()
        first = len(meter.asked)
        await device.run_once()
        assert len(meter.asked) - first == 5
        assert first > 8


class SetClock(SystemClock):
    def quality(self) -> ClockQuality:
        return ClockQuality.SYNCED


async def test_the_meters_clock_and_number_are_told(tmp_path: Path) -> None:
    node = FakeNode(SetClock(), tmp_path)
    with Dlt645Meter() as meter:
        meter.ahead_h = 2 if datetime.now(UTC).hour in (15, 16) else 1  # its midnight minute is not believed
        await Dlt645(section(meter.path, registers=["02030000"]), node).run_once()
    (event,) = node.events
    assert isinstance(event, MeterSeen)
    assert event.serial == METER
    assert abs(read_out(node)["clock_drift"] - 3600 * meter.ahead_h) < 60


async def test_the_full_hours_that_the_meter_kept_fill_an_outage(tmp_path: Path) -> None:
    node = FakeNode(SetClock(), tmp_path)
    now = node.clock.utc_ms()
    last = now - now % 3_600_000
    vietnam = timezone(timedelta(hours=7))
    with Dlt645Meter() as meter:
        meter.freeze([datetime.fromtimestamp(last / 1000, vietnam) - timedelta(hours=n) for n in range(9)])
        (tmp_path / "ct-1").mkdir()
        (tmp_path / "ct-1" / "profile.json").write_text(str(last - 3 * 3_600_000))
        fields = {"registers": ["02030000"], "load_profile": "0504", "every_s": 8}
        device = Dlt645(section(meter.path, address=METER, **fields), node)
        await device.run_once()
    assert [row.at for row in node.rows if row.at is not None] == [last - n * 3_600_000 for n in range(3)]


@pytest.mark.parametrize("wrong", [{"load_profile": "P.01"}, {"version": "1997", "load_profile": "0504"}])
def test_the_only_memory_that_is_read_is_that_of_2007(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="0504"):
        section("/dev/null", **wrong)


async def test_a_meter_of_1997_is_found_and_read(node: FakeNode) -> None:
    with Dlt645Meter(old=True) as meter:
        await Dlt645(section(meter.path, version="1997", registers=["9010", "B61F"]), node).run_once()
        assert read_out(node) == {"energy_import": 1234560, "voltage_l1": 230}


@pytest.mark.parametrize("old", [False, True])
async def test_a_block_that_does_not_fit_into_a_frame_is_fetched_in_parts(old: bool) -> None:
    with Dlt645Meter(old=old, part=3) as meter:
        async with await Dlt645Line.open(meter.path, baud=2400) as line:
            found = await line.read(METER, "9010" if old else "0001FF00")
        assert [m.value for m in found.measurements][:1] == [Decimal(1234560)]
        assert len(meter.asked) == (2 if old else 7)


async def test_a_damaged_answer_is_asked_for_again_once() -> None:
    with Dlt645Meter(echo=True) as meter:
        async with await Dlt645Line.open(meter.path) as line:
            meter.spoilt = 1
            assert (await line.read(METER, "02030000")).items[0].number == Decimal("1.0345")
            meter.spoilt = 2
            with pytest.raises(NoAnswer, match="fails its check"):
                await line.read(METER, "02030000")


async def test_a_silent_and_a_declining_meter_are_told_apart(node: FakeNode) -> None:
    with Dlt645Meter() as meter:
        async with await Dlt645Line.open(meter.path) as line:
            with pytest.raises(Refused, match="no such data"):
                await line.read(METER, "00990000")
            with pytest.raises(NoAnswer, match="does not answer"):
                await line.read("202600000999", "02030000")
            meter.silent = True
            with pytest.raises(NoAnswer):
                await line.find()
        meter.silent = False
        with pytest.raises(Refused, match="none of the registers"):
            await Dlt645(section(meter.path, registers=["00990000"]), node).run_once()


def test_the_registers_are_those_of_the_version() -> None:
    with pytest.raises(ValueError, match="4 hex digits"):
        section("/dev/null", version="1997", registers=["00010000"])


async def test_dead_meters_of_a_bus_wait_for_those_that_answer(tmp_path: Path) -> None:
    order: list[str] = []

    class Listening(FakeNode):
        async def report(
            self, device: str, condition: Condition, marks: Iterable[Mark] = (), detail: str | None = None
        ) -> None:
            order.append(device)

    node = Listening(SystemClock(), tmp_path)
    with Dlt645Meter() as meter:
        names = ["dead-1", "dead-2", "alive-1", "alive-2"]
        fields = {"registers": ["02030000"], "every_s": 1}
        made = [
            Dlt645(
                section(meter.path, id=name, address=METER if "alive" in name else f"20269999999{n}", **fields), node
            )
            for n, name in enumerate(names)
        ]
        for _ in range(2):
            order.clear()
            done = [asyncio.create_task(_told(device, name, order)) for device, name in zip(made, names, strict=True)]
            await asyncio.gather(*done)
    assert {name[:5] for name in order[:2]} == {"alive"}
    assert sorted(order) == sorted(names)


async def _told(device: Dlt645, name: str, order: list[str]) -> None:
    try:
        await device.run_once()
    except NoAnswer:
        order.append(name)


# -- independent libraries, each in an environment of its own


@pytest.fixture
def slave(tmp_path: Path) -> Iterator[str]:
    arguments = [peer("dlt645a"), ROOT / "tests/support/dlt645_slave.py"]
    with Program(arguments, tmp_path / "slave.log", talks=True) as program:
        program.wait_until(lambda: "port " in program.output(), "the slave has a port")
        yield program.output().split()[1]


async def test_the_slave_of_an_independent_library_is_found_and_read(slave: str, node: FakeNode) -> None:
    wanted = ["0001FF00", "00020000", "0201FF00", "02020100", "02030000", "02800002"]
    device = Dlt645(section(slave, address=METER, registers=wanted), node)
    await device.run_once()
    found = read_out(node)
    assert (found["energy_import"], found["energy_import_t1"], found["energy_export"]) == (1234560, 1000000, 7500)
    assert (found["voltage_l1"], found["current_l1"], found["power"]) == (230.1, 4.5, 1034.5)
    assert found["frequency"] == 50.01


def test_an_independent_codec_reads_our_frames_as_we_do() -> None:
    python = peer("dlt645b")
    sent = {
        request(0x11, METER, bytes.fromhex("00000100"))[4:]: "00010000",
        seal(0x91, METER, bytes.fromhex("00000100 56341200")): "0012345600010000",
        seal(0x91, "000000000161", bytes.fromhex("00010102 0110")): "100102010100",
    }
    lines = "".join(f"{frame.hex()}\n" for frame in sent)
    program = [str(python), str(ROOT / "tests/support/dlt645_oracle.py")]
    done = subprocess.run(program, input=lines, capture_output=True, text=True, check=True, timeout=30)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["data"] for answer in answers] == list(sent.values())
    assert [answer["addr"] for answer in answers] == [METER, METER, "000000000161"]
