"""Reads the fields of a frame one by one: a wrong type or range reads as None, never as a guess."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, cast

from keng_bridges.bridge_link.outputs import Board, Point, PointState, State

KEYS: Final[dict[str, frozenset[str]]] = {
    "hello": frozenset(("pv", "hw", "md", "fw", "np", "cap", "rst")),
    "pt": frozenset(("i", "n", "p", "ty", "un", "pol", "eol")),
    "state": frozenset(("i", "n", "p", "st", "fl", "v")),
    "ev": frozenset(("p", "st", "fl", "v")),
    "tm": frozenset(("p", "v")),
    "hb": frozenset(("q", "ov", "ce", "sc", "mv")),
    "res": frozenset(("id", "ok", "err")),
}
"""The keys of each frame a board sends, beside `t`, `b`, `s` and `up`."""
COMMON: Final = frozenset(("t", "b", "s", "up"))
UNKNOWN_POINT: Final = "unnamed.point"  # no board can send a dot; the wire contract takes one

_POINT = re.compile(r"[a-z0-9_]{1,16}")
_BOOT = re.compile(r"[0-9a-f]{8}")
_CHECK = re.compile(r"[0-9A-F]{4}")
_LARGEST = Decimal(10) ** 15

Fields = Mapping[str, object]


def whole(fields: Fields, key: str, low: int = 0, high: int = 2**63) -> int | None:
    """A whole number within `low` and `high`; JSON `true` is not one."""
    value = fields.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high else None


def number(fields: Fields, key: str) -> int | Decimal | None:
    """A measured value; beyond 15 digits it is noise."""
    value = fields.get(key)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return value if -_LARGEST < value < _LARGEST else None


def text(fields: Fields, key: str) -> str:
    """A text, empty if there is none."""
    value = fields.get(key)
    return value if isinstance(value, str) else ""


def texts(fields: Fields, key: str) -> tuple[str, ...]:
    """A list of texts; what is not text in it is left out."""
    value = fields.get(key)
    if not isinstance(value, list):
        return ()
    return tuple(item for item in cast(list[object], value) if isinstance(item, str))


def boot(fields: Fields) -> str | None:
    """`b`: eight hex digits."""
    value = text(fields, "b")
    return value if _BOOT.fullmatch(value) else None


def check(fields: Fields) -> str | None:
    """`sc`: four upper-case hex digits."""
    value = text(fields, "sc")
    return value if _CHECK.fullmatch(value) else None


def point_name(fields: Fields) -> str | None:
    """`p`: 1 to 16 lower-case letters, digits and underscores."""
    value = text(fields, "p")
    return value if _POINT.fullmatch(value) else None


def point_state(fields: Fields) -> tuple[PointState, str | None]:
    """The state of a point and, where the frame is not fully understood, why.

    It fails open: a state we do not know is a fault of that point, and an alarm of a nameless point is still an
    alarm.
    """
    doubts: list[str] = []
    name = point_name(fields)
    if name is None:
        doubts.append(f"no usable point name: {text(fields, 'p')!r}")
    try:
        state = State(text(fields, "st"))
    except ValueError:
        state = State.FAULT
        doubts.append(f"unknown state {text(fields, 'st')!r}")
    up = whole(fields, "up")
    flags = frozenset(texts(fields, "fl"))
    result = PointState(name or UNKNOWN_POINT, state, flags, number(fields, "v"), -1 if up is None else up)
    return result, "; ".join(doubts) or None


def board(fields: Fields) -> Board | None:
    """The board of a `hello`; None without its id or version, which nothing can replace."""
    version, points = whole(fields, "pv", 1), whole(fields, "np", 0, 1000)
    if not text(fields, "hw") or version is None or points is None:
        return None
    return Board(
        hardware=text(fields, "hw"),
        model=text(fields, "md"),
        firmware=text(fields, "fw"),
        version=version,
        points=points,
        reset=text(fields, "rst"),
        capabilities=texts(fields, "cap"),
    )


def point(fields: Fields) -> Point | None:
    """The point of a `pt`."""
    index, name = whole(fields, "i", 0, 1000), point_name(fields)
    if index is None or name is None:
        return None
    kind, unit, polarity = text(fields, "ty"), text(fields, "un"), text(fields, "pol")
    return Point(index, name, kind, unit, polarity, whole(fields, "eol", 0, 10_000_000))
