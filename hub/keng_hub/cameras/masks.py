"""Whether masks hide less than before: compared point by point on a raster finer than any door in a picture."""

from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageChops, ImageDraw

from keng_wire.polygon import Point

WIDTH: Final = 640
HEIGHT: Final = 360
SLACK: Final = 24
"""Points that rounding at the edges may cost: a ten-thousandth of the picture."""


def unmasks(before: Sequence[Sequence[Point]], after: Sequence[Sequence[Point]]) -> bool:
    """Whether something that `before` hid would be seen with `after`."""
    bare = ImageChops.subtract(_drawn(before), _drawn(after))
    return bare.histogram()[255] > SLACK


def _drawn(masks: Sequence[Sequence[Point]]) -> Image.Image:
    picture = Image.new("L", (WIDTH, HEIGHT), 0)
    pen = ImageDraw.Draw(picture)
    for points in masks:
        pen.polygon([(x * (WIDTH - 1), y * (HEIGHT - 1)) for x, y in points], fill=255)
    return picture
