"""The hint of fire on the labelled clips: how soon a real fire is told, and how often something else is taken for one.

Each clip without fire is shown three times: as it is, in the warm light of an evening, and overexposed.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks import report
from benchmarks.report import Figure

from keng_edge.cameras.address import Address
from keng_edge.cameras.fire_hint import FireHint, FireWatch
from keng_edge.cameras.flames import FlameColour
from keng_edge.cameras.frame import Frame, Image
from keng_edge.cameras.source import file_frames

CLIPS = Path(__file__).parents[2] / "shared" / "data" / "video"
LIGHTS: dict[str, tuple[float, float, float]] = {
    "as it is": (1, 1, 1),
    "warm light": (0.75, 0.95, 1.2),
    "overexposed": (1.35, 1.35, 1.35),
}
"""What blue, green and red are multiplied by."""
LONGEST_S = 60.0
"""Of each clip; the fire begins at once, and the benchmark should end within a minute."""


@dataclass
class Run:
    """One clip from its begin to its end."""

    hints: list[FireHint]
    seconds: float
    standing: float
    """Seconds during which a hint stood."""
    cost: float
    """CPU ms of a look, decoding left out."""


def main() -> int:
    """Measure; the exit status is 1 when there is nothing to measure with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, default=CLIPS, help="the labelled clips")
    clips: Path = parser.parse_args().clips
    if not (clips / "manifest.json").exists():
        print(f"left out: no labelled clips in {clips}", file=sys.stderr)
        return 1
    report.save("fire_hint", figures(clips))
    return 0


def figures(clips: Path) -> list[Figure]:
    """The table."""
    made: list[Figure] = []
    false, shown, standing, seconds, costs = 0, 0, 0.0, 0.0, list[float]()
    for clip in json.loads((clips / "manifest.json").read_text()):
        truth = clip.get("truth", {})
        if truth.get("fire"):
            run = watched(clips / clip["file"], LIGHTS["as it is"])
            first = run.hints[0].frame.at if run.hints else -1.0
            made.append(Figure(f"{clip['id']}: first hint after", first, "s", aim="≤ 10", met=0 <= first <= 10))
            costs.append(run.cost)
        elif truth.get("fire") == []:
            for light, factors in LIGHTS.items():
                run = watched(clips / clip["file"], factors)
                begun = sum(hint.begins for hint in run.hints)
                false, shown = false + bool(begun), shown + 1
                standing, seconds = standing + run.standing, seconds + run.seconds
                costs.append(run.cost)
                if begun:
                    made.append(Figure(f"{clip['id']}, {light}: false hints", begun, ""))
    made.append(Figure("showings without fire that gave a hint", false, f"of {shown}", aim="0", met=not false))
    made.append(Figure("time that a false hint stood", standing, f"of {seconds:.0f} s"))
    made.append(Figure("CPU a look, worst clip", max(costs), "ms", aim="≤ 6", met=max(costs) <= 6))
    return made


def watched(clip: Path, factors: tuple[float, float, float]) -> Run:
    """One clip in one light."""
    watch, hints, looks, cost = FireWatch(FlameColour()), list[FireHint](), 0, 0.0
    begun: float | None = None
    standing, last, looked = 0.0, 0.0, -1.0
    for frame in file_frames(Address(str(clip)), lambda: 0):
        last = frame.at
        if last > LONGEST_S:
            break
        if 0 <= frame.at - looked < FlameColour.every_s - 0.0005:
            continue
        looked, looks = frame.at, looks + 1
        picture = (frame.picture() * np.array(factors)).clip(0, 255).astype(np.uint8)
        started = time.process_time()
        told = watch.feed(Frame(frame.at, frame.up, frame.luma, _again(picture)))
        cost += time.process_time() - started
        for hint in told:
            begun, standing = (frame.at, standing) if hint.begins else (None, standing + frame.at - (begun or frame.at))
        hints += told
    standing += 0.0 if begun is None else last - begun
    return Run(hints, last, standing, 1000 * cost / max(1, looks))


def _again(picture: Image) -> Callable[[], Image]:
    return lambda: picture


if __name__ == "__main__":
    sys.exit(main())
