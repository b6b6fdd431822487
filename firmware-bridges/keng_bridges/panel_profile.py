"""A fire panel's words as a YAML file: what its lines look like and what each event means. Also for its pager port."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from json import dumps
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_serializer, model_validator

from keng_bridges.errors import ProfileError
from keng_bridges.values import Condition, Mark, PointReport

SHIPPED = Path(__file__).parent / "panels"
GENERIC = "generic"
"""The shipped profile of words that many panels use."""
LONGEST = 256
"""Characters of one line that are looked at; no panel prints that many."""

EventName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9 ()/.-]{0,39}$")]
Pattern = Annotated[str, Field(min_length=1, max_length=500)]


class Part(BaseModel):
    """A part of a profile: unknown keys are refused, because a misspelt one would be silently without effect."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Port(Part):
    """How the panel's printer port talks when it comes from its maker."""

    baud: Annotated[int, Field(ge=300, le=115_200)] = 9600
    bits: Literal[7, 8] = 8
    parity: Literal["N", "E", "O"] = "N"


class Meaning(Part):
    """What an event says: a condition, marks that begin, marks that end, an act at the panel. Nothing: only shown."""

    condition: Condition | None = None
    marks: frozenset[Mark] = frozenset()
    clears: frozenset[Mark] = frozenset()
    act: Literal["acknowledge", "silence", "reset"] | None = None

    @field_serializer("marks", "clears")
    def _in_order(self, marks: frozenset[Mark]) -> list[str]:
        return sorted(marks)


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a panel. Without `meaning` nobody understands it: it is kept and shown, never dropped.

    `when` is the panel's own date and time as printed, without a year and not to be trusted.
    """

    text: str
    event: str | None = None
    meaning: Meaning | None = None
    zone: str | None = None
    point: str | None = None
    label: str | None = None
    when: str | None = None

    @property
    def place(self) -> str:
        """What the line is about: its point, else its zone, else the panel itself."""
        return self.point or self.zone or "panel"

    def report(self) -> PointReport | None:
        """How the point stands by this line alone; what it does not mention is unknown."""
        if self.meaning is None or not (self.meaning.condition or self.meaning.marks or self.meaning.clears):
            return None
        return PointReport(self.place, self.meaning.condition or Condition.UNKNOWN, self.meaning.marks, self.event)


class Panel(Part):
    """One model of panel.

    `line` describes a whole line with the groups `event`, `zone`, `point`, `label`, `when`; its event is the longest
    known name that it begins with. Without `line` the first known name anywhere in the text is the event, and at one
    place the longest; `ignores` are words that only look like one. Lines that begin with `begins` are this panel's,
    understood or not.
    """

    name: str
    source: str
    serial: Port = Port()
    begins: str = ""
    line: Pattern | None = None
    zone: Pattern | None = None
    when: Pattern | None = None
    ignores: tuple[EventName, ...] = ()
    events: dict[EventName, Meaning]

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        for pattern in (self.line, self.zone, self.when):
            try:
                re.compile(pattern or "")
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
        if self.line and "event" not in re.compile(self.line).groupindex:
            raise ValueError("`line` needs the group (?P<event>…)")
        return self

    @property
    def digest(self) -> str:
        """Eight hex digits of everything that decides what a line means: another digest, another panel to prove."""
        content = self.model_dump(mode="json", exclude={"name", "source", "serial"})
        return sha256(dumps(content, sort_keys=True).encode()).hexdigest()[:8]

    def read(self, text: str) -> Told:
        """Understand one line without its end; never raises."""
        text = text[:LONGEST].strip()
        return self._whole(text) if self.line else self._anywhere(text)

    def _whole(self, text: str) -> Told:
        match = re.fullmatch(self.line or "", text)
        if match is None:
            return Told(text)
        groups = {key: (value or "").strip() or None for key, value in match.groupdict().items()}
        event = re.sub(r"\s+", " ", groups.get("event") or "")
        begun = [name for name in self.events if f"{event} ".startswith(f"{name} ")]
        meaning = self.events[max(begun, key=len)] if begun else None
        parts = {key: groups.get(key) for key in ("zone", "point", "label", "when")}
        return Told(text, event, meaning, **parts)

    def _anywhere(self, text: str) -> Told:
        plain = fold(text)
        found = self._names.search(self._ignored.sub(lambda match: " " * len(match.group()), plain))
        zone, when = re.search(self.zone or "$^", plain), re.search(self.when or "$^", plain)
        event = re.sub(r"\s+", " ", found.group()) if found else None
        return Told(
            text,
            event,
            self.events[event] if event else None,
            zone=next((group for group in zone.groups() if group), None) if zone else None,
            when=when.group() if when else None,
        )

    @cached_property
    def _names(self) -> re.Pattern[str]:
        return _any_of(self.events)

    @cached_property
    def _ignored(self) -> re.Pattern[str]:
        return _any_of(self.ignores) if self.ignores else re.compile(r"\b\B")  # matches nothing


def fold(text: str) -> str:
    """Capitals without accents, one for one, so that `Cháy` is `CHAY`."""
    return "".join(_folded(letter) for letter in text)


@cache
def names() -> tuple[str, ...]:
    """The panels that come with Kẻng."""
    return tuple(sorted(file.stem for file in SHIPPED.glob("*.yaml")))


def load(name: str) -> Panel:
    """A shipped panel by its name, or any other by the path of its file; `ProfileError`."""
    if name.endswith((".yaml", ".yml")) or "/" in name:
        return _read(Path(name))
    if name not in names():
        raise ProfileError(f"panel {name!r} is not known; there are {', '.join(names())}, or give a path to a file")
    return _shipped(name)


@cache
def _shipped(name: str) -> Panel:
    return _read(SHIPPED / f"{name}.yaml")


def _read(path: Path) -> Panel:
    try:
        return Panel.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ProfileError(f"{path.name}: cannot be read: {error}") from error
    except ValidationError as error:
        lines = (f"{path.name}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ProfileError("\n".join(lines)) from error


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    """The names as whole words, the longest first, with any white space between their words."""
    ordered = sorted(names, key=len, reverse=True)
    choices = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in ordered)
    return re.compile(rf"(?<![A-Z0-9])(?:{choices})(?![A-Z0-9])")


def _folded(letter: str) -> str:
    if letter in "đĐ":
        return "D"
    plain = unicodedata.normalize("NFD", letter)[0].upper()
    return plain if len(plain) == 1 else letter
