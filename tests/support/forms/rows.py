"""What a form of the hub takes: for each field a good value, and values that must be refused."""

from dataclasses import dataclass, field
from typing import NamedTuple
from unicodedata import normalize

BELL = "chuông \x07 kêu"
FAR = ("0001-01-01", "9999-12-31", "31/02/2026", "hôm qua")


class Field(NamedTuple):
    """One field: a good value, bad ones, whether it may be left out, and the most characters of a free text."""

    good: str
    bad: tuple[str, ...] = ()
    needed: bool = True
    longest: int = 0


def text(good: str, *, longest: int = 1000, needed: bool = True) -> Field:
    """A free text."""
    empty = ("  \n ",) if needed else ()
    return Field(good, (BELL, *empty), needed, longest)


def choice(good: str, *bad: str, needed: bool = True) -> Field:
    """One of a list."""
    return Field(good, (BELL, "không có trong danh sách", *bad), needed)


def number(good: str, *bad: str, needed: bool = True) -> Field:
    """A whole number."""
    return Field(good, ("ba", "-1", "9" * 40, *bad), needed)


def day(good: str, *bad: str, needed: bool = True) -> Field:
    """A date."""
    return Field(good, (*FAR, *bad), needed)


def free(good: str, *, needed: bool = False) -> Field:
    """What is passed over when it is no good: an address to go back to, a box to tick."""
    return Field(good, (), needed)


Form = dict[str, str] | list[tuple[str, str]]
"""Fields; a list where one comes twice."""
Step = tuple[str, str, dict[str, str]]
"""Who sends which form to which address."""


@dataclass(frozen=True)
class Row:
    """One act that a form asks for."""

    path: str
    who: str
    """A login name; nobody is logged in where it is empty."""
    form: dict[str, Field] = field(default_factory=dict[str, Field])
    ok: int = 303
    again: tuple[int, ...] = (303,)
    """What the same form again may be told; it has no second effect."""
    before: tuple[Step, ...] = ()
    late: tuple[Step, ...] = ()
    """What somebody else does meanwhile, so that the form comes too late."""
    too_late: tuple[int, ...] = (404, 409, 422)
    stranger: str = ""
    """Somebody of the same role who looks after another place; empty where the act belongs to no place."""
    file: bytes | None = None
    """A file that comes with the form."""
    needs_file: bool = True
    drafts: tuple[str, ...] = ()
    """Tables to which each time writes on purpose: a preview that is thrown away, a look that is noted, a wrong try."""
    strict: bool = True
    """Whether fields that the form does not have are refused."""
    everybody: bool = False
    """Whether every role may do it."""

    @property
    def good(self) -> dict[str, str]:
        """The form as it is taken."""
        return {name: one.good for name, one in self.form.items()}

    @property
    def id(self) -> str:
        """The name in a report."""
        return self.path


def decomposed(values: dict[str, str]) -> dict[str, str]:
    """The same texts as some keyboards write them: letters and marks apart (NFD)."""
    return {name: normalize("NFD", value) for name, value in values.items()}


def wrong(row: Row) -> list[tuple[str, Form]]:
    """The ways in which one field is wrong: a name for each, and the form."""
    found: list[tuple[str, Form]] = []
    for name, one in row.form.items():
        rest = {key: value for key, value in row.good.items() if key != name}
        found += [(f"{name}={bad!r}", rest | {name: bad}) for bad in one.bad]
        if one.needed:
            found.append((f"{name} is missing", rest))
        if row.strict:
            found.append((f"{name} twice", [*row.good.items(), (name, one.good)]))
    if row.strict:
        found.append(("a field that is none", row.good | {"la": "x"}))
    return found


def huge(row: Row) -> list[tuple[str, Form]]:
    """Each text over its length."""
    texts = [(name, one) for name, one in row.form.items() if one.longest]
    return [(f"{name} is too long", row.good | {name: "ă" * (one.longest + 1)}) for name, one in texts]
