"""Tampers with real clips in many seeded ways and counts what the camera's health finds, and what it makes up.

`python -m benchmarks.camera_health FOLDER` with the folder of the clips; less than two minutes. Each run shows the
clip as it is for a while, then the same clip with the change; nothing is told of what moves, which is the harder case.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from benchmarks import report
from benchmarks.report import Figure
from numpy.typing import NDArray

from keng_edge.cameras.address import Address
from keng_edge.cameras.frame import Frame, Tally
from keng_edge.cameras.health import CameraFault, Health
from keng_edge.cameras.source import file_frames

Picture = NDArray[np.uint8]
Change = Callable[[Picture, np.random.Generator, float], Picture]
"""A picture changed at a time of 0 to 1 of the tampered stretch; each picture of a run gets the same generator."""

RATE, CLEAN_S, CHANGED_S = 2, 24, 32
WIDTH = 320
VARIANTS = 2
CUT, SEED = ("bikes.mp4",), 10
"""The film of our clips whose camera moves, and another seed than the rules were tuned with."""
LEAST_LOOP_S = 15
F = CameraFault


def dark(picture: Picture, seed: np.random.Generator, _: float) -> Picture:
    noise = seed.normal(seed.uniform(2, 10), 2, picture.shape)
    return np.clip(noise, 0, 255).astype(np.uint8)


def cover(picture: Picture, seed: np.random.Generator, _: float) -> Picture:
    return _lay(picture, np.ones(picture.shape[:2], np.float32), seed)


def cover_most(picture: Picture, seed: np.random.Generator, _: float) -> Picture:
    return _lay(picture, _ellipse(picture, seed, 0.75, 0.9), seed)


def cover_part(picture: Picture, seed: np.random.Generator, _: float) -> Picture:
    """From one side, 40 to 55 % of the picture."""
    height, width = picture.shape[:2]
    share, side = seed.uniform(0.4, 0.55), int(seed.integers(4))
    mask = np.zeros((height, width), np.float32)
    if side < 2:
        mask[:, : int(width * share)] = 1
    else:
        mask[: int(height * share)] = 1
    mask = mask[:, ::-1] if side == 1 else mask[::-1] if side == 3 else mask
    return _lay(picture, cv2.GaussianBlur(np.ascontiguousarray(mask), (0, 0), 6).astype(np.float32), seed)


def blur(picture: Picture, seed: np.random.Generator, _: float) -> Picture:
    sigma = picture.shape[1] / seed.uniform(60, 200)
    return cv2.GaussianBlur(picture, (0, 0), sigma).astype(np.uint8)


def shift(picture: Picture, seed: np.random.Generator, _: float) -> Picture:
    """By 8 to 30 % of the width; the edge is repeated, as nobody knows what stands beside the picture."""
    far = seed.uniform(0.08, 0.3) * picture.shape[1] * seed.choice([-1, 1])
    return _warp(picture, np.array([[1, 0, far], [0, 1, seed.uniform(-0.1, 0.1) * picture.shape[0]]]))


def rotate(picture: Picture, seed: np.random.Generator, _: float) -> Picture:
    height, width = picture.shape[:2]
    angle = seed.uniform(8, 20) * seed.choice([-1, 1])
    return _warp(picture, cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.1))


def turn(picture: Picture, seed: np.random.Generator, _: float) -> Picture:
    """Elsewhere: what the camera would see upside down and mirrored is a view as sharp as the old one."""
    return cv2.flip(picture, -1 if seed.integers(2) else 0).astype(np.uint8)


def dimmer(picture: Picture, seed: np.random.Generator, _: float) -> Picture:
    return cv2.convertScaleAbs(picture, alpha=seed.uniform(0.45, 0.7)).astype(np.uint8)


def brighter(picture: Picture, seed: np.random.Generator, _: float) -> Picture:
    return cv2.convertScaleAbs(picture, alpha=seed.uniform(1.2, 1.5), beta=10).astype(np.uint8)


def infrared(picture: Picture, seed: np.random.Generator, _: float) -> Picture:
    """Grey, noisy, bright in the middle."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    lamp = 1.2 - 0.7 * np.hypot(x / width - 0.5, y / height - 0.5)
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) * lamp + seed.normal(0, 6, (height, width))
    seen = np.clip(grey, 0, 255).astype(np.uint8)
    return np.stack([seen, seen, seen], axis=2)


def tremble(picture: Picture, _: np.random.Generator, at: float) -> Picture:
    far = 1.5 * np.sin(at * 300)
    return _warp(picture, np.array([[1, 0, far], [0, 1, -far]]))


def evening(picture: Picture, _: np.random.Generator, at: float) -> Picture:
    return cv2.convertScaleAbs(picture, alpha=1 - 0.55 * at).astype(np.uint8)


def rain(picture: Picture, _: np.random.Generator, at: float) -> Picture:
    drops = np.random.default_rng(int(at * 10_000)).random(picture.shape[:2]) < 0.01
    wet = picture.copy()
    wet[cv2.dilate(drops.astype(np.uint8), np.ones((5, 1), np.uint8)) > 0] = 200
    return wet


def lorry(picture: Picture, seed: np.random.Generator, at: float) -> Picture:
    """Something with windows and wheels hides a third of the picture for a third of the time."""
    if not 0.3 < at < 0.6:
        return picture
    height, width = picture.shape[:2]
    seen, left = picture.copy(), int(seed.uniform(0, 0.6) * width)
    seen[height // 4 : height * 3 // 4, left : left + width // 2] = seed.integers(60, 220, 3)
    for column in range(left + 10, left + width // 2 - 20, 40):
        seen[height // 3 : height // 2, column : column + 22] = seed.integers(0, 60, 3)
    return seen


TAMPERS: dict[str, tuple[Change, frozenset[CameraFault]]] = {
    "black": (dark, frozenset({F.DARK, F.COVERED})),
    "covered whole": (cover, frozenset({F.COVERED, F.DARK})),
    "covered 75-90 %": (cover_most, frozenset({F.COVERED, F.PARTLY_COVERED, F.MOVED})),
    "covered 40-55 %": (cover_part, frozenset({F.PARTLY_COVERED, F.COVERED})),
    "blurred width/200-60": (blur, frozenset({F.DEFOCUSED, F.COVERED})),
    "shifted 8-30 %": (shift, frozenset({F.MOVED})),
    "rotated 8-20°": (rotate, frozenset({F.MOVED})),
    "turned away": (turn, frozenset({F.MOVED, F.COVERED})),
}
"""What is done, and the faults that are a right answer to it."""
BENIGN: dict[str, Change] = {
    "nothing": lambda picture, _seed, _at: picture,
    "dimmer": dimmer,
    "brighter": brighter,
    "infrared": infrared,
    "trembling": tremble,
    "evening": evening,
    "rain": rain,
    "lorry": lorry,
}


def _lay(picture: Picture, mask: NDArray[np.float32], seed: np.random.Generator) -> Picture:
    """Something smooth before the lens: one colour, a slope of light, a little noise."""
    height, width = picture.shape[:2]
    colour = seed.uniform(20, 200, 3)
    slope = np.linspace(-1, 1, width)[None, :, None] * seed.uniform(-25, 25)
    cloth = colour + slope + seed.normal(0, 1.5, (height, width, 3))
    mixed = picture * (1 - mask[..., None]) + cloth * mask[..., None]
    return np.clip(mixed, 0, 255).astype(np.uint8)


def _ellipse(picture: Picture, seed: np.random.Generator, least: float, most: float) -> NDArray[np.float32]:
    height, width = picture.shape[:2]
    mask = np.zeros((height, width), np.float32)
    scale = float(np.sqrt(seed.uniform(least, most) * 4 / np.pi)) / 2
    centre = int(width * seed.uniform(0.45, 0.55)), int(height * seed.uniform(0.45, 0.55))
    cv2.ellipse(mask, centre, (int(width * scale * 1.05), int(height * scale * 1.05)), 0, 0, 360, 1, -1)
    return cv2.GaussianBlur(mask, (0, 0), 5).astype(np.float32)


def _warp(picture: Picture, matrix: Any) -> Picture:
    height, width = picture.shape[:2]
    warped = cv2.warpAffine(picture, matrix.astype(np.float32), (width, height), borderMode=cv2.BORDER_REFLECT)
    return warped.astype(np.uint8)


def pictures_of(clip: Path) -> list[Picture]:
    """The clip at `RATE` pictures a second, 320 pixels wide."""
    kept: list[Picture] = []
    due = 0.0
    for frame in file_frames(Address(str(clip)), lambda: 0):
        if frame.at >= due:
            due += 1 / RATE
            picture = frame.picture()
            size = WIDTH, round(picture.shape[0] * WIDTH / picture.shape[1])
            kept.append(cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8))
    return kept


def endless(pictures: Sequence[Picture]) -> Iterator[Picture]:
    """To and fro, so that a short clip never jumps."""
    while True:
        yield from pictures
        yield from reversed(pictures[1:-1])


def run(pictures: Sequence[Picture], change: Change, seed: int) -> tuple[set[CameraFault], set[CameraFault], float]:
    """Faults begun while the clip was clean, after it was changed, and seconds of CPU time."""
    health, before, after, spent = Health(0.5, played=True), set[CameraFault](), set[CameraFault](), 0.0
    for number, picture in zip(range((CLEAN_S + CHANGED_S) * RATE), endless(pictures), strict=False):
        at = number / RATE
        tampered = at >= CLEAN_S
        shown = change(picture, np.random.default_rng(seed), (at - CLEAN_S) / CHANGED_S) if tampered else picture
        grey = cv2.cvtColor(shown, cv2.COLOR_BGR2GRAY).astype(np.uint8)
        frame = Frame(at, 0, lambda grey=grey: grey, lambda shown=shown: shown, Tally(number + 1, 1))  # type: ignore[misc]
        begun = time.process_time()
        found = {one.fault for one in health.feed(frame, 0.0) if one.begins}
        spent += time.process_time() - begun
        (after if tampered else before).update(found)
    return before, after, spent / (CLEAN_S + CHANGED_S)


def looped(pictures: Sequence[Picture]) -> bool:
    """Whether a clip that is played twice is found out; it is read four times a second for this."""
    health = Health(0.5)
    for number, picture in enumerate([*pictures, *pictures]):
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.uint8)
        frame = Frame(number / RATE, 0, lambda grey=grey: grey, lambda picture=picture: picture, Tally(number + 1, 1))  # type: ignore[misc]
        if any(one.fault is F.LOOPED and one.begins for one in health.feed(frame, 0.0)):
            return True
    return False


def measure(folder: Path, cut: Sequence[str] = CUT, seed: int = SEED, verbose: bool = False) -> list[Figure]:
    """All figures of the camera's health; `cut` are films of moving cameras, which are shown harmless only."""
    files = sorted(path for path in folder.iterdir() if path.suffix in (".mp4", ".avi", ".gif"))
    clips = {path.name: pictures_of(path) for path in files}
    fixed = {name: pictures for name, pictures in clips.items() if name not in cut}
    seeds = range(seed, seed + VARIANTS)
    costs: list[float] = []
    found = [tampered(name, fixed, seeds, costs, verbose) for name in TAMPERS]
    loops = {clip: looped(pictures) for clip, pictures in fixed.items() if len(pictures) >= LEAST_LOOP_S * RATE}
    return [
        *found,
        Figure("tamper found: played twice", sum(loops.values()), f"of {len(loops)}"),
        harmless(clips, seeds, verbose),
        Figure(f"the camera's health, {WIDTH} pixels wide", 1000 * float(np.median(costs)), "ms a second of video"),
    ]


def main() -> int:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cut", nargs="*", default=CUT, metavar="CLIP", help="films, no fixed cameras: harmless only")
    parser.add_argument("--seed", type=int, default=SEED, help="of the first variant")
    parser.add_argument("--verbose", action="store_true", help="say what was missed")
    options = parser.parse_args()
    report.save("camera_health", measure(options.folder, options.cut, options.seed, options.verbose))
    return 0


def tampered(
    name: str, clips: Mapping[str, Sequence[Picture]], seeds: range, costs: list[float], verbose: bool
) -> Figure:
    """One row; the CPU seconds of each run go into `costs`."""
    change, right = TAMPERS[name]
    runs = [(clip, seed, run(pictures, change, seed)) for clip, pictures in clips.items() for seed in seeds]
    words = Counter(word for _, _, (_, after, _) in runs for word in (map(str, after) if after else ["nothing"]))
    missed = [(clip, seed) for clip, seed, (_, after, _) in runs if not after & right]
    told = ", ".join(f"{word} {count}" for word, count in words.most_common())
    if verbose and missed:
        print(f"  {name}: missed: {missed}", file=sys.stderr)
    costs += [cost for _, _, (_, _, cost) in runs]
    return Figure(f"tamper found: {name}", len(runs) - len(missed), f"of {len(runs)}", beside=f"as {told}")


def harmless(clips: Mapping[str, Sequence[Picture]], seeds: range, verbose: bool) -> Figure:
    """The false tampers of all harmless changes."""
    false, runs = 0, 0
    for name, change in BENIGN.items():
        for clip, pictures in clips.items():
            for seed in seeds:
                before, after, _ = run(pictures, change, seed)
                runs, false = runs + 1, false + bool(before | after)
                if verbose and before | after:
                    print(f"  {name}: false: {clip} {seed} {sorted(before | after)}", file=sys.stderr)
    return Figure("false tampers", false, f"of {runs}", "0", false == 0, f"harmless: {', '.join(BENIGN)}")


if __name__ == "__main__":
    sys.exit(main())
