"""The words MUỘN n phút in front of a message that comes later than it should."""

LATE_AFTER_MS = 60_000
"""From here on a message says how late it is."""

_WORDS = {"vi": "MUỘN {} phút. ", "ascii": "MUON {} phut. ", "en": "LATE by {} min. "}
_FIRST = {
    "vi": ("DIỄN TẬP. ", "THỬ. "),
    "ascii": ("DIEN TAP. ", "THU. "),
    "en": ("DRILL. ", "TEST. "),
}


def mark(late_ms: int | None, language: str) -> str:
    """`MUỘN 7 phút. ` when `late_ms` is past the limit, else nothing; minutes are rounded down, one at least."""
    return _WORDS[language].format(late_ms // 60_000) if late_ms is not None and late_ms > LATE_AFTER_MS else ""


def with_lateness(body: str, waited_ms: int, language: str) -> str:
    """`body` with the mark in front when it waited too long in our own queue, behind the word that marks a drill."""
    late = mark(waited_ms, language)
    for first in _FIRST[language]:
        if body.startswith(first):
            return first + late + body.removeprefix(first)
    return late + body
