"""Copies of stills in which people who have nothing to do with the matter cannot be recognised: coarse squares."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from keng_wire.polygon import Point

CELLS: Final = 32
"""Squares across the picture: a face that fills a tenth of it is three squares wide."""
QUALITY: Final = 90


def blurred(jpeg: bytes, polygons: Sequence[Sequence[Point]]) -> bytes:
    """The picture anew as a JPEG, each polygon (shares of width and height) in squares; OSError when it is none.

    Nothing but the picture is kept: what the file said of itself is left out.
    """
    with Image.open(BytesIO(jpeg), formats=["JPEG"]) as read:
        picture = read.convert("RGB")
    picture.info.clear()
    width, height = picture.size
    cell = max(1, width // CELLS)
    few = max(1, width // cell), max(1, height // cell)
    coarse = picture.resize(few, Image.Resampling.BOX).resize(picture.size, Image.Resampling.NEAREST)
    hidden = Image.new("L", picture.size, 0)
    pen = ImageDraw.Draw(hidden)
    for points in polygons:
        pen.polygon([(x * (width - 1), y * (height - 1)) for x, y in points], fill=255, outline=255)
    picture.paste(coarse, mask=hidden)
    made = BytesIO()
    picture.save(made, "JPEG", quality=QUALITY)
    return made.getvalue()
