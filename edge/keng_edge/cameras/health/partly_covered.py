"""Partly covered: a connected part of the picture that had edges is blank now (a bag, a hand, a leaf, paint)."""

import cv2
import numpy as np

from keng_edge.cameras.health.reference import Difference

HOLD_S = 15.0
"""Longer than for a whole cover: a lorry stops and drives on."""
SHARE = 0.18
"""Of the blocks that had edges."""
LEAST_BLOCKS = 5


def holds(difference: Difference | None) -> bool:
    """Whether blocks that hang together lost what they showed, a fifth of all that showed something."""
    if difference is None:
        return False
    count, _, stats, _ = cv2.connectedComponentsWithStats(difference.blank.astype(np.uint8), connectivity=8)
    largest = max((int(stats[n, cv2.CC_STAT_AREA]) for n in range(1, count)), default=0)
    return largest >= max(LEAST_BLOCKS, SHARE * float(difference.rich.sum()))
