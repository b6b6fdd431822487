"""Many overlapping boxes of one thing become one: the surest of each class (non-maximum suppression)."""

import numpy as np
from numpy.typing import NDArray

from keng_edge.cameras.detector.detection import MOST

SAME = 0.5
"""Intersection over union from which two boxes of a class are one thing."""


def surest(boxes: NDArray[np.float32], scores: NDArray[np.float32], classes: NDArray[np.int64]) -> list[int]:
    """The rows to keep, the surest first; boxes are rows of left, top, right, bottom."""
    order, kept = np.argsort(-scores, kind="stable"), list[int]()
    while order.size and len(kept) < MOST:
        first, rest = int(order[0]), order[1:]
        kept.append(first)
        alike = (_overlap(boxes[first], boxes[rest]) > SAME) & (classes[rest] == classes[first])
        order = rest[~alike]
    return kept


def _overlap(one: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    sides = np.minimum(one[2:], others[:, 2:]) - np.maximum(one[:2], others[:, :2])
    shared = np.prod(np.maximum(sides, 0), axis=1)
    sizes = np.prod(np.maximum(others[:, 2:] - others[:, :2], 0), axis=1)
    own = np.prod(np.maximum(one[2:] - one[:2], 0))
    together: NDArray[np.float32] = shared / np.maximum(own + sizes - shared, 1e-9)
    return together
