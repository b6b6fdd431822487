"""How people spell on small keys: marks or none, any case, one slip of a finger."""

import re
import unicodedata
from typing import Final

_PARTS: Final = re.compile(r"[a-z]+|[0-9]+")


def composed(text: str) -> str:
    """One code point a letter (NFC), as everything is kept; full-width letters become plain ones."""
    return unicodedata.normalize("NFKC", text)


def folded(text: str) -> str:
    """Lower case without marks; đ becomes d, which no Unicode form takes apart."""
    lower = unicodedata.normalize("NFKD", text).casefold().replace("đ", "d")
    return "".join(letter for letter in lower if not unicodedata.combining(letter))


def marked(text: str) -> bool:
    """Whether any letter bears a mark, so that its writer meant the marks."""
    return folded(text) != unicodedata.normalize("NFKD", text).casefold()


def words(text: str) -> list[str]:
    """The folded words and numbers of a text, in their order: `NHAN0231` is two of them."""
    return _PARTS.findall(folded(text))


def slips(typed: str, meant: str) -> int:
    """How many letters were left out, added, changed or swapped with their neighbour (optimal string alignment)."""
    before, row = [0] * (len(meant) + 1), list(range(len(meant) + 1))
    for i, letter in enumerate(typed, 1):
        earlier, before, row = before, row, [i]
        for j, wanted in enumerate(meant, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == meant[j - 2] and typed[i - 2] == wanted:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
