"""Motion: where something moves, frame by frame.

The method and its numbers (MOG2 on luma at 320 pixels width) saw all labelled events of our real clips with motion in
1 % of their empty frames, and leave a waving tree alone, where running averages fire on it all the time.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

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
ACROSS, DOWN = 8, 6
LEAST_STIRRED, CALM_LOOKS = 3, 4
"""In a tile where fewer pixels than these stir nobody is; so many looks in a row are then left out."""
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
        self._background = _Background(threshold, method)

    def look(self, small: Image, learn_anew: bool = False) -> Seen:
        """What moves in this small picture; with `learn_anew` it becomes the new background."""
        anew = learn_anew or self._before is None or self._before.shape != small.shape
        before = small if anew or self._before is None else self._before
        self._before = small
        moving = cv2.threshold(cv2.absdiff(small, before), STIRRED, 255, cv2.THRESH_BINARY)[1]
        rate = self._rate(learn_anew)
        all_of_it = anew or self._looks <= QUICK_LOOKS
        foreground = self._background.look(small, rate, None if all_of_it else moving.astype(np.uint8, copy=False))
        opened = foreground.copy()
        if cv2.countNonZero(opened):
            opened = cv2.morphologyEx(foreground, cv2.MORPH_OPEN, self._kernel).astype(np.uint8, copy=False)
        return Seen(opened, moving.astype(np.uint8, copy=False), cv2.countNonZero(opened) / opened.size)

    def _rate(self, learn_anew: bool) -> float:
        """How much of the background this frame makes up; 1 forgets the rest, -1 is OpenCV's own schedule."""
        self._looks = 1 if learn_anew else self._looks + 1
        if learn_anew or self._looks <= QUICK_LOOKS:
            return 1.0 if learn_anew else -1.0
        return 1 / min(max(2 * self._looks, SLOWEST_START), HISTORY)


class _Background:
    """Learned tile by tile. Where nothing stirs, what was foreground still is, and a few looks are left out.

    Learning is by far the dearest part of the eyes.
    """

    def __init__(self, threshold: float, method: Method) -> None:
        self._tiles = [_subtractor(threshold, method) for _ in range(ACROSS * DOWN)]
        self._left_out = np.zeros(ACROSS * DOWN, np.int32)
        self._foreground: Image = np.zeros((0, 0), np.uint8)
        self._rows = self._columns = np.zeros(0, np.int32)

    def look(self, small: Image, rate: float, moving: Image | None) -> Image:
        """What is foreground; without `moving` nothing is left out."""
        if self._foreground.shape != small.shape:
            self._measure(small)
            moving = None
        due = np.ones(len(self._tiles), bool) if moving is None else self._due(moving)
        for number in np.flatnonzero(due).tolist():
            place = self._place(number)
            learned = rate if rate < 0 else min(1.0, rate * (1 + int(self._left_out[number])))
            self._foreground[place] = self._tiles[number].apply(small[place], learningRate=learned)
        self._left_out = np.where(due, 0, self._left_out + 1).astype(np.int32)
        return self._foreground

    def _due(self, moving: Image) -> NDArray[np.bool_]:
        """The tiles in which something stirs, and those that were left out for long enough."""
        waited: NDArray[np.bool_] = self._left_out >= CALM_LOOKS
        if cv2.countNonZero(moving) < LEAST_STIRRED:
            return waited
        sums = cv2.integral(moving)[np.ix_(self._rows, self._columns)]
        stirs = np.diff(np.diff(sums, axis=0), axis=1).ravel() >= LEAST_STIRRED * 255
        return stirs | waited

    def _measure(self, small: Image) -> None:
        self._foreground = np.zeros_like(small)
        height, width = small.shape[:2]
        self._rows, self._columns = np.arange(DOWN + 1) * height // DOWN, np.arange(ACROSS + 1) * width // ACROSS

    def _place(self, number: int) -> tuple[slice, slice]:
        row, column = divmod(number, ACROSS)
        return (
            slice(int(self._rows[row]), int(self._rows[row + 1])),
            slice(int(self._columns[column]), int(self._columns[column + 1])),
        )


def _subtractor(threshold: float, method: Method) -> cv2.BackgroundSubtractor:
    if method is Method.MOG2:
        return cv2.createBackgroundSubtractorMOG2(HISTORY, threshold, detectShadows=False)
    return cv2.createBackgroundSubtractorKNN(HISTORY, threshold * KNN_PER_MOG2, detectShadows=False)


def shrunk(luma: Image) -> Image:
    """The picture at the size that is analysed."""
    height, width = luma.shape[:2]
    size = WIDTH, max(1, round(height * WIDTH / width))
    while width >= 4 * WIDTH and not (width | height) & 1:  # halving is far cheaper than a quarter at once
        width, height = width // 2, height // 2
        luma = cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return cv2.resize(luma, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
