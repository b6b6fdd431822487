"""Motion: where something moves, frame by frame.

The method and its numbers (MOG2 on luma at 320 pixels width) saw all labelled events of our real clips with motion in
1 % of their empty frames, and leave a waving tree alone, where running averages fire on it all the time.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from keng_edge.cameras.frame import Image
from keng_edge.cameras.motion_method import Method

WIDTH = 320
HISTORY = 500
QUICK_LOOKS, SLOWEST_START = 10, 100
"""A new picture is learned quickly for ten looks (as long as nothing is said of it), then at a hundredth a look and
slower. OpenCV's own schedule stays quick for a minute, and takes whoever walked in with the light for background."""
WHOLE_PICTURE = 0.5
"""More of the picture than this at once is a light or infrared switch, a knock or a scene cut, not a person."""
STIRRED = 10
"""Grey levels between two looks that are more than noise."""
KNN_PER_MOG2 = 25.0
"""A threshold of 16 for MOG2 is one of 400 for KNN, both near their defaults."""
# Several cameras share a few cores: OpenCV's own threads would only fight each other.
cv2.setNumThreads(1)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look shows, as masks with 255 where it is so."""

    foreground: Image
    """Where it is not the background."""
    moving: Image
    """Where it is not what it was at the last look: a hole where something used to stand does not move."""
    changed: float
    """The share of the picture that is foreground."""

    @property
    def whole_picture(self) -> bool:
        """Whether the picture as a whole changed, so that nothing can be said of its parts."""
        return self.changed > WHOLE_PICTURE


class Motion:
    """The background of one camera's picture, learned as it goes."""

    def __init__(self, threshold: float = 16, method: Method = Method.MOG2) -> None:
        self._looks = 0
        self._before: Image | None = None
        self._kernel = np.ones((3, 3), np.uint8)
        self._background = (
            cv2.createBackgroundSubtractorMOG2(HISTORY, threshold, detectShadows=False)
            if method is Method.MOG2
            else cv2.createBackgroundSubtractorKNN(HISTORY, threshold * KNN_PER_MOG2, detectShadows=False)
        )

    def look(self, small: Image, learn_anew: bool = False) -> Seen:
        """What moves in this small picture; with `learn_anew` it becomes the new background."""
        foreground = self._background.apply(small, learningRate=self._rate(learn_anew))
        opened = cv2.morphologyEx(foreground, cv2.MORPH_OPEN, self._kernel).astype(np.uint8, copy=False)
        before = small if self._before is None or self._before.shape != small.shape else self._before
        self._before = small
        moving = cv2.threshold(cv2.absdiff(small, before), STIRRED, 255, cv2.THRESH_BINARY)[1]
        return Seen(opened, moving.astype(np.uint8, copy=False), cv2.countNonZero(opened) / opened.size)

    def _rate(self, learn_anew: bool) -> float:
        """How much of the background this frame makes up; 1 forgets the rest, -1 is OpenCV's own schedule."""
        self._looks = 1 if learn_anew else self._looks + 1
        if learn_anew or self._looks <= QUICK_LOOKS:
            return 1.0 if learn_anew else -1.0
        return 1 / min(max(2 * self._looks, SLOWEST_START), HISTORY)


def shrunk(luma: Image) -> Image:
    """The picture at the size that is analysed."""
    height, width = luma.shape[:2]
    size = WIDTH, max(1, round(height * WIDTH / width))
    return cv2.resize(luma, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
