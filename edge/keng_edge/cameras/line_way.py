"""The ways over a line: on which side a spot lies, and how a crossing is called."""

from math import hypot

from keng_edge.cameras.areas import Point
from keng_wire.sighting import Direction


def offset(spot: Point, a: Point, b: Point) -> float:
    """How far a spot lies beside the endless line through a and b; above 0 on its right, as seen going from a to b."""
    across, down = b[0] - a[0], b[1] - a[1]
    return (across * (spot[1] - a[1]) - down * (spot[0] - a[0])) / hypot(across, down)


def ways(a: Point, b: Point) -> tuple[Direction, Direction]:
    """Both ways over a line, to its right hand and back, as seen in the picture; a flat one is crossed up or down."""
    across, down = b[0] - a[0], b[1] - a[1]
    if abs(across) >= abs(down):
        return (Direction.DOWN, Direction.UP) if across > 0 else (Direction.UP, Direction.DOWN)
    return (Direction.LEFT, Direction.RIGHT) if down > 0 else (Direction.RIGHT, Direction.LEFT)
