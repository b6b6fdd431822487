"""Moved: the camera looks elsewhere, or the picture as a whole slid."""

from keng_edge.cameras.health.look import Look
from keng_edge.cameras.health.reference import Difference, Reference

HOLD_S = 10.0
SLID = 0.04
"""A share of the width: less than this is wind."""
SURE = 0.12
"""How sure phase correlation has to be that the whole picture slid."""


def holds(look: Look, reference: Reference | None, difference: Difference | None) -> bool:
    """Whether another view is there, as sharp as the old one, or the old one in another place."""
    if difference is None or reference is None:
        return False
    if difference.likeness < 0.30 and difference.keep < 0.6 and difference.fine > 0.35:
        return True
    if difference.likeness < 0.5 and difference.keep < 0.88 and reference.strange(look) >= 0.5:
        return True
    if difference.likeness > 0.75:
        return False
    slid, sure = reference.shift(look)
    return slid > SLID and sure > SURE
