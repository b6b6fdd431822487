"""Covered: something stands before the lens and hides nearly everything."""

from keng_edge.cameras.health.look import Look
from keng_edge.cameras.health.reference import Difference

HOLD_S = 5.0
EMPTY = 4.0
"""A picture with less contrast than this shows nothing, whatever was there before."""


def holds(look: Look, difference: Difference | None) -> bool:
    """Whether the view is gone; without a reference only an empty picture counts."""
    if difference is None:
        return look.spread < EMPTY
    poor = difference.fine < 0.5 or difference.contrast < 0.45 or difference.entropy < -1.5
    return look.spread < EMPTY or (difference.keep < 0.35 and poor)
