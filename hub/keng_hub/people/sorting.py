"""The order of Vietnamese texts: letters as in the alphabet (a ă â … d đ … u ư), then tones, then the text itself."""

import re
import unicodedata
from typing import Final

_ALPHABET: Final = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES: Final = "\u0300\u0309\u0303\u0301\u0323"
"""huyền hỏi ngã sắc nặng; none of them comes first."""
_DIGITS: Final = re.compile(r"(\d+)")

Key = tuple[tuple[tuple[int, ...], ...], tuple[int, ...], str]


def key(text: str) -> Key:
    """What a list of labels is sorted by; numbers count as numbers, so that `Nhà 2` stands before `Nhà 10`."""
    tones: list[int] = []
    parts: list[tuple[int, ...]] = []
    for part in _DIGITS.split(text.casefold()):
        if part.isdecimal():
            parts.append((1, int(part)))
            continue
        ranks = [2]
        for letter in unicodedata.normalize("NFC", part):
            base, tone = _apart(letter)
            tones.append(tone)
            ranks.append(100 + _ALPHABET.index(base) if base in _ALPHABET else min(ord(base), 99))
        parts.append(tuple(ranks))
    return tuple(parts), tuple(tones), text


def person(full_name: str) -> Key:
    """The same for people's names: by the given name, which is the last word, then by the rest."""
    rest, _, given = full_name.strip().rpartition(" ")
    return key(f"{given} {rest}")


def _apart(letter: str) -> tuple[str, int]:
    """A letter without its tone, and the tone's rank, 0 for none."""
    marks = unicodedata.normalize("NFD", letter)
    tone = next((rank for rank, mark in enumerate(_TONES, 1) if mark in marks), 0)
    plain = "".join(mark for mark in marks if mark not in _TONES)
    return unicodedata.normalize("NFC", plain)[:1] or letter, tone
