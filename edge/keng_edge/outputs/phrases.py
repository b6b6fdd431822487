"""The bank of phrases: what is said for each call, with the place, a drill marked before and after."""

import tomllib
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

from pydantic import ValidationError, field_validator

from keng_edge.errors import ConfigError
from keng_edge.outputs import Announcement
from keng_edge.outputs.speech import spoken
from keng_edge.patterns import PatternKey
from keng_edge.sections import Section

HERE = "Khu vực này"
"""Said where no place is known."""


class Words(NamedTuple):
    """What is said before the strokes and after them, ready to be spoken; empty where nothing is said."""

    before: str
    after: str


class Phrases(Section):
    """One table: call → sentence. `drill` is said before and after everything that is only a drill."""

    drill: str
    phrases: dict[PatternKey, str]
    abbreviations: dict[str, str] = {}

    @field_validator("phrases")
    @classmethod
    def _known(cls, phrases: dict[PatternKey, str]) -> dict[PatternKey, str]:
        for key, sentence in phrases.items():
            try:
                fields = {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from None
            if fields - {"place"}:
                raise ValueError(f"{key}: only {{place}} is known, not {', '.join(sorted(fields - {'place'}))}")
        return phrases

    def words(self, announcement: Announcement) -> Words:
        """What a speaker says. A drill call speaks of a fire, for that is what is practised."""
        drill = announcement.drill or announcement.pattern is PatternKey.DRILL
        key = PatternKey.FIRE if announcement.pattern is PatternKey.DRILL else announcement.pattern
        sentence = announcement.text or self.phrases.get(key, "").format(place=announcement.place or HERE)
        marked = f"{sentence} {self.drill}" if drill else sentence
        return Words(self._spoken(self.drill) if drill else "", self._spoken(marked))

    def _spoken(self, text: str) -> str:
        return spoken(text, self.abbreviations)


def load(own: Path | None = None) -> Phrases:
    """The bank, with a village's own file over it; ConfigError says what is wrong with that."""
    usual = tomllib.loads(files("keng_edge.outputs").joinpath("phrases.toml").read_text(encoding="utf-8"))
    if own is None:
        return Phrases.model_validate(usual)
    try:
        wanted: dict[str, Any] = tomllib.loads(own.read_text(encoding="utf-8"))
        for name in ("phrases", "abbreviations"):
            given = wanted.get(name, {})
            wanted[name] = {**usual[name], **given} if isinstance(given, dict) else given
        return Phrases.model_validate({**usual, **wanted})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError([f"{own}: {error}"]) from None
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        raise ConfigError([f"{own}: {'.'.join(map(str, item['loc']))}: {item['msg']}" for item in problems]) from None
