"""Jinja for both languages: templates, words, dates and numbers, and what every page shows."""

import hashlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from keng_hub.incidents.msgid import N_
from keng_hub.web import languages
from keng_hub.web.words import word

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


class Renderer:
    """Turns a template and its values into a page of the wanted language."""

    def __init__(self) -> None:
        self.version = _version(STATIC)
        self._texts = {language: languages.catalogue(language) for language in languages.LANGUAGES}
        self._environments = {language: self._environment(language) for language in languages.LANGUAGES}

    def text(self, language: str, template: str, **values: Any) -> str:
        """The HTML of a template."""
        return self._environments[language].get_template(template).render(language=language, **values)

    def translate(self, language: str, message: str) -> str:
        """One text of the catalogue."""
        return self._texts[language].gettext(message)

    @property
    def static(self) -> str:
        """Where the static files are; a new version has a new address, so that they may be cached for ever."""
        return f"/static/{self.version}"

    def _environment(self, language: str) -> Environment:
        environment = Environment(  # every template is HTML and escaped
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        texts = self._texts[language]
        environment.install_gettext_translations(texts, newstyle=True)  # type: ignore[attr-defined]  # by the extension
        variables: dict[str, Any] = {"static": self.static, "languages": languages.LANGUAGES}
        environment.globals.update(variables)
        environment.filters.update(_filters(language, texts.gettext))
        return environment


@cache
def renderer() -> Renderer:
    """The process's one: templates are read and compiled once."""
    return Renderer()


def _filters(language: str, translate: Callable[[str], str]) -> dict[str, Callable[..., str]]:
    return {
        "stamp": languages.stamp,
        "clock": languages.clock,
        "exact": languages.exact,
        "iso": languages.iso,
        "day": languages.day,
        "number": partial(languages.number, language=language),
        "word": partial(_word, translate),
        "span": partial(span, translate=translate),
        "moment": languages.moment,
        "lapse": partial(languages.lapse, language=language),
        "size": partial(languages.size, language=language),
    }


def _word(translate: Callable[[str], str], key: object, kind: str) -> str:
    return translate(word(kind, key))


def span(ms: int, translate: Callable[[str], str]) -> str:
    """A length of time in one unit, as people say it: `3 phút`. `ages.js` takes the same steps."""
    for unit, length, text in (
        ("day", DAY, N_("{n} d")),
        ("hour", HOUR, N_("{n} h")),
        ("minute", MINUTE, N_("{n} min")),
        ("second", SECOND, N_("{n} s")),
    ):
        if ms >= length * (2 if unit in ("hour", "day") else 1) or unit == "second":
            return translate(text).format(n=max(0, ms // length))
    raise AssertionError("the last unit always fits")


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            digest.update(str(file.relative_to(folder)).encode() + file.read_bytes())
    return digest.hexdigest()[:12]
