"""What a camera is told to watch: areas, lines, masks and times; the same words in a node's file and from the hub."""

import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from keng_wire.identity import DeviceId, Words
from keng_wire.payload import Strict
from keng_wire.polygon import Point, polygon_fault
from keng_wire.sighting import Direction, ObjectClass, Rule

CORNERS = 64
"""Of one polygon."""
SHORTEST_LINE = 0.02
"""Below this share of the picture nobody walks over a line but beside it."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LUNAR = re.compile(r"lunar ([1-9]|[12]\d|30)")
HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class When(StrEnum):
    """When an area or line is watched."""

    ALWAYS = "always"
    DAY = "day"
    NIGHT = "night"
    MARKET_DAY = "market_day"
    NO_MARKET_DAY = "no_market_day"


def hours_read(text: str) -> tuple[int, int, int, int]:
    """Hour, minute, hour, minute of `22:00-05:30`; ValueError says what is wrong and how it is written."""
    found = HOURS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} không phải khung giờ (are no hours; write them as 22:00-05:30)")
    a, b, c, d = map(int, found.groups())
    if (a, b) == (c, d):
        raise ValueError(f"{text!r} trùng giờ (begin and end at the same minute; leave them out for the whole day)")
    return a, b, c, d


def market_day_fault(text: str) -> str | None:
    """What is wrong with the name of a market day; None when it can be used."""
    if text in WEEKDAYS or LUNAR.fullmatch(text):
        return None
    return (
        f"{text!r} không phải ngày phiên chợ (is no market day; write a weekday, "
        f"{WEEKDAYS[0]} … {WEEKDAYS[-1]}, or a day of the lunar month, 'lunar 1' … 'lunar 30')"
    )


def ways(a: Point, b: Point) -> tuple[Direction, Direction]:
    """Both ways over a line, to its right hand and back, as seen in the picture; a flat one is crossed up or down."""
    across, down = b[0] - a[0], b[1] - a[1]
    if abs(across) >= abs(down):
        return (Direction.DOWN, Direction.UP) if across > 0 else (Direction.UP, Direction.DOWN)
    return (Direction.LEFT, Direction.RIGHT) if down > 0 else (Direction.RIGHT, Direction.LEFT)


def _hours_usable(text: str) -> str:
    hours_read(text)
    return text


def _market_days_usable(days: list[str]) -> list[str]:
    fault = next(filter(None, map(market_day_fault, days)), None)
    if fault:
        raise ValueError(fault)
    return days


Hours = Annotated[str, AfterValidator(_hours_usable)]
"""As `hours_read` reads them."""
MarketDays = Annotated[list[str], Field(max_length=37), AfterValidator(_market_days_usable)]
"""Weekdays (`sunday`) and days of the lunar month (`lunar 2`)."""


class Watched(Strict):
    """What areas and lines share: which classes count (none: all), how soon the next one is a new one, and when.

    With `evidence` stills and clips are kept of every sighting there, not of alarms alone.
    """

    id: DeviceId
    name: Words | None = None
    classes: list[ObjectClass] = []
    cooldown_s: Annotated[float | None, Field(ge=1, le=3600)] = None
    when: When = When.ALWAYS
    hours: Hours | None = None
    evidence: bool = False


class Area(Watched):
    """A polygon of the picture. Corners are shares of its width and height, counted from its upper left corner.

    A thing smaller than the share `smallest` of the picture does not count.
    """

    points: Annotated[list[Point], Field(max_length=CORNERS)]
    rules: list[Rule] = [Rule.INTRUSION, Rule.LOITERING]
    dwell_s: Annotated[float | None, Field(ge=0.2, le=600)] = None
    stay_s: Annotated[float, Field(ge=1, le=3600)] = 10.0
    crowd: Annotated[int, Field(ge=2, le=40)] = 5
    smallest: Annotated[float, Field(ge=0, le=0.5)] = 0.0

    @field_validator("points")
    @classmethod
    def _usable(cls, points: list[Point]) -> list[Point]:
        fault = polygon_fault(points, "khu vực", "the area")
        if fault:
            raise ValueError(fault)
        return points

    @field_validator("rules")
    @classmethod
    def _of_an_area(cls, rules: list[Rule]) -> list[Rule]:
        if not rules or Rule.LINE in rules:
            known = ", ".join(rule for rule in Rule if rule is not Rule.LINE)
            raise ValueError(f"chọn ít nhất một (an area needs one or more of) {known}; a line stands in `lines`")
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
                    f"đầu {number} của vạch nằm ngoài hình (end {number} of the line ({x:g}, {y:g}) lies outside the "
                    "picture; give shares of width and height, 0 to 1)"
                )
        (x, y), (u, v) = points
        if (x - u) ** 2 + (y - v) ** 2 < SHORTEST_LINE**2:
            raise ValueError("vạch quá ngắn (the line is hardly longer than a point; draw it across the way)")
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


def _named_apart(watched: list[Watched]) -> list[Watched]:
    names = [each.id for each in watched]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"trùng mã (two areas are called {', '.join(twice)}; give each an id of its own)")
    return watched


def _masks_usable(masks: list[list[Point]]) -> list[list[Point]]:
    for number, points in enumerate(masks, 1):
        fault = polygon_fault(points, f"vùng che {number}", f"mask {number}")
        if fault:
            raise ValueError(fault)
    return masks


Areas = Annotated[list[Area], Field(min_length=1, max_length=8), AfterValidator(_named_apart)]
Lines = Annotated[list[Tripwire], Field(max_length=8), AfterValidator(_named_apart)]
Mask = Annotated[list[Point], Field(max_length=CORNERS)]
Masks = Annotated[list[Mask], Field(max_length=16), AfterValidator(_masks_usable)]


class CameraPlan(Strict):
    """What one camera may and shall do. What is None is as the node's own file has it.

    `day_hours` and `market_days` are what `when` of its areas and lines goes by, in the village's own time.
    A camera that is not `active` finds and keeps nothing of what it sees; whether it can see is watched all the same.
    """

    active: bool
    areas: Areas | None = None
    lines: Lines | None = None
    masks: Masks | None = None
    day_hours: Hours | None = None
    market_days: MarketDays | None = None


class CameraPlanned(Strict):
    """What a camera runs with: after each start, after each change, and why a plan of the hub was `refused`.

    `plan` is what is in force, whole; None where there is no such camera. `notice` says that the node's own file
    confirms the notice to passers-by.
    """

    kind: Literal["camera_plan"] = "camera_plan"
    device: DeviceId
    plan: CameraPlan | None = None
    notice: bool = False
    refused: Words | None = None
