"""Dry contacts on the node's pins: a chip of our own behind the same few methods, and the kernel's simulated one."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from edge.test_devices import running
from keng_edge.fire.gpio import GpioInputs
from keng_edge.fire.gpio_config import GpioInputsSection
from keng_edge.fire.gpio_lines import Gpiod
from keng_edge.register import Register
from keng_wire.alarm import Category, Cause, Evidence
from keng_wire.conditions import Condition, Mark
from support.fake_clock import FakeClock
from support.fake_node import FakeNode
from support.processes import until

NORMAL = (Condition.NORMAL, frozenset[Mark]())
FAULT = frozenset({Mark.FAULT})
PANEL = {
    "id": "tu-1",
    "name": "Tủ báo cháy trường học",
    "kind": "fire_panel",
    "line": "GPIO17",
    "fault_line": "GPIO27",
}
BUTTON = {"id": "nut-1", "name": "Nút báo cháy", "kind": "manual_call_point", "line": "GPIO22"}
DOOR = {"id": "cua-1", "name": "Cửa kho", "kind": "contact", "line": "GPIO23", "contact": "nc"}
CANCEL = {"id": "huy-1", "name": "Nút tắt", "kind": "manual_call_point", "line": "GPIO24", "role": "cancel"}
QUIET = {"GPIO17": False, "GPIO27": True, "GPIO22": False, "GPIO23": True, "GPIO24": False}


class Chip:
    """One chip. A byte in a pipe is an edge, so the node waits for it as for the kernel's."""

    def __init__(self, closed: Mapping[str, bool] = QUIET) -> None:
        self.closed = dict(closed)
        self.asked: list[tuple[str, list[str], str]] = []
        self.gone = False
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)

    def request(self, chip: str, lines: Sequence[str], closed: str) -> "Chip":
        if self.gone:
            raise OSError(19, "No such device")
        self.asked.append((chip, list(lines), closed))
        return self

    def set(self, line: str, closed: bool, *, edge: bool = True) -> None:
        """A contact moves."""
        self.closed[line] = closed
        if edge:
            os.write(self._write, b"x")

    def levels(self) -> Mapping[str, bool]:
        if self.gone:
            raise OSError(19, "No such device")
        return self.closed

    def fileno(self) -> int:
        return self._read

    def drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._read, 4096)

    def close(self) -> None:
        pass

    def end(self) -> None:
        os.close(self._read)
        os.close(self._write)


@pytest.fixture
def chip() -> Iterator[Chip]:
    chip = Chip()
    yield chip
    chip.end()


def section(**more: object) -> GpioInputsSection:
    points = {"tu": PANEL, "nut": BUTTON, "cua": DOOR, "huy": CANCEL}
    fields = {"type": "gpio_inputs", "id": "gpio-1", "name": "Tiếp điểm", "zone": "nha-1", "points": points}
    return GpioInputsSection.model_validate({**fields, **more})


async def watched(node: FakeNode) -> None:
    await until(lambda: any(report[0] == "gpio-1" for report in node.reports), "the first look")


async def test_a_closed_alarm_relay_is_an_alarm_and_clears(node: FakeNode, chip: Chip) -> None:
    async with running(GpioInputs(section(), node, chip), node, "gpio-1"):
        await watched(node)
        assert {node.last(name) for name in ("tu-1", "nut-1", "cua-1", "huy-1")} == {NORMAL}
        before = node.clock.up_ms()
        chip.set("GPIO17", True)
        await until(lambda: bool(node.alarms), "the alarm")
        alarm = node.alarms[0]
        assert (alarm.device, alarm.point, alarm.zone, alarm.raw) == ("tu-1", "tu", "nha-1", "GPIO17 closed")
        assert (alarm.cause, alarm.evidence) == (Cause.FIRE_PANEL, Evidence.SINGLE_DETECTOR)
        assert alarm.frame is not None
        assert before <= alarm.frame <= node.clock.up_ms()
        await until(lambda: node.last("tu-1")[0] is Condition.ALARM, "it is shown")
        chip.set("GPIO17", False)
        await until(lambda: node.last("tu-1") == NORMAL, "it clears")
        assert len(node.alarms) == 1
    assert chip.asked == [("pinctrl-bcm2711", ["GPIO17", "GPIO27", "GPIO22", "GPIO23", "GPIO24"], "low")]


async def test_a_panel_whose_fault_relay_falls_is_never_normal_and_its_alarm_counts(node: FakeNode, chip: Chip) -> None:
    async with running(GpioInputs(section(), node, chip), node, "gpio-1"):
        await watched(node)
        chip.set("GPIO27", False)
        await until(lambda: node.last("tu-1") == (Condition.UNKNOWN, FAULT), "the fault")
        chip.set("GPIO17", True)
        await until(lambda: node.last("tu-1") == (Condition.ALARM, FAULT), "the alarm")
        assert len(node.alarms) == 1


async def test_a_normally_closed_contact_a_person_and_a_cancel(node: FakeNode, chip: Chip) -> None:
    async with running(GpioInputs(section(), node, chip), node, "gpio-1"):
        await watched(node)
        chip.set("GPIO23", False)
        await until(lambda: len(node.alarms) == 1, "the door")
        chip.set("GPIO22", True)
        await until(lambda: len(node.alarms) == 2, "the button")
        chip.set("GPIO24", True)
        await until(lambda: bool(node.cancels), "the cancel")
    assert [(alarm.device, alarm.category) for alarm in node.alarms] == [
        ("cua-1", Category.SECURITY),
        ("nut-1", Category.FIRE),
    ]
    assert node.alarms[1].evidence is Evidence.PERSON
    assert node.cancels == [("Nút tắt", "nha-1")]


async def test_an_edge_that_was_missed_is_seen_by_looking(node: FakeNode, chip: Chip) -> None:
    async with running(GpioInputs(section(), node, chip), node, "gpio-1"):
        await watched(node)
        chip.set("GPIO17", True, edge=False)
        await until(lambda: bool(node.alarms), "the alarm")


async def test_what_is_set_off_when_the_node_starts_is_an_alarm(node: FakeNode, chip: Chip) -> None:
    chip.set("GPIO17", True, edge=False)
    async with running(GpioInputs(section(), node, chip), node, "gpio-1"):
        await until(lambda: bool(node.alarms), "the alarm")
    assert node.last("tu-1")[0] is Condition.ALARM


async def test_a_contact_that_bounces_is_no_alarm_and_one_that_chatters_hides_no_other(
    node: FakeNode, chip: Chip, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look at the chip is counted, so the test decides what the node sees, and not the speed of the machine."""
    looks = 0

    def levels() -> Mapping[str, bool]:
        nonlocal looks
        looks += 1
        return {**QUIET, "GPIO17": looks % 2 == 0, "GPIO22": looks >= 6}

    monkeypatch.setattr(chip, "levels", levels)
    async with running(GpioInputs(section(), node, chip), node, "gpio-1"):
        await until(lambda: bool(node.alarms), "the button beside a chattering relay")
        await until(lambda: looks > 14, "more of the chatter")
    assert [alarm.device for alarm in node.alarms] == ["nut-1"]


async def test_a_contact_that_chatters_on_is_a_fault_and_the_others_stay_watched(
    node: FakeNode, chip: Chip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keng_edge.fire.gpio.RESTLESS", 5)
    looks, calm = 0, False

    def levels() -> Mapping[str, bool]:
        nonlocal looks
        looks += 1
        if not calm:
            chip.set("GPIO22", looks % 2 == 0)
        return chip.closed

    monkeypatch.setattr(chip, "levels", levels)
    async with running(GpioInputs(section(), node, chip), node, "gpio-1"):
        await until(lambda: any(report[0] == "nut-1" for report in node.reports), "the first look")
        await until(lambda: node.last("nut-1") == (Condition.UNKNOWN, FAULT), "the fault")
        before = node.signs.count("tu-1")
        await until(lambda: node.signs.count("tu-1") > before, "a sign of life of the panel beside it")
        assert node.last("tu-1") == NORMAL
        calm = True
        chip.set("GPIO22", False)
        await until(lambda: node.last("nut-1") == NORMAL, "it has calmed down")
    assert node.alarms == []


@pytest.mark.expects_log("device gpio-1: GPIO pinctrl-bcm2711: No such device")
async def test_a_chip_that_goes_makes_every_contact_unknown(node: FakeNode, chip: Chip) -> None:
    async with running(GpioInputs(section(), node, chip), node, "gpio-1"):
        await watched(node)
        chip.gone = True
        lost = (Condition.UNKNOWN, frozenset({Mark.COMMS_LOST}))
        await until(lambda: all(node.last(name) == lost for name in ("tu-1", "nut-1", "gpio-1")), "the loss")
        chip.gone = False
        await until(lambda: node.last("tu-1") == NORMAL, "it is back")


def test_only_a_contact_beside_a_fault_relay_is_supervised() -> None:
    clock = FakeClock()
    register = Register(section().deadlines(), clock)
    for _ in range(200):
        clock.pass_ms(1000)
        register.report("gpio-1", Condition.NORMAL, [])
        register.seen("tu-1")
    letters = {state.device: state.supervision for state in register.states()}
    assert letters == {"gpio-1": "A", "tu-1": "A", "nut-1": "U", "cua-1": "U", "huy-1": "U"}


async def test_a_supervised_contact_gives_a_sign_of_life_and_a_bare_one_does_not(node: FakeNode, chip: Chip) -> None:
    async with running(GpioInputs(section(), node, chip), node, "gpio-1"):
        await until(lambda: node.signs.count("tu-1") >= 2, "two looks")
    assert set(node.signs) == {"tu-1"}


def test_a_chip_that_is_not_there_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(pattern: str) -> list[str]:
        return []

    monkeypatch.setattr("keng_edge.gpio_chip.glob", none)
    with pytest.raises(OSError, match=r"'pinctrl-rp1' \(there is none; see `gpioinfo`\)"):
        Gpiod().request("pinctrl-rp1", ["GPIO17"], "low")


SIM = Path("/sys/kernel/config/gpio-sim")
LABEL = "keng-sim"


@pytest.fixture
def simulated() -> Iterator[Path]:
    """A chip of the kernel's gpio-sim; the answer is the folder whose files move its lines."""
    if modprobe := shutil.which("modprobe"):
        subprocess.run([modprobe, "gpio-sim"], capture_output=True, check=False)
    if not os.access(SIM, os.W_OK):
        pytest.skip("no kernel module gpio-sim, or no right to use it (root: modprobe gpio-sim)")
    device = SIM / "keng"
    bank = device / "bank0"
    for number, name in enumerate(("GPIO17", "GPIO27")):
        (bank / f"line{number}").mkdir(parents=True)
        (bank / f"line{number}" / "name").write_text(name)
    (bank / "num_lines").write_text("2")
    (bank / "label").write_text(LABEL)
    (device / "live").write_text("1")
    name, chip = (device / "dev_name").read_text().strip(), (bank / "chip_name").read_text().strip()
    yield Path("/sys/devices/platform") / name / chip
    (device / "live").write_text("0")
    for folder in (bank / "line0", bank / "line1", bank, device):
        folder.rmdir()


async def test_the_kernels_simulated_chip_is_found_by_label_and_its_edges_are_alarms(
    node: FakeNode, simulated: Path
) -> None:
    alarm, fault = simulated / "sim_gpio0" / "pull", simulated / "sim_gpio1" / "pull"
    inputs = GpioInputs(section(chip=LABEL, points={"tu": PANEL}), node)
    async with running(inputs, node, "gpio-1"):
        await until(lambda: any(report[0] == "tu-1" for report in node.reports), "the first look")
        fault.write_text("pull-down")  # the fault relay closes: the panel is on, all is well
        await until(lambda: node.last("tu-1") == NORMAL, "the panel is on")
        alarm.write_text("pull-down")
        await until(lambda: bool(node.alarms), "the alarm")
        alarm.write_text("pull-up")
        await until(lambda: node.last("tu-1") == NORMAL, "it clears")
