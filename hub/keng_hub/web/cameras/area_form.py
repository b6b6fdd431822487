"""The form of a camera's areas, lines, masks and times: plain fields, which a script may fill by drawing."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from unicodedata import normalize

from aiohttp import web
from pydantic import ValidationError

from keng_hub.incidents.msgid import N_
from keng_hub.web.forms import BadForm
from keng_hub.web.keys import TYPED
from keng_wire.camera import LUNAR, WEEKDAYS, CameraPlan, ways
from keng_wire.polygon import Point
from keng_wire.sighting import Direction, ObjectClass, Rule

MOST: Final = {"areas": 8, "lines": 8, "masks": 16}
"""Shapes of each kind."""
RULES: Final = (Rule.INTRUSION, Rule.PRESENCE, Rule.LOITERING, Rule.CROWD)
CLASSES: Final = (ObjectClass.PERSON, ObjectClass.VEHICLE, ObjectClass.ANIMAL)
TIMES: Final = ("day_begin", "day_end", "lunar_days", *(f"market_{day}" for day in WEEKDAYS))
"""Fields of the camera as a whole."""
_NUMBER: Final = re.compile(r"-?\d{1,3}(\.\d{1,6})?")
_FIELD: Final = re.compile(r"(areas|lines|masks)-(\d{1,2})-([a-z_]+)")
_NAMES: Final = {"areas": "vung", "lines": "vach"}
_KNOWN: Final = {
    "id",
    "name",
    "points",
    "when",
    "hours",
    "smallest",
    "dwell_s",
    "stay_s",
    "crowd",
    "cooldown_s",
    "evidence",
}


class BadShape(Exception):
    """A shape cannot be taken: which (kind, number from 1; kind "" for all), the field, what is wrong, and details."""

    def __init__(self, kind: str, number: int, field: str, text: str, why: str = "") -> None:
        super().__init__(text)
        self.kind, self.number, self.field, self.text, self.why = kind, number, field, text, why


class Typed(NamedTuple):
    """What was typed: kind → its shapes, each field → text; the reason; and when it is day and market, field → text."""

    shapes: dict[str, list[dict[str, str]]]
    reason: str
    times: dict[str, str]


async def posted(request: web.Request) -> dict[str, str]:
    """The fields that came, NFC; BadForm when they cannot be read or shown."""
    try:
        values = await request.post()
    except (ValueError, LookupError, UnicodeError):
        raise BadForm({"": N_("The form could not be read.")}) from None
    texts = {name: normalize("NFC", value).strip() for name, value in values.items() if isinstance(value, str)}
    request[TYPED] = texts
    if not all(text.isprintable() for text in texts.values()):
        raise BadForm({"": N_("This holds characters that cannot be shown.")})
    return texts


def typed(values: Mapping[str, str]) -> Typed:
    """Take the fields apart; what is no field of this form is passed over."""
    found: dict[str, dict[int, dict[str, str]]] = {kind: {} for kind in MOST}
    for name, value in values.items():
        match = _FIELD.fullmatch(name)
        if match is not None:
            kind, number, field = match[1], int(match[2]), match[3]
            found[kind].setdefault(number, {})[field] = value
    shapes = {kind: [rows[number] for number in sorted(rows)] for kind, rows in found.items()}
    filled = {kind: [row for row in rows if _filled(row)] for kind, rows in shapes.items()}
    times = {name: values[name] for name in TIMES if values.get(name)}
    return Typed(filled, values.get("reason", "")[:1000], times)


def plan_of(given: Typed) -> CameraPlan:
    """The plan; BadShape says which shape is wrong, where and how."""
    areas, lines = (_all_watched(kind, given.shapes[kind]) for kind in ("areas", "lines"))
    masks = [points_of("masks", number, row) for number, row in enumerate(given.shapes["masks"], 1)]
    if not areas:
        raise BadShape("areas", 1, "points", N_("Draw at least one area."))
    shapes: dict[str, Any] = {"active": True, "areas": areas, "lines": lines, "masks": masks}
    try:
        return CameraPlan.model_validate(shapes | _times(given.times))
    except ValidationError as error:
        raise _bad(error) from None


def rows_of(plan: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """A plan as the fields of the form."""
    shapes: dict[str, list[dict[str, str]]] = {"masks": [{"points": _text(points)} for points in plan["masks"]]}
    for kind in ("areas", "lines"):
        shapes[kind] = [_fields(shape) for shape in plan[kind]]
    return shapes


def times_of(plan: Mapping[str, Any]) -> dict[str, str]:
    """When it is day and market by a plan, as fields of the form."""
    begin, _, end = (plan["day_hours"] or "").partition("-")
    lunar = (match[1] for match in map(LUNAR.fullmatch, plan["market_days"]) if match)
    row = {"day_begin": begin, "day_end": end, "lunar_days": ", ".join(lunar)}
    return row | {f"market_{day}": "1" for day in WEEKDAYS if day in plan["market_days"]}


def _times(row: dict[str, str]) -> dict[str, Any]:
    """Neither time: as the node's own file has it; one alone is BadShape, as is what no plan may hold."""
    begin, end = row.get("day_begin"), row.get("day_end")
    if (begin is None) != (end is None):
        raise BadShape("", 0, "day_hours", N_("Write both times, or neither: then those of the node’s own file hold."))
    lunar = row.get("lunar_days", "").replace(",", " ").split()
    days = [day for day in WEEKDAYS if f"market_{day}" in row] + [f"lunar {number}" for number in dict.fromkeys(lunar)]
    return {"day_hours": begin and f"{begin}-{end}", "market_days": days}


def _fields(shape: Mapping[str, Any]) -> dict[str, str]:
    row = {name: str(value) for name, value in shape.items() if name in _KNOWN and name != "points" and value}
    row["points"] = _text(shape["points"])
    row |= {f"rule_{rule}": "1" for rule in shape.get("rules", ())}
    row |= {f"class_{one}": "1" for one in shape.get("classes", ())}
    return row | {f"way_{way}": "1" for way in shape.get("directions", ())}


def _text(points: Any) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def _filled(row: dict[str, str]) -> bool:
    """A row counts when it has a shape or a name; `gone` is a person's mark that it shall go."""
    return "gone" not in row and bool(row.get("points") or row.get("name"))


def _all_watched(kind: str, rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """All areas or lines; a new one gets the first short name that is free."""
    taken = {row.get("id", "") for row in rows}
    free = (name for name in (f"{_NAMES[kind]}-{number}" for number in range(1, 100)) if name not in taken)
    return [_watched(kind, number, row) | {"id": row.get("id") or next(free)} for number, row in enumerate(rows, 1)]


def _watched(kind: str, number: int, row: dict[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {name: row[name] for name in _KNOWN & row.keys() if row[name] and name != "points"}
    given["points"] = points_of(kind, number, row)
    given["classes"] = [one for one in CLASSES if f"class_{one}" in row]
    if kind == "areas":
        given["rules"] = [rule for rule in RULES if f"rule_{rule}" in row]
    else:
        given["directions"] = _directions(given["points"], row)
    return given


def _directions(points: list[Point], row: dict[str, str]) -> list[Direction]:
    """Those that were ticked and are possible: a line that was turned keeps no way that nobody can walk."""
    if len(points) != 2 or points[0] == points[1]:
        return []
    possible = ways(points[0], points[1])
    ticked = [way for way in possible if f"way_{way}" in row]
    return [] if len(ticked) == len(possible) else ticked


def points_of(kind: str, number: int, row: dict[str, str]) -> list[Point]:
    """The corners that were typed; BadShape when they are no pairs of numbers."""
    points: list[Point] = []
    for pair in row.get("points", "").split():
        x, comma, y = pair.partition(",")
        if not comma or not _NUMBER.fullmatch(x) or not _NUMBER.fullmatch(y):
            raise BadShape(kind, number, "points", N_("Write corners as 0.1,0.4 0.9,0.4 0.9,1 with a space between."))
        points.append((round(float(x), 4), round(float(y), 4)))
    return points


def _bad(error: ValidationError) -> BadShape:
    first = error.errors(include_url=False, include_input=False)[0]
    where = [*first["loc"], "", "", ""]
    kind, number = (str(where[0]), where[1]) if where[0] in MOST else ("", 0)
    position = number + 1 if isinstance(number, int) else 1
    field = str(where[2]) if isinstance(number, int) and where[2] else "points" if kind else str(where[0])
    text = first["msg"].removeprefix("Value error, ")
    if kind == "masks" and (told := re.search(r"mask (\d+)", text)):
        position = int(told[1])
    if first["type"] == "value_error":
        return BadShape(kind, position, field, text)
    if first["type"] == "too_long" and kind:
        return BadShape(kind, position, field, N_("There are too many corners; 64 are enough."))
    return BadShape(kind, position, field, N_("This cannot be used."), text)
