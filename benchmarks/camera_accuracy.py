"""What the eyes of a camera find on clips with hand-checked truth: events, false events, false motion, stays."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import Figure

from keng_edge.cameras.address import Address
from keng_edge.cameras.blobs import blobs
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.eyes import Eyes
from keng_edge.cameras.motion import Motion, shrunk
from keng_edge.cameras.sightings import Rule, Sighting, Step
from keng_edge.cameras.source import file_frames

LABELLED = ("one_by_one_person", "car_overhead", "street_overhead")
"""Clips with times at which nothing moves; vtest never rests."""
STAYS = "one_by_one_person"
FIRST_FRAMES = 15
QUIET_BEFORE_FRAMES, QUIET_AFTER_S = 5, 1.0
Span = tuple[float, float]


@dataclass
class Found:
    """Of one clip; times in seconds."""

    truth: list[Span]
    rate: float
    length: float
    sightings: list[Sighting]
    empty: int = 0
    moved: int = 0
    """Frames that are empty, and those of them in which the motion stage sees something, at full rate."""


def measure(clips: Path) -> list[Figure]:
    """All figures of accuracy."""
    manifest = json.loads((clips / "manifest.json").read_text(encoding="utf-8"))
    wanted = [each for each in manifest if each["id"] in LABELLED and "frames" in each]
    found = {each["id"]: _run(clips, each) for each in wanted}
    hits, events = _events(found)
    false, hours = _false(found)
    empty, moved = sum(each.empty for each in found.values()), sum(each.moved for each in found.values())
    stays, errors = _stays(found[STAYS])
    return [
        Figure("labelled events found", hits, f"of {events}", "all", hits == events),
        Figure("false events an hour", false / hours, f"({false} in {hours * 60:.1f} min)", "0", false == 0),
        Figure(
            "empty frames with motion", 100 * moved / empty, f"% ({moved} of {empty})", "≤ 2 %", moved <= 0.02 * empty
        ),
        Figure(
            "stays found, each as one", stays, f"of {len(found[STAYS].truth)}", "all", stays == len(found[STAYS].truth)
        ),
        Figure(
            "error of their begin and end, largest", max(errors, default=0.0), "s", "≤ 1 s", max(errors, default=9) <= 1
        ),
    ]


def _run(clips: Path, entry: dict[str, Any]) -> Found:
    section = CameraSection.model_validate({"type": "camera", "id": "c", "name": "c", "source": entry["file"]})
    eyes, motion = Eyes(section), Motion()
    over, under = map(int, entry["fps"].split("/"))
    rate = over / under
    spans = [span for kind in ("person", "vehicle_moving") for span in entry["truth"].get(kind, [])]
    found = Found([(begin / rate, end / rate) for begin, end in sorted(spans)], rate, entry["frames"] / rate, [])
    for number, frame in enumerate(file_frames(Address(str(clips / entry["file"])), lambda: 0)):
        found.sightings += [each for each in eyes.feed(frame) if isinstance(each, Sighting)]
        seen = motion.look(shrunk(frame.luma()), learn_anew=number == 0)
        if number >= FIRST_FRAMES and _is_empty(found, number / rate):
            found.empty += 1
            found.moved += bool(blobs(seen.foreground, seen.moving))
    found.sightings += eyes.close()
    return found


def _is_empty(found: Found, at: float) -> bool:
    before = QUIET_BEFORE_FRAMES / found.rate
    return all(not begin - before < at < end + QUIET_AFTER_S for begin, end in found.truth)


def _events(found: dict[str, Found]) -> tuple[int, int]:
    hits = sum(any(_meet(span, each) for each in one.sightings) for one in found.values() for span in one.truth)
    return hits, sum(len(one.truth) for one in found.values())


def _false(found: dict[str, Found]) -> tuple[int, float]:
    """Sightings that lie beside all truth, and the hours that were watched."""
    ended = [(one, each) for one in found.values() for each in one.sightings if each.step is Step.END]
    false = sum(not any(_meet(span, each) for span in one.truth) for one, each in ended)
    return false, sum(one.length for one in found.values()) / 3600


def _stays(found: Found) -> tuple[int, list[float]]:
    """Stays that one loitering sighting covers and that covers no other, and the errors of their times."""
    told = [each for each in found.sightings if each.rule is Rule.LOITERING and each.step is Step.END]
    errors: list[float] = []
    good = 0
    for span in found.truth:
        mine = [each for each in told if _meet(span, each)]
        if len(mine) == 1 and sum(_meet(other, mine[0]) for other in found.truth) == 1:
            good += 1
            errors += [abs(mine[0].begin - span[0]), abs((mine[0].end or 0.0) - span[1])]
    return good, errors


def _meet(span: Span, sighting: Sighting) -> bool:
    end = sighting.now.frame.at if sighting.end is None else sighting.end
    return sighting.begin <= span[1] and end >= span[0]
