"""Frozen: pictures come and all show the same instant.

The same picture twice is usual in a compressed still scene; but over a keyframe the noise of the sensor shows. The
strips above and below are left out, for there a clock may go on.
"""

import cv2

from keng_edge.cameras.frame import Frame, Image, Tally

HOLD_S = 20.0
STRIP = 0.14
"""Of the height, above and below, where cameras write the time."""
CHANGED = 3
"""Grey values by which a pixel must differ."""
SHARE = 0.0002
"""Of the pixels: fewer are what an encoder does differently the second time."""


class Frozen:
    """Compares each look with the picture that the present stillness began with."""

    def __init__(self) -> None:
        self._first: Image | None = None
        self._since = 0.0
        self._keys = 0

    def holds(self, frame: Frame) -> bool:
        """Whether nothing has changed for so long, a keyframe among it; `frame` is one look in a second."""
        middle = _middle(frame.luma())
        tally = frame.tally or Tally(keys=1)
        if self._first is None or not _same(self._first, middle) or tally.keys < self._keys:
            self._first, self._since, self._keys = middle, frame.at, tally.keys
        counted = frame.tally is None or tally.keys > self._keys
        return counted and frame.at - self._since >= HOLD_S


def _middle(luma: Image) -> Image:
    strip = round(luma.shape[0] * STRIP)
    return luma[strip : luma.shape[0] - strip].copy()


def _same(first: Image, second: Image) -> bool:
    if first.shape != second.shape:
        return False
    return float((cv2.absdiff(first, second) > CHANGED).mean()) < SHARE if first.size else True
