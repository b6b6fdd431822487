"""The detector on the labelled clips: how many of the people and vehicles it finds, how much it makes up, at what cost.

The model and the clips are not part of the project: without them the benchmark says so and ends. A hit is a detection
of the class that the clip's truth names, in a frame that has one, at the threshold for a single look; a false box is
any detection in a frame that has none. In `one_by_one_person` and the two streets only one class ever appears.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import cv2
import numpy as np
from benchmarks import report
from benchmarks.report import Figure

from keng_edge.cameras.detector import store
from keng_edge.cameras.detector.detection import Detection
from keng_edge.cameras.detector.errors import ModelError
from keng_edge.cameras.detector.ssd import Ssd
from keng_edge.cameras.frame import Image
from keng_edge.cameras.recognition import SURE
from keng_edge.cameras.sightings import Box, ObjectClass

CLIPS = Path(__file__).parents[2] / "shared" / "data" / "video"
PERSON, VEHICLE = ObjectClass.PERSON, ObjectClass.VEHICLE


@dataclass
class Score:
    """What was found on one clip."""

    hits: int = 0
    of: int = 0
    false: int = 0
    empty: int = 0
    costs: list[float] = field(default_factory=list[float])

    def take(self, found: list[Detection], wanted: ObjectClass, present: bool) -> None:
        """Count one frame."""
        sure = [each for each in found if each.confidence >= SURE]
        if present:
            self.of += 1
            self.hits += any(each.object_class is wanted for each in sure)
            self.false += sum(each.object_class is not wanted for each in sure)
        else:
            self.empty += 1
            self.false += len(sure)


def main() -> int:
    """Measure; the exit status is 1 when there is nothing to measure with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=store.default_folder(), help="where the model is kept")
    parser.add_argument("--clips", type=Path, default=CLIPS, help="the labelled clips")
    arguments = parser.parse_args()
    try:
        detector = Ssd(store.content(arguments.cache))
    except ModelError as error:
        print(f"left out: {error}", file=sys.stderr)
        return 1
    if not (arguments.clips / "manifest.json").exists():
        print(f"left out: no labelled clips in {arguments.clips}", file=sys.stderr)
        return 1
    report.save("detector", figures(detector, arguments.clips))
    return 0


def figures(detector: Ssd, clips: Path) -> list[Figure]:
    """The table."""
    made: list[Figure] = []
    costs: list[float] = []
    for name, wanted, step in (
        ("one_by_one_person", PERSON, 14),
        ("car_overhead", VEHICLE, 6),
        ("street_overhead", VEHICLE, 6),
    ):
        for way in ("whole picture", "round the motion"):
            score = measured(detector, clips, name, wanted, step, round_motion=way != "whole picture")
            costs += score.costs
            what = f"{name}, {way}: frames with the {wanted} found"
            made.append(Figure(what, score.hits, f"of {score.of}"))
            made.append(Figure(f"{name}, {way}: false boxes", score.false, f"in {score.of + score.empty} frames"))
    crowd = [len(_sure(detector.find(picture, None))) for n, picture in _pictures(clips / "vtest.avi") if n % 120 == 0]
    made.append(Figure("vtest, whole picture: boxes a frame (up to about 10 people)", statistics.mean(crowd), ""))
    made.append(Figure("CPU a look, median", statistics.median(costs), "ms", aim="14.6 to 18"))
    return made


def measured(detector: Ssd, clips: Path, name: str, wanted: ObjectClass, step: int, *, round_motion: bool) -> Score:
    """Every `step`-th frame of a clip. Round the motion, frames without any are left out."""
    clip = next(each for each in json.loads((clips / "manifest.json").read_text()) if each["id"] == name)
    spans = clip["truth"]["person" if wanted is PERSON else "vehicle_moving"]
    motion, score = cv2.createBackgroundSubtractorMOG2(500, 16, detectShadows=False), Score()
    for number, picture in _pictures(clips / clip["file"]):
        around = _moving(motion, picture) if round_motion else None
        if number < 15 or number % step or any(abs(number - edge) <= 8 for span in spans for edge in span):
            continue
        present = any(begin <= number <= end for begin, end in spans)
        if round_motion and around is None:
            continue
        begun = time.process_time()
        found = detector.find(picture, around)
        score.costs.append(1000 * (time.process_time() - begun))
        score.take(found, wanted, present)
    return score


def _moving(background: cv2.BackgroundSubtractor, picture: Image) -> Box | None:
    """The largest thing that moves, by the plain method: MOG2 on luma, 320 pixels wide."""
    height, width = picture.shape[:2]
    small = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (320, 320 * height // width))
    moving = cv2.morphologyEx(background.apply(small), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    contours, _ = cv2.findContours(moving, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = max(contours, key=cv2.contourArea, default=None)
    if largest is None or cv2.contourArea(largest) <= 30:
        return None
    x, y, w, h = cv2.boundingRect(largest)
    high, wide = small.shape[:2]
    return Box(x / wide, y / high, (x + w) / wide, (y + h) / high)


def _sure(found: list[Detection]) -> list[Detection]:
    return [each for each in found if each.confidence >= SURE]


def _pictures(clip: Path) -> Iterator[tuple[int, Image]]:
    with av.open(str(clip)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            yield number, frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)


if __name__ == "__main__":
    sys.exit(main())
