"""Each kind of output does what it is told, and says plainly when it cannot."""

import asyncio
import json
import os
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from keng_edge import outputs
from keng_edge.config import BridgeOutput, GpioOutput, LogOutput, ProgramOutput
from keng_edge.errors import OutputError
from keng_edge.outputs import Surroundings
from keng_edge.outputs.bridge import Bridge
from keng_edge.outputs.gpio import Gpio, Gpiod
from keng_edge.outputs.log import Log
from keng_edge.outputs.program import Program
from keng_edge.patterns import PatternKey
from support.fake_clock import FakeClock
from support.processes import until


def around(**boards: object) -> Surroundings:
    return Surroundings(FakeClock(), boards)  # type: ignore[arg-type]  # a double


@pytest.mark.parametrize("place", outputs.KINDS.values())
def test_every_kind_can_be_loaded(place: str) -> None:
    module, _, name = place.partition(":")
    assert callable(getattr(import_module(module), name))


async def test_the_log_output_writes_one_line_for_each_change(tmp_path: Path) -> None:
    output = Log(LogOutput(type="log", id="coi", file=tmp_path / "x/coi.jsonl"), around())
    for on in (False, False, True, True, False):
        output.tune(PatternKey.FIRE)
        await output.switch(on)
    lines = [json.loads(line) for line in (tmp_path / "x/coi.jsonl").read_text().splitlines()]
    assert [(line["on"], line["pattern"]) for line in lines] == [(False, None), (True, "fire"), (False, None)]


async def test_a_program_gets_the_call_as_an_argument_and_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    script = tmp_path / "play"
    script.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/call\nsleep 1000 &\necho $! > {tmp_path}/child\nwait\n')
    script.chmod(0o755)
    output = Program(ProgramOutput(type="program", id="loa", command=[str(script), "{pattern}.wav"]), around())
    output.tune(PatternKey.SOS)
    await output.switch(True)
    await until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text().strip() != "", "it runs")
    assert (tmp_path / "call").read_text() == "sos.wav\n"
    child = int((tmp_path / "child").read_text())
    await output.switch(False)
    await until(lambda: not _runs(child), "the child has ended")


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


async def test_a_program_that_is_not_there_is_an_error_that_names_it() -> None:
    output = Program(ProgramOutput(type="program", id="loa", command=["/no/such/program"]), around())
    with pytest.raises(OutputError, match="/no/such/program"):
        await output.switch(True)


async def test_a_shell_line_is_never_interpreted(tmp_path: Path) -> None:
    command = ["/bin/echo", f"x; touch {tmp_path}/hacked"]
    output = Program(ProgramOutput(type="program", id="loa", command=command), around())
    await output.switch(True)
    await asyncio.sleep(0.05)
    await output.switch(False)
    assert os.listdir(tmp_path) == []


class Board:
    """A bridge board that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int | None]] = []

    async def set(self, point: str, value: int, auto_off_ms: int | None = None) -> None:
        self.told.append((point, value, auto_off_ms))


async def test_a_bridge_sounder_is_told_again_before_its_auto_off_and_then_off() -> None:
    board, clock = Board(), FakeClock()
    section = BridgeOutput(type="bridge", id="coi", board="bo-1", point="siren1")
    output = Bridge(section, Surroundings(clock, {"bo-1": board}))
    await output.switch(True)
    await clock.advance(17)
    await output.switch(False)
    await clock.advance(60)
    assert board.told == [("siren1", 1, 20_000)] * 3 + [("siren1", 0, None)]


class Chips:
    """A chip with one line."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, bool]] = []
        self.driven: list[bool] = []
        self.gone = False

    def request(self, chip: str, line: str, active_low: bool) -> "Chips":
        self.asked.append((chip, line, active_low))
        return self

    def set(self, on: bool) -> None:
        if self.gone:
            raise OSError(19, "No such device")
        self.driven.append(on)


async def test_a_gpio_line_is_found_by_label_and_name_and_asked_for_again_after_an_error() -> None:
    chips = Chips()
    output = Gpio(GpioOutput(type="gpio", id="coi", line="GPIO17", active_low=True), around(), chips)
    await output.switch(False)
    await output.switch(True)
    chips.gone = True
    with pytest.raises(OutputError, match="GPIO17: No such device"):
        await output.switch(False)
    chips.gone = False
    await output.switch(False)
    assert chips.asked == [("pinctrl-bcm2711", "GPIO17", True)] * 2
    assert chips.driven == [False, True, False]


def test_a_chip_that_is_not_there_is_told_with_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    info = SimpleNamespace(get_info=lambda: SimpleNamespace(label="other"))

    class Chip:
        def __init__(self, path: str) -> None:
            self.path = path

        def __enter__(self) -> SimpleNamespace:
            return info

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr("gpiod.Chip", Chip)

    def one_chip(pattern: str) -> list[str]:
        return [pattern.replace("*", "0")]

    monkeypatch.setattr("keng_edge.gpio_chip.glob", one_chip)
    with pytest.raises(OSError, match="'pinctrl-rp1' \\(there is other"):
        Gpiod().request("pinctrl-rp1", "GPIO17", False)
