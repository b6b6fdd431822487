"""The part of a picture that a detector looks at."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keng_edge.cameras.frame import Image
from keng_edge.cameras.sightings import Box

LEAST = 300
"""Pixels; a smaller part would only be blown up."""
MARGIN = 1.6
"""Times what moved: a detector wants to see what is round a thing."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A rectangle of a picture, in pixels: a square unless the picture is too small for one."""

    left: int
    top: int
    width: int
    height: int

    def of(self, picture: Image) -> Image:
        """Its pixels."""
        return picture[self.top : self.top + self.height, self.left : self.left + self.width]

    def boxes(self, found: NDArray[np.float32], picture: Image) -> list[Box]:
        """Rows of left, top, right, bottom in shares of the crop, as boxes in shares of the whole picture."""
        height, width = picture.shape[:2]
        scale = np.array([self.width / width, self.height / height] * 2, np.float32)
        shift = np.array([self.left / width, self.top / height] * 2, np.float32)
        return [Box(*(float(value) for value in row)) for row in np.clip(found * scale + shift, 0, 1)]


def crop(picture: Image, around: Box | None) -> Crop:
    """The square around a box with some margin, within the picture; the whole picture for None."""
    height, width = picture.shape[:2]
    if around is None:
        return Crop(0, 0, width, height)
    across, down = (around.right - around.left) * width, (around.bottom - around.top) * height
    side = max(LEAST, round(MARGIN * max(across, down)))
    wide, high = min(side, width), min(side, height)
    left = round((around.left + around.right) / 2 * width - wide / 2)
    top = round((around.top + around.bottom) / 2 * height - high / 2)
    return Crop(min(max(0, left), width - wide), min(max(0, top), height - high), wide, high)
