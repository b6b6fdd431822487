"""Areas and lines in a camera's section: what is watched, for what, and when."""

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from keng_edge.cameras.areas import Point, polygon_fault
from keng_edge.cameras.line_way import ways
from keng_edge.cameras.schedule import When, hours
from keng_edge.sections import Section
from keng_wire.identity import DeviceId
from keng_wire.sighting import Direction, ObjectClass, Rule

SHORTEST_LINE = 0.02
"""Below this share of the picture nobody walks over a line but beside it."""


class Watched(Section):
    """What areas and lines share: which classes count (none: all), how soon the next one is a new one, and when."""

    id: DeviceId
    classes: list[ObjectClass] = []
    cooldown_s: Annotated[float | None, Field(ge=1, le=3600)] = None
    when: When = When.ALWAYS
    hours: str | None = None

    @field_validator("hours")
    @classmethod
    def _read(cls, text: str | None) -> str | None:
        if text is not None:
            hours(text)
        return text


class Area(Watched):
    """A polygon of the picture. Corners are shares of its width and height, counted from its upper left corner."""

    points: list[Point]
    rules: list[Rule] = [Rule.INTRUSION, Rule.LOITERING]
    dwell_s: Annotated[float | None, Field(ge=0.2, le=600)] = None
    stay_s: Annotated[float, Field(ge=1, le=3600)] = 10.0
    crowd: Annotated[int, Field(ge=2, le=40)] = 5

    @field_validator("points")
    @classmethod
    def _usable(cls, points: list[Point]) -> list[Point]:
        fault = polygon_fault(points)
        if fault:
            raise ValueError(f"the area {fault}")
        return points

    @field_validator("rules")
    @classmethod
    def _of_an_area(cls, rules: list[Rule]) -> list[Rule]:
        if not rules or Rule.LINE in rules:
            known = ", ".join(rule for rule in Rule if rule is not Rule.LINE)
            raise ValueError(f"an area needs one or more of {known}; a line stands in `lines`")
        return rules


class Tripwire(Watched):
    """A line from one point to another; `directions` are the ways over it that count, as seen in the picture."""

    points: Annotated[list[Point], Field(min_length=2, max_length=2)]
    directions: list[Direction] = []

    @field_validator("points")
    @classmethod
    def _long_enough(cls, points: list[Point]) -> list[Point]:
        for number, (x, y) in enumerate(points, 1):
            if not (0 <= x <= 1 and 0 <= y <= 1):
                raise ValueError(
                    f"end {number} of the line ({x:g}, {y:g}) lies outside the picture; "
                    "give shares of width and height, 0 to 1"
                )
        (x, y), (u, v) = points
        if (x - u) ** 2 + (y - v) ** 2 < SHORTEST_LINE**2:
            raise ValueError("the line is hardly longer than a point; draw it across the way")
        return points

    @model_validator(mode="after")
    def _can_be_crossed(self) -> "Tripwire":
        possible = ways(*self.points)
        wrong = [way for way in self.directions if way not in possible]
        if wrong:
            raise ValueError(
                f"directions: this line is crossed {' or '.join(possible)}, never {wrong[0]}; correct one of the two"
            )
        return self
