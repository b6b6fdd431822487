"""Looped: the same seconds are shown again, by somebody who put a recording in the camera's place.

A still scene always resembles itself, and a fan or a flag comes back every second. A loop shows something that moves,
in every single look just as it was one fixed time ago, and at hardly any other time.
"""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from keng_edge.cameras.frame import Frame

LOOKS = 4
"""In a second."""
MEMORY_S = 600
"""Longer loops are not seen."""
SHORTEST_S = 5.0
"""What comes back sooner may well be a machine."""
WIDTH, HEIGHT = 32, 24
MOVING = 0.8
"""Mean difference, in grey values, between a look and the one before it that makes it worth comparing."""
SAME = 0.35
"""Mean difference to the earlier look that is the same one again, and no more than `PART` of the movement in it."""
PART = 0.25
RARE = 0.1
"""Of the memory may resemble a look; with more it says nothing."""
SOON_S, NEAR = 0.5, 0.5
"""What nearly comes back within a few seconds is a machine, a flag, somebody who paces: it says nothing."""
ENOUGH, OF = 20, 24
"""So many of the looks at something moving must have come back after the same time."""
TOLERANCE_S = 0.3

Signature = NDArray[np.float32]


class Looped:
    """A memory of ten minutes in small pictures, two megabytes a camera at most."""

    def __init__(self) -> None:
        # Filled, so that the memory is taken now and not within ten minutes.
        self._pictures = np.full((MEMORY_S * LOOKS, HEIGHT * WIDTH), 0, np.uint8)
        self._times = np.full(MEMORY_S * LOOKS, -np.inf)
        self._next = 0
        self._last: Signature | None = None
        self._lags: deque[float | None] = deque(maxlen=OF)
        self._at = -np.inf

    def due(self, at: float) -> bool:
        """Whether a look is to be taken."""
        return not 0 <= at - self._at < 1 / LOOKS - 0.0005

    def holds(self, frame: Frame) -> bool:
        """Take a look in; whether what moves now has moved just so before."""
        self._at = frame.at
        small = cv2.resize(frame.luma(), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).reshape(-1)
        now = small.astype(np.float32)
        moving = float(np.abs(now - self._last).mean()) if self._last is not None else 0.0
        if moving > MOVING:
            self._lags.append(self._lag(now, frame.at, moving))
        self._last = now
        self._pictures[self._next], self._times[self._next] = small, frame.at
        self._next = (self._next + 1) % len(self._times)
        return self._steady()

    def _lag(self, now: Signature, at: float, moving: float) -> float | None:
        """Seconds since the one earlier look that is the same; None without one, or with many."""
        known = (self._times < at - SOON_S) & (self._times > at - MEMORY_S)
        if not known.any():
            return None
        ages = at - self._times[known]
        differences = np.abs(self._pictures[known].astype(np.float32) - now).mean(axis=1)
        old = ages > SHORTEST_S
        same = old & (differences < min(SAME, PART * moving))
        if not same.any() or same.mean() > RARE or (differences[~old] < NEAR * moving).any():
            return None
        return float(ages[same][int(differences[same].argmin())])

    def _steady(self) -> bool:
        known = [lag for lag in self._lags if lag is not None]
        if len(known) < ENOUGH:
            return False
        middle = float(np.median(known))
        return sum(abs(lag - middle) <= TOLERANCE_S for lag in known) >= ENOUGH
