"""Privacy masks: parts of the picture that nobody may see, blackened before anything else looks at a frame.

Motion, health, the detector, stills and encoded clips see the black only. A clip that is copied as it came from the
camera would hold what lies beneath; so a camera with masks never copies (`clip` in its section).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from keng_edge.cameras.frame import Frame, Image
from keng_wire.polygon import Point

BLACK = 16
"""Video's own black; 0 is outside what many encoders pass on."""
MARGIN = 0.005
"""A mask is grown by this share of the width, so that blur and blocks at its edge show nothing."""


class Masks:
    """The masks of one camera: polygons with corners as shares of width and height."""

    def __init__(self, polygons: Sequence[Sequence[Point]]) -> None:
        self._polygons = [list(points) for points in polygons]
        self._stencil: Image | None = None

    def __bool__(self) -> bool:
        return bool(self._polygons)

    def frame(self, frame: Frame) -> Frame:
        """The frame as everybody may see it. Each kind of picture is blackened once, when it is asked for."""
        if not self._polygons:
            return frame
        luma, picture = _once(frame.luma, self.blacken), _once(frame.picture, self.blacken)
        return replace(frame, luma=luma, picture=picture, tint=None)

    def blacken(self, picture: Image) -> Image:
        """A copy of a picture, grey or in colour, with the masks in it."""
        seen = picture.copy()
        seen[self._of(picture.shape[0], picture.shape[1]) > 0] = BLACK
        return seen

    def visible(self, height: int, width: int, margin: int) -> Image:
        """1 where a picture of this size shows what is there, 0 in the masks and `margin` pixels around them."""
        stencil = _stencil(self._polygons, height, width)
        grown = cv2.dilate(stencil, np.ones((2 * margin + 1, 2 * margin + 1), np.uint8))
        clear: Image = (grown == 0).astype(np.uint8)
        return clear

    def _of(self, height: int, width: int) -> Image:
        if self._stencil is None or self._stencil.shape != (height, width):
            self._stencil = _stencil(self._polygons, height, width)
        return self._stencil


def _stencil(polygons: Sequence[Sequence[Point]], height: int, width: int) -> Image:
    stencil = np.zeros((height, width), np.uint8)
    grow = max(1, round(width * MARGIN))
    for points in polygons:
        corners = np.array([(round(x * (width - 1)), round(y * (height - 1))) for x, y in points], np.int32)
        cv2.fillPoly(stencil, [corners], 255)
        cv2.polylines(stencil, [corners], True, 255, thickness=2 * grow + 1)
    return stencil


def _once(make: Callable[[], Image], change: Callable[[Image], Image]) -> Callable[[], Image]:
    made: list[Image] = []

    def get() -> Image:
        if not made:
            made.append(change(make()))
        return made[0]

    return get
