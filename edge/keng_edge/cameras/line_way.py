"""On which side of a line a spot lies."""

from math import hypot

from keng_wire.polygon import Point


def offset(spot: Point, a: Point, b: Point) -> float:
    """How far a spot lies beside the endless line through a and b; above 0 on its right, as seen going from a to b."""
    across, down = b[0] - a[0], b[1] - a[1]
    return (across * (spot[1] - a[1]) - down * (spot[0] - a[0])) / hypot(across, down)
