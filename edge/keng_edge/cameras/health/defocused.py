"""Defocused: what there is to see is where it was, without its fine structure (focus, fog on the glass, a web)."""

from keng_edge.cameras.health.reference import Difference

HOLD_S = 10.0


def holds(difference: Difference | None) -> bool:
    """Whether the picture is the old one, blurred."""
    if difference is None:
        return False
    return difference.likeness > 0.35 and difference.fine / max(difference.contrast, 0.3) ** 2 < 0.25
