"""One look at the picture as a whole: a small grey picture, where its edges are, and a few numbers of it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from keng_edge.cameras.frame import Frame, Image

WIDTH, HEIGHT = 160, 120
COLOURLESS = 6.0
"""Mean distance of the colours from grey; cameras in infrared light send none at all."""

Map = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Look:
    """What one frame shows, at `at` seconds of the source's time line."""

    at: float
    edges: Map
    """Strength of the gradient, spread a little so that a picture that trembles keeps its edges."""
    mean: float
    spread: float
    """Standard deviation: the contrast."""
    fine: float
    """Energy of the finest structure; blur takes it first."""
    entropy: float
    """Of the grey values, in bit."""
    colourless: bool
    """As in infrared light."""


def look(frame: Frame, visible: Image) -> Look:
    """Look at a frame where `visible` is 1, as masks have edges of their own; costs 1 to 2 ms."""
    small = thumbnail(frame.luma())
    smooth = cv2.GaussianBlur(small, (0, 0), 0.8)
    across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    edges = cv2.GaussianBlur(cv2.magnitude(across, down) * visible, (0, 0), 1.5)
    seen = visible > 0
    shown = small[seen] if seen.any() else small.ravel()
    return Look(
        frame.at,
        edges.astype(np.float32, copy=False),
        float(shown.mean()),
        float(shown.std()),
        float((cv2.Laplacian(small, cv2.CV_32F) * visible).var()),
        entropy(shown),
        (frame.tint() if frame.tint is not None else tint(frame.picture())) < COLOURLESS,
    )


def thumbnail(luma: Image) -> Image:
    """The small grey picture, whatever shape the large one has."""
    return cv2.resize(luma, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


ALL_VISIBLE: Image = np.ones((HEIGHT, WIDTH), np.uint8)


def entropy(grey: Image) -> float:
    """Shannon entropy of the grey values, 0 to 8 bit."""
    counts = np.bincount(grey.ravel(), minlength=256)
    shares = counts[counts > 0] / grey.size
    return float(-(shares * np.log2(shares)).sum())


def tint(picture: Image) -> float:
    """Mean distance of the colours of a picture from grey."""
    step = max(1, picture.shape[1] // 64)
    few = picture[::step, ::step].astype(np.int16)
    return float((few.max(axis=2) - few.min(axis=2)).mean())
