"""Motion in areas: which of them something moves in, frame by frame.

The method and its numbers (MOG2 on luma at 320 pixels width) saw all labelled events of our real clips with motion in
1 % of their empty frames, and leave a waving tree alone, where running averages fire on it all the time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from keng_edge.cameras.areas import Point
from keng_edge.cameras.frame import Image

WIDTH = 320
HISTORY = 500
QUICK_LOOKS, SLOWEST_START = 10, 100
"""A new picture is learned quickly for ten looks (as long as nothing is said of it), then at a hundredth a look and
slower. OpenCV's own schedule stays quick for a minute, and takes whoever walked in with the light for background."""
LEAST_AREA = 30
"""Pixels of the small picture; anything smaller is noise, rain or an insect."""
WHOLE_PICTURE = 0.5
"""More of the picture than this at once is a light or infrared switch, a knock or a scene cut, not a person."""
# Several cameras share a few cores: OpenCV's own threads would only fight each other.
cv2.setNumThreads(1)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one frame shows: moving pixels (of the 320-pixel picture) in each area, and the share of it that changed."""

    moving: Mapping[str, float]
    changed: float

    @property
    def whole_picture(self) -> bool:
        """Whether the picture as a whole changed, so that nothing can be said of the areas."""
        return self.changed > WHOLE_PICTURE


class Motion:
    """The background of one camera's picture, learned as it goes."""

    def __init__(self, areas: Mapping[str, Sequence[Point]], var_threshold: float = 16) -> None:
        self._areas = areas
        self._masks: dict[str, Image] = {}
        self._shape: tuple[int, int] = (0, 0)
        self._looks = 0
        self._kernel = np.ones((3, 3), np.uint8)
        self._background = cv2.createBackgroundSubtractorMOG2(HISTORY, var_threshold, detectShadows=False)

    def look(self, luma: Image, learn_anew: bool = False) -> Seen:
        """What moves in this frame; with `learn_anew` the frame becomes the new background."""
        small = self._small(luma)
        foreground = self._background.apply(small, learningRate=self._rate(learn_anew))
        opened = cv2.morphologyEx(foreground, cv2.MORPH_OPEN, self._kernel)
        contours, _ = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        blobs = np.zeros_like(opened)
        cv2.drawContours(blobs, [c for c in contours if cv2.contourArea(c) > LEAST_AREA], -1, 255, cv2.FILLED)
        moving = {name: float(cv2.countNonZero(cv2.bitwise_and(blobs, mask))) for name, mask in self._masks.items()}
        return Seen(moving, cv2.countNonZero(opened) / opened.size)

    def _rate(self, learn_anew: bool) -> float:
        """How much of the background this frame makes up; 1 forgets the rest, -1 is OpenCV's own schedule."""
        self._looks = 1 if learn_anew else self._looks + 1
        if learn_anew or self._looks <= QUICK_LOOKS:
            return 1.0 if learn_anew else -1.0
        return 1 / min(max(2 * self._looks, SLOWEST_START), HISTORY)

    def _small(self, luma: Image) -> Image:
        height, width = luma.shape[:2]
        shape = max(1, round(height * WIDTH / width)), WIDTH
        if shape != self._shape:  # the first frame, or the camera changed its format
            self._shape = shape
            self._masks = {name: _mask(points, shape) for name, points in self._areas.items()}
        return cv2.resize(luma, (shape[1], shape[0]), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _mask(points: Sequence[Point], shape: tuple[int, int]) -> Image:
    height, width = shape
    corners = np.array([(round(x * (width - 1)), round(y * (height - 1))) for x, y in points], np.int32)
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [corners], 255)
    return mask
