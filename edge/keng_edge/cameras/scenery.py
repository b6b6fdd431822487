"""Scenery: what the picture looks like where nobody is, so that somebody who stands still is not forgotten.

The background of `motion.py` takes in whoever stands still for some ten seconds. This one is never learned where
something is believed to be, so the difference stays as long as the thing does.
"""

from collections.abc import Iterable

import cv2
import numpy as np

from keng_edge.cameras.box import Box
from keng_edge.cameras.frame import Image

LEARNED = 0.1
"""Of each look; two seconds of an empty scene are learned to two thirds."""
DIFFERENT = 18
"""Grey levels between somebody and the wall behind."""
SLIGHT = 10
"""What differs by less is the empty scene, whatever `motion.py` says: a shadow that was learned with somebody who
stood near."""
MARGIN = 0.03
STEP = 8
"""Every eighth pixel of every eighth line is enough to tell how bright a picture is."""
RELAXED = 0.003
"""Of a change of exposure, each look: slower than the background of `motion.py` learns, or it would all be motion."""
MOST_GAIN = 2.5
"""A change of light beyond this is another picture: a lamp, the infrared switch."""


class Scenery:
    """The empty scene of one camera at the size of the analysed picture."""

    def __init__(self) -> None:
        self._empty: Image | None = None

    def begin_anew(self, small: Image, taken: Iterable[Box] = ()) -> None:
        """The picture jumped: take it for empty, but for what is known to be behind the things in it."""
        old, self._empty = self._empty, small.copy()
        if old is None or old.shape != small.shape:
            return
        brighter = 1 / _gain(old, small)
        for box in taken:
            here = _pixels(box.wider(MARGIN, MARGIN), small)
            if self._empty[here].size:
                self._empty[here] = cv2.convertScaleAbs(old[here], alpha=brighter)

    def even(self, small: Image) -> Image:
        """The picture as bright as the scene is known: a camera that turns itself up or down moves nothing.

        Somebody large who comes near makes every camera do so, and all of the picture would be motion.
        """
        if self._empty is None or self._empty.shape != small.shape:
            return small
        gain = _gain(self._empty, small)
        if gain == 1 or not 1 / MOST_GAIN < gain < MOST_GAIN:
            return small
        return cv2.convertScaleAbs(small, alpha=gain ** (1 - RELAXED)).astype(np.uint8, copy=False)

    def learn(self, small: Image, taken: Iterable[Box]) -> None:
        """Take in one look everywhere but where something is."""
        if self._empty is None or self._empty.shape != small.shape:
            self.begin_anew(small)
            return
        learned = cv2.addWeighted(self._empty, 1 - LEARNED, small, LEARNED, 0.5 - LEARNED).astype(np.uint8, copy=False)
        for box in taken:
            rows, columns = _pixels(box.wider(MARGIN, MARGIN), small)
            learned[rows, columns] = self._empty[rows, columns]
        self._empty = learned

    def differs(self, even: Image, foreground: Image, things: Iterable[Box]) -> Image:
        """The pixels where something is: foreground that differs, and round known things all that does."""
        if self._empty is None or self._empty.shape != even.shape:
            return foreground
        difference = cv2.absdiff(even, self._empty).astype(np.uint8, copy=False)
        mask = cv2.bitwise_and(foreground, _above(difference, SLIGHT)).astype(np.uint8, copy=False)
        for box in things:
            here = _pixels(box.wider(MARGIN, MARGIN), even)
            mask[here] |= _above(difference[here], DIFFERENT)
        return mask


def _gain(empty: Image, now: Image) -> float:
    """How much brighter the scene was known than it is now; what covers less than half of it does not matter."""
    before, after = (image[::STEP, ::STEP].astype(np.float32) + 1 for image in (empty, now))
    ratios = (before / after).ravel()
    middle = ratios.size // 2
    return float(np.partition(ratios, middle)[middle])  # NumPy's median takes several times as long for so few


def _above(difference: Image, levels: int) -> Image:
    if difference.size == 0:
        return difference
    return cv2.threshold(difference, levels, 255, cv2.THRESH_BINARY)[1].astype(np.uint8, copy=False)


def _pixels(box: Box, small: Image) -> tuple[slice, slice]:
    height, width = small.shape[:2]
    left, top = max(0, round(box.left * width)), max(0, round(box.top * height))
    return slice(top, max(top, round(box.bottom * height))), slice(left, max(left, round(box.right * width)))
