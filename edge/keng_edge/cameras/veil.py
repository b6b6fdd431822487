"""A veil before the scene: where a picture is what it is when the air is clear, seen through something grey.

Smoke of opacity a and grey tone S makes a pixel B of the clear scene to (1 - a) B + a S. Within a small cell that is a
straight line: its slope tells how much of the edges is left, where it leads tells S, and how well it fits tells that
the scene still shines through. Somebody who stands there hides the scene, a shadow has a tone of black, light has
none at all.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from keng_edge.cameras.frame import Image
from keng_edge.cameras.glimpse import Mask

WIDTH, CELL = 320, 8
"""Pixels of the analysed picture, and of the side of a cell."""
TEXTURE = 3.5
"""Grey levels of contrast (standard deviation) from which a cell has something that can shine through."""
LEFT = 0.1, 0.85
"""How much of the contrast is left behind a veil; less is a wall of smoke, more is nothing."""
FITS = 0.6
"""Correlation with the clear cell."""
TONES = 70.0, 250.0
"""Grey levels of smoke; below are shadows (and black smoke), above is light."""
TINT = 25.0
"""Distance from grey, in levels of colour difference, that a veil of smoke may have: it is a little blue or brown."""
COLOUR = 4.0
"""By so much the scene's colour may grow; smoke takes it away."""
OTHER, OTHER_SHARE = 40.0, 0.3
"""Grey levels squared, and share of the clear cell's, of structure that the clear scene does not have."""
PALER = 8.0
"""Grey levels by which a cell without contrast must change to be counted beside veiled ones."""
SMOOTHER, SMOOTH = 1.2, 9.0
BLANK = 0.15
"""Of the variance: where less is left, the scene is not seen any more."""
DARKEST = 60.0
GAINS = 0.6, 1.6
"""Of the camera's exposure; more is another picture."""

Cells = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Veil:
    """One look, cell by cell."""

    veiled: Mask
    """The scene shines through."""
    thick: Mask
    """Grey and smooth, and something else than the scene: smoke that nothing shines through, if it lies at a veil."""
    opaque: Mask
    """Something with edges of its own stands there."""
    tone: Cells
    """Grey level of the veil; of use in veiled cells only."""
    clear: Cells
    """Grey level of the clear scene."""
    light: Cells
    """Grey level now, as bright as the clear scene was taken."""

    @property
    def taken(self) -> Mask:
        """Where the scene is not as it was."""
        return self.veiled | self.thick | self.opaque

    @property
    def shift(self) -> Cells:
        """Grey levels between the two."""
        shift: Cells = np.abs(self.light - self.clear)
        return shift


def small(picture: Image) -> Cells:
    """A picture (blue, green, red) as it is compared: luma and two colour differences, float, whole cells."""
    height, width = picture.shape[:2]
    rows = max(1, round(height * WIDTH / width / CELL)) * CELL
    less = cv2.resize(picture, (WIDTH, rows), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(less, cv2.COLOR_BGR2YCrCb).astype(np.float32)


def compare(clear: Cells, now: Cells) -> Veil:
    """What lies between the clear scene and this picture; `now` is evened in its brightness."""
    scene = clear[..., 0]
    scene_mean = mean(scene)
    now[..., 0] *= _gain(scene_mean, mean(now[..., 0]))
    seen = now[..., 0]
    seen_mean = mean(seen)
    scene_variance = np.maximum(mean(scene * scene) - scene_mean**2, 0.01)
    seen_variance = np.maximum(mean(seen * seen) - seen_mean**2, 0.01)
    shared = mean(seen * scene) - seen_mean * scene_mean
    left, fit = shared / scene_variance, shared / np.sqrt(seen_variance * scene_variance)
    hides = np.maximum(1 - left, 0.05)
    tone = ((seen_mean - left * scene_mean) / hides).astype(np.float32)
    other = seen_variance * (1 - fit * fit)
    shows = (other < OTHER) | (other < OTHER_SHARE * scene_variance)
    seen_red, seen_blue = _colours(now)
    scene_red, scene_blue = _colours(clear)
    tint = np.hypot(seen_red - left * scene_red, seen_blue - left * scene_blue) / hides
    grey = np.hypot(seen_red, seen_blue) <= np.hypot(scene_red, scene_blue) + COLOUR
    textured = scene_variance > TEXTURE**2
    smokes = (fit > FITS) & _within(left, LEFT) & _within(tone, TONES) & (tint < TINT)
    smooth = seen_variance < SMOOTHER * scene_variance + SMOOTH
    paler = (np.abs(seen_mean - scene_mean) >= PALER) & (seen_mean > DARKEST)
    veiled = textured & shows & grey & smokes
    thick = paler & grey & smooth & (~textured | (seen_variance < BLANK * scene_variance))
    return Veil(veiled, thick, ~shows & ~veiled, tone, scene_mean, seen_mean)


def mean(pixels: Cells) -> Cells:
    """The mean of each cell."""
    height, width = pixels.shape
    return cv2.resize(pixels, (width // CELL, height // CELL), interpolation=cv2.INTER_AREA).astype(np.float32)


def spread(cells: Cells) -> Cells:
    """The value of its cell for each pixel."""
    return cells.repeat(CELL, axis=0).repeat(CELL, axis=1)


def _gain(scene: Cells, seen: Cells) -> float:
    """Of the exposure, by what most cells say."""
    return float(np.clip(np.median((scene + 1) / (seen + 1)), *GAINS))


def _colours(picture: Cells) -> tuple[Cells, Cells]:
    """How far each cell is from grey, towards red and towards blue."""
    return mean(picture[..., 1]) - 128, mean(picture[..., 2]) - 128


def _within(values: NDArray[np.floating[Any]], bounds: tuple[float, float]) -> Mask:
    return (values > bounds[0]) & (values < bounds[1])
