"""One picture on its way from a source to the analysis."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Height x width of luma, or height x width x 3 in the order blue, green, red."""


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
