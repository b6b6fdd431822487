"""Flames by colour, flicker and place, on a grid of small cells.

What burns is red over green over blue, brighter and redder than the rest of the picture (the rules of Çelik and
Demirel, Fire Safety Journal 44, 2009), flickers a few times a second, and stays where it is. A red car keeps its light,
a waving coat its place only for a moment.
"""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from keng_edge.cameras.frame import Frame, Image
from keng_edge.cameras.glimpse import Glimpse, box_round
from keng_wire.fire_hint import FireSign

WIDTH, CELL = 320, 4
"""Pixels of the analysed picture, and of the side of a cell."""
RATE = 8
"""Looks a second; flames flicker at 1 to 10 Hz."""
MEMORY = 2 * RATE
OCCUPIED = 0.5
"""The share of two seconds in which a burning cell has the colour of flames."""
STEP = 4.0
"""Grey levels by which the light of a cell must change to count as a step."""
TURNS = 5
"""Changes between brighter and darker in two seconds."""
CELLS = 4
"""Fewer cells than this are a candle, a lamp, or nothing."""
RED, REDDER, FAR = 150, 20, 40

Cells = NDArray[np.float32]


class FlameColour:
    """The last two seconds of one camera."""

    every_s = 1 / RATE
    sign = FireSign.FLAMES

    def __init__(self) -> None:
        self._light: deque[Cells] = deque(maxlen=MEMORY)
        self._coloured: deque[Cells] = deque(maxlen=MEMORY)

    def forget(self) -> None:
        """The picture jumped."""
        self._light.clear()
        self._coloured.clear()

    def look(self, frame: Frame) -> Glimpse:
        """Take in one frame."""
        small = _small(frame.picture())
        light, coloured = _cells(small)
        if self._light and self._light[-1].shape != light.shape:
            self.forget()
        self._light.append(light)
        self._coloured.append(coloured)
        if len(self._light) < MEMORY:
            return Glimpse(False)
        occupied = np.mean(np.stack(self._coloured), axis=0) >= OCCUPIED
        if np.count_nonzero(occupied) < CELLS:
            return Glimpse(False)
        burning = occupied & (_turns(np.stack(self._light)) >= TURNS)
        if np.count_nonzero(burning) < CELLS:
            return Glimpse(False)
        return Glimpse(True, box_round(burning))


def _small(picture: Image) -> Image:
    height, width = picture.shape[:2]
    rows = max(1, round(height * WIDTH / width / CELL)) * CELL
    return cv2.resize(picture, (WIDTH, rows), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _cells(small: Image) -> tuple[Cells, Cells]:
    """The light of each cell, and whether most of it has the colour of flames (1.0 or 0.0)."""
    lumas = cv2.cvtColor(small, cv2.COLOR_BGR2YCrCb).astype(np.int16)
    blue, green, red = (small[:, :, channel].astype(np.int16) for channel in range(3))
    y, cr, cb = (lumas[:, :, channel] for channel in range(3))
    warm = (red > RED) & (red >= green) & (green > blue) & (red - blue > REDDER)
    apart = (y > y.mean()) & (cr > cr.mean()) & (cb < cb.mean()) & (cr - cb > FAR)
    share = _mean((warm & apart).astype(np.float32))
    return _mean(y.astype(np.float32)), (share >= 0.5).astype(np.float32)


def _mean(pixels: Cells) -> Cells:
    height, width = pixels.shape
    cells: Cells = cv2.resize(pixels, (width // CELL, height // CELL), interpolation=cv2.INTER_AREA).astype(np.float32)
    return cells


def _turns(light: Cells) -> NDArray[np.int64]:
    """How often each cell turned from growing brighter to growing darker or back; small steps are passed over."""
    steps = np.diff(light, axis=0)
    signs = np.where(steps > STEP, 1, np.where(steps < -STEP, -1, 0))
    turns = np.zeros(light.shape[1:], np.int64)
    last = np.zeros(light.shape[1:], np.int64)
    for sign in signs:
        turns += sign * last == -1
        last = np.where(sign != 0, sign, last)
    return turns
