"""A form that was refused comes back with what was typed into it, whatever page says why."""

import re
from html import escape
from html.parser import HTMLParser
from typing import Final, NamedTuple

from aiohttp import web

from keng_hub.incidents.msgid import N_
from keng_hub.web.answers import translate
from keng_hub.web.keys import TYPED
from keng_hub.web.permissions import Handler

_HEADING: Final = N_("What you had written")
_AFTER: Final = re.compile(r'<p[^>]*class="problem"[^>]*>.*?</p>|<h1[^>]*>.*?</h1>', re.DOTALL)
_LEFT_ALONE: Final = {"hidden", "password", "file", "submit", "button", "image", "reset"}
Attributes = list[tuple[str, str | None]]


class Edit(NamedTuple):
    """A part of the page, by its place in the text, and what stands there instead."""

    start: int
    end: int
    text: str


@web.middleware
async def with_refill(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Put what was typed into the form of this address, on a page that refuses it; where it has none, beneath it."""
    response = await handler(request)
    typed = request.get(TYPED)
    refuses = typed and response.status >= 400 and response.content_type == "text/html"
    if typed and refuses and isinstance(response, web.Response) and response.text:
        text = refilled(response.text, request.path, typed)
        response.text = with_rest(text, typed, translate(request, _HEADING))
    return response


def refilled(page: str, action: str, typed: dict[str, str]) -> str:
    """The page with `typed` in its form that is sent to `action` and has the same hidden fields."""
    reader = _Reader(page, action, {name: shown(text) for name, text in typed.items()})
    reader.feed(page)
    reader.close()
    parts, at = list[str](), 0
    for edit in sorted(reader.edits):
        parts += [page[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, page[at:]])


def with_rest(page: str, typed: dict[str, str], heading: str) -> str:
    """The page with those texts that somebody wrote and that stand nowhere on it, to be copied."""
    texts = [escape(shown(text).strip()) for text in typed.values() if " " in text.strip()]
    lost = [text for text in texts if text not in page]
    place = _AFTER.search(page)
    if not lost or place is None:
        return page
    written = "".join(f'<p class="written">{text}</p>' for text in lost)
    return f"{page[: place.end()]}<h2>{escape(heading)}</h2>{written}{page[place.end() :]}"


def shown(text: str) -> str:
    """The text without what no page can show."""
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\r\t")


class _Reader(HTMLParser):
    """Reads a page and gathers the edits of the one form that was sent."""

    def __init__(self, page: str, action: str, typed: dict[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self.edits: list[Edit] = []
        self._page, self._action, self._typed = page, action, typed
        self._lines = [0]
        for line in page.split("\n"):  # as the parser counts them
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._form: list[Edit] | None = None
        self._folds: list[Edit] = []
        self._name, self._area = "", -1

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = dict(attrs)
        if tag == "details":
            self._folds.append(self._tag(tag, [("open", None), *(one for one in attrs if one[0] != "open")]))
        elif tag == "form" and given.get("action") == self._action and (given.get("method") or "").lower() == "post":
            self._form = []
        elif self._form is not None and tag in ("input", "select", "option", "textarea"):
            self._field(tag, attrs, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "details" and self._folds:
            self._folds.pop()
        elif tag == "form" and self._form is not None:
            self.edits += [*self._form, *(fold for fold in self._folds if fold not in self.edits)]
            self._form = None
        elif tag == "select":
            self._name = ""
        elif tag == "textarea" and self._area >= 0 and self._form is not None:
            self._form.append(Edit(self._area, self._offset(), "\n" + escape(self._typed[self._name])))
            self._name, self._area = "", -1

    def _field(self, tag: str, attrs: Attributes, given: dict[str, str | None]) -> None:
        name, kind = given.get("name") or "", given.get("type") or "text"
        if tag == "option":
            if self._name:
                self._mark(tag, attrs, "selected", given.get("value") == self._typed[self._name])
        elif kind == "hidden" and self._typed.get(name, given.get("value")) != given.get("value"):
            self._form = None  # the form of another row
        elif kind == "checkbox" or (kind == "radio" and name in self._typed):
            self._mark(tag, attrs, "checked", self._typed.get(name) == (given.get("value") or "on"))
        elif name in self._typed and tag == "select":
            self._name = name
        elif name in self._typed and tag == "textarea":
            self._name, self._area = name, self._offset() + len(self.get_starttag_text() or "")
        elif name in self._typed and kind not in _LEFT_ALONE and given.get("autocomplete") != "one-time-code":
            self._add(tag, [*(one for one in attrs if one[0] != "value"), ("value", self._typed[name])])

    def _mark(self, tag: str, attrs: Attributes, mark: str, on: bool) -> None:
        self._add(tag, [*(one for one in attrs if one[0] != mark), *([(mark, None)] if on else [])])

    def _add(self, tag: str, attrs: Attributes) -> None:
        assert self._form is not None
        self._form.append(self._tag(tag, attrs))

    def _tag(self, tag: str, attrs: Attributes) -> Edit:
        words = [tag, *(name if value is None else f'{name}="{escape(value)}"' for name, value in attrs)]
        start = self._offset()
        return Edit(start, start + len(self.get_starttag_text() or ""), f"<{' '.join(words)}>")

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column
