"""Dark: there is nothing to see, by cover, by night without a lamp, or because the camera broke."""

from keng_edge.cameras.health.look import Look

HOLD_S = 5.0


def holds(look: Look) -> bool:
    """Whether the picture is black; needs no reference."""
    return look.mean < 18 and look.spread < 12
