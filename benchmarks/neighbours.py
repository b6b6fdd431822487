"""Neighbours: from a button's frame at one node to the sounders of the others, three real nodes, no hub; needs root."""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pytest
from benchmarks.report import Figure, save

from keng_demo.bridge_board import BridgeBoard

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from support.group_of_nodes import GroupNode, GroupOfNodes
from support.village_network import VillageNetwork

NAMES = ("ngo-1", "ngo-2", "ngo-3")
ALARMS = 8
PATHS = {
    "good cable": (0.0, 0.0, 0.0),
    "20 % of frames lost, 20 % repeated, 10 % swapped": (0.2, 0.2, 0.1),
}


def main() -> None:
    """Measure each path and save it."""
    try:
        save("neighbours", asyncio.run(measure()))
    except pytest.skip.Exception as reason:
        print(f"left out: {reason}")


async def measure() -> list[Figure]:
    """Frame → sounder of each neighbour."""
    figures: list[Figure] = []
    for path, (loss, repeat, swap) in PATHS.items():
        times: list[float] = []
        for round_number in range(ALARMS):
            with tempfile.TemporaryDirectory(dir=os.environ.get("KENG_BENCH_FOLDER")) as folder:
                async with VillageNetwork(*NAMES, seed=round_number) as network:
                    times += await _round(Path(folder), network, (loss, repeat, swap))
        what = f"frame at node 1 → sounders of nodes 2 and 3, no hub, {path}, {len(times)} sounders"
        figures.append(Figure(f"{what}: p50", statistics.median(times), "ms"))
        figures.append(Figure(f"{what}: worst", max(times), "ms", "≤ 3,000 ms (promise 1)", max(times) <= 3000))
    return figures


async def _round(folder: Path, network: VillageNetwork, quality: tuple[float, float, float]) -> list[float]:
    async with BridgeBoard({"smoke1": "smoke", "smoke2": "smoke", "btn1": "button"}, own_sounder=False) as board:
        group = GroupOfNodes(folder, network, NAMES, board)
        try:
            await group.start()
            network.loss, network.repeat, network.swap = quality
            await asyncio.sleep(1)
            begun = time.clock_gettime(time.CLOCK_BOOTTIME) * 1000
            board.do("press", "btn1")
            await group.all(lambda node: node.sounds(), "rings")
            return [_first(node) - begun for node in group.others]
        finally:
            group.stop()


def _first(node: GroupNode) -> float:
    """When its sounder was switched on, in ms since boot."""
    return next(up for on, _, up in node.switches() if on)


if __name__ == "__main__":
    main()
