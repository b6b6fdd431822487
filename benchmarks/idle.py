"""What a node with 40 devices costs while nothing happens: meters twice a minute, modules every two seconds.

Processor time is counted, so that a busy machine changes little.
"""

import asyncio
import os
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from threading import Event, Thread

from benchmarks import report
from benchmarks.bus import METER, MODULE
from benchmarks.node_program import Program
from benchmarks.report import Figure
from benchmarks.rs485 import Wire

from keng_demo.bridge_board import BridgeBoard

METERS, MODULES, BOARDS = 30, 4, 6
EVERY_S = 30
WARM_S, MEASURED_S = 8.0, 40.0
SHARE = 0.03
BOARD = '[[devices]]\ntype = "bridge_board"\nid = "bo-{n}"\nname = "Bo {n}"\nport = "{port}"\n'
POINT = '[devices.points.p{p}]\nid = "diem-{n}-{p}"\nname = "Điểm {n} {p}"\nkind = "smoke_detector"\n'
POINTS = 6
ZONES = "".join(f'[[zones]]\nid = "nha-{n}"\nname = "Nhà {n}"\n' for n in range(METERS + 1, METERS + MODULES + 1))


async def main() -> None:
    """Measure and save."""
    modules = range(METERS + 1, METERS + MODULES + 1)
    wire, stop = Wire({n: [1, 0, 0] for n in modules}), Event()
    line = Thread(target=wire.serve, args=(stop.is_set, 600), name="RS-485 line")
    line.start()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=os.environ.get("KENG_BENCH_FOLDER")))
        text = ZONES + "".join(METER.format(n=n, port=wire.path, every=EVERY_S) for n in range(1, METERS + 1))
        text += "".join(MODULE.format(n=n, port=wire.path) for n in modules)
        for n in range(BOARDS):
            board = await stack.enter_async_context(BridgeBoard({f"p{p}": "smoke" for p in range(POINTS)}))
            text += BOARD.format(n=n, port=board.path) + "".join(POINT.format(n=n, p=p) for p in range(POINTS))
        share = await measure(stack.enter_context(Program(Path(folder), text)))
    stop.set()
    line.join()
    wire.close()
    read, polled = min(wire.asked[n] for n in range(1, METERS + 1)), min(wire.asked[n] for n in modules)
    assert read >= 3, "a meter was not read"
    assert polled > MEASURED_S / 2, "a module was not asked every two seconds"
    what = f"idle node: {METERS} meters, {MODULES} modules, {BOARDS} boards with {BOARDS * POINTS} points"
    report.save("idle", [Figure(what, 100 * share, "% of one core", f"≤ {100 * SHARE:g} %", share <= SHARE)])


async def measure(node: Program) -> float:
    """The share of one core, after the start is over; a whole round of the meters lies within."""
    await asyncio.sleep(WARM_S)
    used, begun = node.processor_s(), time.monotonic()
    await asyncio.sleep(MEASURED_S)
    return (node.processor_s() - used) / (time.monotonic() - begun)


if __name__ == "__main__":
    asyncio.run(main())
