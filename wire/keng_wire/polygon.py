"""Polygons of a picture, and what makes one unusable; the same judgement at the hub and at the node."""

from collections.abc import Sequence
from itertools import combinations, pairwise

Point = tuple[float, float]
"""x and y as shares of the picture's width and height, from its upper left corner: 0 to 1."""

SMALLEST = 0.0005
"""An area below this share of the picture is some 29 pixels of the analysed 320x180: less than one moving hand."""


def polygon_fault(points: Sequence[Point], vi: str = "", en: str = "") -> str | None:
    """What is wrong with a polygon and how to cure it, in both languages; None when it can be used.

    `vi` and `en` are what it is called: `vùng che 2`, `mask 2`.
    """
    fault = _fault(points)
    return None if fault is None else f"{vi} {fault[0]} ({f'{en} {fault[1]}'.strip()})".strip()


def _fault(points: Sequence[Point]) -> tuple[str, str] | None:
    if len(points) < 3:
        cure = "give at least three, e.g. [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]]"
        return f"chỉ có {len(points)} góc, cần ít nhất ba", f"has {len(points)} corner(s); {cure}"
    for number, (x, y) in enumerate(points, 1):
        if not (0 <= x <= 1 and 0 <= y <= 1):
            said = f"corner {number} ({x:g}, {y:g}) lies outside the picture; give shares of width and height, 0 to 1"
            return f"có góc {number} nằm ngoài hình, dùng tọa độ từ 0 đến 1", said
    if len(set(points)) != len(points):
        said = "uses one corner twice; name each corner once, the last one is joined to the first by itself"
        return "có một góc lặp lại, mỗi góc chỉ ghi một lần", said
    if crossing := _crossing(points):
        i, j = crossing
        said = f"crosses itself at its sides {i} and {j}; list the corners in order round the edge"
        return f"tự cắt nhau ở cạnh {i} và {j}, hãy kê các góc theo thứ tự quanh mép", said
    if share(points) < SMALLEST:
        return "quá nhỏ, hãy vẽ lớn hơn", "covers almost nothing of the picture; draw it larger"
    return None


def share(points: Sequence[Point]) -> float:
    """The share of the picture that a polygon covers, 0 to 1 (shoelace formula)."""
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in sides(points))) / 2


def sides(points: Sequence[Point]) -> list[tuple[Point, Point]]:
    """Its sides, the last one back to the first corner."""
    return [*pairwise(points), (points[-1], points[0])]


def inside(points: Sequence[Point], spot: Point) -> bool:
    """Whether a spot lies in a polygon (even number of sides to its right: outside)."""
    x, y = spot
    odd = False
    for (ax, ay), (bx, by) in sides(points):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            odd = not odd
    return odd


def meet(first: tuple[Point, Point], second: tuple[Point, Point]) -> bool:
    """Whether two straight pieces have a point in common."""
    (a, b), (c, d) = first, second
    if _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0:
        return True
    return any(_on(p, side) for p, side in ((c, first), (d, first), (a, second), (b, second)))


def _crossing(points: Sequence[Point]) -> tuple[int, int] | None:
    numbered = list(enumerate(sides(points), 1))
    for (i, first), (j, second) in combinations(numbered, 2):
        neighbours = j - i == 1 or (i == 1 and j == len(numbered))
        if _fold_back(first, second) if neighbours else meet(first, second):
            return i, j
    return None


def _turn(a: Point, b: Point, c: Point) -> float:
    """Above 0 when a, b, c turn one way, below 0 the other way, 0 on one line."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _on(p: Point, side: tuple[Point, Point]) -> bool:
    a, b = side
    between = min(a[0], b[0]) <= p[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= p[1] <= max(a[1], b[1])
    return between and _turn(a, b, p) == 0


def _fold_back(first: tuple[Point, Point], second: tuple[Point, Point]) -> bool:
    """Whether two sides that share a corner lie on each other."""
    corner = first[1] if first[1] in second else first[0]
    a = first[0] if corner == first[1] else first[1]
    b = second[0] if corner == second[1] else second[1]
    ahead = (a[0] - corner[0]) * (b[0] - corner[0]) + (a[1] - corner[1]) * (b[1] - corner[1])
    return ahead > 0 and _turn(a, corner, b) == 0
