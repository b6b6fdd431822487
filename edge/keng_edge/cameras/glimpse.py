"""What one look for a sign of fire shows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keng_edge.cameras.sightings import Box

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Glimpse:
    """Whether the sign is there, and where; `since` is when it was first there, where the method knows it."""

    seen: bool
    box: Box | None = None
    since: float | None = None


def box_round(cells: Mask) -> Box:
    """The smallest box round the cells of a grid that lies over the picture; at least one of them is set."""
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    height, width = cells.shape
    return Box(
        float(columns[0] / width),
        float(rows[0] / height),
        float((columns[-1] + 1) / width),
        float((rows[-1] + 1) / height),
    )
