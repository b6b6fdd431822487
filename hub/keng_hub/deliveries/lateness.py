"""The words MUỘN n phút in front of a message that comes later than it should."""

import re

LATE_AFTER_MS = 60_000
"""From here on a message says how late it is."""

_WORDS = {"vi": "MUỘN {} phút. ", "ascii": "MUON {} phut. ", "en": "LATE by {} min. "}
_MARKED = {language: re.compile(words.format(r"(\d+)")) for language, words in _WORDS.items()}
_FIRST = {
    "vi": ("DIỄN TẬP. ", "THỬ. "),
    "ascii": ("DIEN TAP. ", "THU. "),
    "en": ("DRILL. ", "TEST. "),
}


def mark(late_ms: int | None, language: str) -> str:
    """`MUỘN 7 phút. ` when `late_ms` is past the limit, else nothing; minutes are rounded down, one at least."""
    return _WORDS[language].format(late_ms // 60_000) if late_ms is not None and late_ms > LATE_AFTER_MS else ""


def with_lateness(body: str, waited_ms: int, language: str) -> str:
    """`body` with the mark in front when it waited too long in our own queue, behind the word that marks a drill.

    A body that was late already when it was written says the sum.
    """
    if waited_ms <= LATE_AFTER_MS:
        return body
    first = next((word for word in _FIRST[language] if body.startswith(word)), "")
    rest = body.removeprefix(first)
    known = _MARKED[language].match(rest)
    if known:
        waited_ms += int(known[1]) * 60_000
        rest = rest[known.end() :]
    return first + mark(waited_ms, language) + rest
