"""Videos drawn for tests: a grey scene in which a bright block comes, walks and goes."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Draw = Callable[[float], Picture]

RATE = 10
REAL_CLIPS = Path(__file__).parents[3] / "shared" / "data" / "video"


def scene(width: int = 640, height: int = 360, brightness: int = 90) -> Picture:
    """A scene with some texture, the same each time."""
    return _scene(width, height, brightness).copy()


@cache
def _scene(width: int, height: int, brightness: int) -> Picture:
    rows, columns = np.mgrid[0:height, 0:width]
    texture = (brightness + 12 * np.sin(columns / 17) + 9 * np.cos(rows / 11)).astype(np.uint8)
    return np.stack([texture, texture, texture], axis=2)


def block(picture: Picture, x: float, y: float, size: float = 0.12) -> Picture:
    """A bright block whose centre stands at (x, y), all in shares of the picture."""
    height, width = picture.shape[:2]
    top, bottom = (int((y + d) * height) for d in (-size, size))
    left, right = (int((x + d / 2) * width) for d in (-size, size))
    picture[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = (30, 200, 220)
    return picture


def walker(begin: float, end: float, y: float = 0.6) -> Draw:
    """Somebody who walks to and fro through the middle from second `begin` to second `end`."""

    def draw(at: float) -> Picture:
        picture = scene()
        return block(picture, 0.5 + 0.2 * np.sin(at * 2), y) if begin <= at < end else picture

    return draw


def pictures(draw: Draw, seconds: float, rate: int = RATE) -> Iterator[tuple[float, Picture]]:
    """Time and picture of each frame."""
    for number in range(round(seconds * rate)):
        yield number / rate, draw(number / rate)


def write_clip(path: Path, draw: Draw, seconds: float, rate: int = RATE) -> Path:
    """Draw a clip into an MPEG-4 file; `.avi` gets Motion JPEG, which can be read while it arrives."""
    height, width = draw(0).shape[:2]
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*("MJPG" if path.suffix == ".avi" else "mp4v")), rate, (width, height)
    )
    for _, picture in pictures(draw, seconds, rate):
        writer.write(picture)
    writer.release()
    return path


def real_clip(name: str) -> Path:
    """A clip of the shared data, or the test is left out."""
    path = REAL_CLIPS / name
    if not path.exists():
        pytest.skip(f"the real clip {name} is not on this machine")
    return path
