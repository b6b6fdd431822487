"""A shared RS-485 bus at 9600 baud: how long 100 meters take beside what the wire needs, and alarms between dead units.

The meters answer as early as the standard allows; real ones take some 20 to 100 ms more each time.
"""

import os
import tempfile
import time
from pathlib import Path

from benchmarks import report
from benchmarks.node_program import Program
from benchmarks.report import Figure
from benchmarks.rs485 import Wire

METERS, EVERY_S = 100, 30
LIVING, DEAD, MODULES = 16, 10, 5
METER = """
[[devices]]
type = "modbus"
id = "ct-{n}"
name = "Công tơ {n}"
port = "{port}"
profile = "eastron_sdm630"
unit = {n}
baud = 9600
every_s = {every}
"""
MODULE = """
[[devices]]
type = "modbus_inputs"
id = "md-{n}"
name = "Mô-đun {n}"
port = "{port}"
profile = "calectro_ug3"
unit = {n}
zone = "nha-{n}"
[devices.points.smoke]
id = "khoi-{n}"
name = "Khói {n}"
kind = "smoke_detector"
"""
ZONE = '[[zones]]\nid = "nha-{n}"\nname = "Nhà {n}"\nhouse = ["coi-{n}"]\ncancel_window_s = 60\n'
OUTPUT = '[[outputs]]\ntype = "log"\nid = "coi-{n}"\nfile = "{file}"\n'


def main() -> None:
    """Measure and save."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("KENG_BENCH_FOLDER")) as folder:
        figures = [*read_all(Path(folder) / "read"), ring(Path(folder) / "ring")]
    report.save("bus", figures)


def read_all(folder: Path) -> list[Figure]:
    """One reading of each meter, from the first request to the last answer."""
    wire = Wire()
    meters = "".join(METER.format(n=n, port=wire.path, every=EVERY_S) for n in range(1, METERS + 1))
    with Program(folder, meters) as node:
        wire.serve(lambda: bool(wire.asked), EVERY_S + 10)
        before = node.processor_s()
        wire.serve(lambda: sum(wire.asked.values()) >= 3 * METERS, 60)
        took, used = wire.ended - wire.begun, node.processor_s() - before
    wire.close()
    assert set(wire.asked.values()) == {3}, "a meter was not read, or twice"
    assert wire.early == 0, f"{wire.early} frames came too early"
    ratio = took / wire.least
    least = f"the wire alone {wire.least:.1f} s"
    return [
        Figure(f"{METERS} meters on one bus at 9600 baud", took, "s", "≤ 1.3 ×", ratio <= 1.3, least, ratio),
        Figure("processor time of the node for it", used, "s", beside=f"{100 * used / took:.1f} % of one core"),
    ]


def ring(folder: Path) -> Figure:
    """Smoke at modules on a bus of 31, a third of them dead: from the input to the sounder, the slowest of five."""
    first = LIVING + DEAD + 1
    modules = range(first, first + MODULES)
    wire = Wire({n: [1, 0, 0] for n in modules}, frozenset(range(LIVING + 1, first)))
    heard = folder / "sounder.jsonl"
    text = "".join(ZONE.format(n=n) + OUTPUT.format(n=n, file=heard) for n in modules)
    text += "".join(METER.format(n=n, port=wire.path, every=5) for n in range(1, first))
    text += "".join(MODULE.format(n=n, port=wire.path) for n in modules)
    waits: list[float] = []
    with Program(folder, text):
        wire.serve(lambda: len(wire.asked) == first - 1 + MODULES, 30)
        for number, unit in enumerate(modules):
            wire.serve(lambda: False, 0.7 * number)
            wire.inputs[unit][2], begun = 1, time.monotonic()
            wire.serve(lambda: _sounding(heard) > number, 10)  # noqa: B023  it is called right here
            waits.append(time.monotonic() - begun)
    wire.close()
    return Figure("smoke on a bus of 31, a third dead, to the sounder", max(waits), "s", "≤ 3 s", max(waits) <= 3)


def _sounding(file: Path) -> int:
    """How many sounders have begun."""
    text = file.read_text() if file.exists() else ""
    return len({line.split('"output": "')[1].split('"')[0] for line in text.splitlines() if '"on": true' in line})


if __name__ == "__main__":
    main()
