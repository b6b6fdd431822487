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
ACROSS, DOWN = 8, 6
CALM_LOOKS, EMPTY_LOOKS = 4, 8
"""So many looks in a row are left out in a tile in which nothing stirs: fewer while something stands in it."""
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
        stirred = cv2.threshold(cv2.absdiff(small, before), STIRRED, 255, cv2.THRESH_BINARY)[1]
        moving = stirred.astype(np.uint8, copy=False)
        rate = self._rate(learn_anew)
        all_of_it = anew or self._looks <= QUICK_LOOKS
        opened = self._background.look(small, rate, None if all_of_it else moving).copy()
        if cv2.countNonZero(opened):
            opened = cv2.morphologyEx(opened, cv2.MORPH_OPEN, self._kernel).astype(np.uint8, copy=False)
        return Seen(opened, moving, cv2.countNonZero(opened) / opened.size)

    def _rate(self, learn_anew: bool) -> float:
        """How much of the background this frame makes up; 1 forgets the rest, -1 is OpenCV's own schedule."""
        self._looks = 1 if learn_anew else self._looks + 1
        if learn_anew or self._looks <= QUICK_LOOKS:
            return 1.0 if learn_anew else -1.0
        return 1 / min(max(2 * self._looks, SLOWEST_START), HISTORY)


class _Background:
    """Learned tile by tile: learning is by far the dearest part of the eyes, and most of a picture is calm."""

    def __init__(self, threshold: float, method: Method) -> None:
        self._models = [_subtractor(threshold, method) for _ in range(ACROSS * DOWN)]
        self._foreground: Image = np.zeros((0, 0), np.uint8)
        self._tiles: list[_Tile] = []

    def look(self, small: Image, rate: float, moving: Image | None) -> Image:
        """What is foreground; without `moving` nothing is left out."""
        if self._foreground.shape != small.shape:
            self._lay(small)
            moving = None
        stirring = [True] * len(self._tiles) if moving is None else _stirring(moving)
        for tile, stirs in zip(self._tiles, stirring, strict=True):
            tile.look(small, rate, stirs)
        return self._foreground

    def _lay(self, small: Image) -> None:
        """Lay the tiles over a picture of another size."""
        height, width = small.shape[:2]
        rows = [slice(row * height // DOWN, (row + 1) * height // DOWN) for row in range(DOWN)]
        columns = [slice(column * width // ACROSS, (column + 1) * width // ACROSS) for column in range(ACROSS)]
        places = [(row, column) for row in rows for column in columns]
        mask = self._foreground = np.zeros_like(small)
        self._tiles = [_Tile(place, mask[place], model) for place, model in zip(places, self._models, strict=True)]


@dataclass(slots=True)
class _Tile:
    """A part of the picture. Where nothing stirs, what was foreground still is, and a few looks are left out."""

    place: tuple[slice, slice]
    foreground: Image
    """This part of the mask."""
    model: cv2.BackgroundSubtractor
    left_out: int = 0
    longest: int = CALM_LOOKS

    def look(self, small: Image, rate: float, stirs: bool) -> None:
        """Learn from this look as if those that were left out had been the same."""
        if not stirs and self.left_out < self.longest:
            self.left_out += 1
            return
        learned = rate if rate < 0 else min(1.0, rate * (1 + self.left_out))
        self.model.apply(small[self.place], self.foreground, learned)
        self.left_out, self.longest = 0, CALM_LOOKS if cv2.countNonZero(self.foreground) else EMPTY_LOOKS


def _stirring(moving: Image) -> list[bool]:
    """Whether more than a 510th of the pixels of each tile stir: a mean of less than a half is noise, and rounded."""
    means = cv2.resize(moving, (ACROSS, DOWN), interpolation=cv2.INTER_AREA)
    return [bool(mean) for mean in means.ravel()]


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
