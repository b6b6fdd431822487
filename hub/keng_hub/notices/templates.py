"""The templates of notices, and a notice made of one: in all spellings, short enough, and checked."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, TypeAdapter

from keng_hub.deliveries.ledger import Text
from keng_hub.incidents.msgid import N_
from keng_hub.incidents.wording import without_marks
from keng_hub.notices.kinds import NoticeKind

LONGEST: Final = 306
"""Two SMS of 153 characters: longer ones nobody reads, and each costs the commune again."""
_FILE: Final = Path(__file__).parent / "templates.toml"
_LENGTHS: Final = {"time": 40, "text": 80, "long": 220}
_CITIZEN_ID: Final = re.compile(r"(?<!\d)\d{12}(?!\d)")


class Template(BaseModel):
    """One of them. `title` is what people choose it by."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: NoticeKind
    title: str
    fields: dict[str, Literal["time", "text", "long"]]
    vi: str
    en: str
    spoken: str
    any_hour: bool = False


class Written(NamedTuple):
    """The notice in words: as text, and as loudspeakers say it."""

    text: Text
    spoken: str


class BadDraft(Exception):
    """It cannot be sent like this; `problems` maps a field to the msgid of what is wrong with it."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


@cache
def templates() -> dict[str, Template]:
    """All of them by name, in their order."""
    loaded: Any = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Template]).validate_python(loaded)


def write(template: Template, fields: Mapping[str, str], code: str, forbidden: tuple[str, ...] = ()) -> Written:
    """The texts; `forbidden` are words that must not stand in it, as emergency numbers in a drill. BadDraft."""
    problems: dict[str, str] = {}
    filled: dict[str, str] = {}
    for name, kind in template.fields.items():
        value = unicodedata.normalize("NFC", " ".join(fields.get(name, "").split()))
        if problem := _problem(value, kind, forbidden):
            problems[name] = problem
        filled[name] = _time(value) if kind == "time" and not problem else value.rstrip(".")
    if problems:
        raise BadDraft(problems)
    vi = unicodedata.normalize("NFC", f"{_whole(template.vi.format(**filled))} {code}")
    plain = without_marks(vi)
    if len(plain) > LONGEST:
        raise BadDraft({"": N_("The text is too long: without marks it has to fit into two SMS.")})
    return Written(Text(vi, plain, f"{_whole(template.en.format(**filled))} {code}"), template.spoken.format(**filled))


def parts(plain: str) -> int:
    """SMS of the GSM-7 alphabet that a text without marks takes."""
    return 1 if len(plain) <= 160 else -(-len(plain) // 153)


def _problem(value: str, kind: str, forbidden: tuple[str, ...]) -> str | None:
    if not value:
        return N_("Please fill this in.")
    if len(value) > _LENGTHS[kind]:
        return N_("This is too long.")
    if not value.isprintable():
        return N_("This holds characters that cannot be shown.")
    if kind == "time" and _moment(value) is None:
        return N_("This is not a date.")
    if _CITIZEN_ID.search(value):
        return N_("Numbers of citizens have no place in a notice: take the 12 digits out.")
    if any(re.search(rf"(?<!\d){re.escape(word)}(?!\d)", value) for word in forbidden):
        return N_("No emergency number may stand in a drill.")
    return None


def _whole(text: str) -> str:
    return text if text.endswith((".", "!")) else f"{text}."


def _time(value: str) -> str:
    moment = _moment(value)
    return f"{moment:%H:%M %d/%m}" if moment else value


def _moment(value: str) -> datetime | None:
    """What a browser sends of a date with a time: the village's own."""
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M")
    except ValueError:
        return None
