"""One picture on its way from a source to the analysis."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Height x width of luma, or height x width x 3 in the order blue, green, red."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a source gave since it was opened; the analysis sees the newest frame only and would count too few."""

    pictures: int = 0
    keys: int = 0
    """Keyframes among them: pictures that need no other one."""
    broken: int = 0
    """Pictures that were damaged, and those that hung on them."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded picture. `luma` and `picture` are functions because most frames are never looked at."""

    at: float
    """Seconds on the source's own time line: by its stamps for a file, by the node's clock for a live camera."""
    up: int
    """Uptime of the node in ms when the frame arrived."""
    luma: Callable[[], Image]
    """Brightness only; costs no colour conversion."""
    picture: Callable[[], Image]
    """The whole picture in colour, for a still."""
    tally: Tally | None = None
    """The count up to this frame; None where the source does not count."""
    tint: Callable[[], float] | None = None
    """Mean distance of its colours from grey, where that can be had without converting the whole picture."""
