"""What a message of a person means: text in, meaning out. It never opens, asks or remembers anything.

Being taken for safe when one is not costs a life, so *safe* is said only by a text of which every word is understood;
whatever denies, asks or adds something goes to a person. The other way round, a call for help may be misspelt.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from keng_hub.replies.signs import category_of, starts_with_sign
from keng_hub.replies.spelling import composed, marked, slips, words
from keng_wire.alarm import Category

READ: Final = 400
"""Characters that are looked at; the rest is kept for people."""
_SHORT: Final = 60
"""A longer text says more than that somebody is safe."""


class Meaning(StrEnum):
    """What a person wants to say."""

    ACKNOWLEDGE = "acknowledge"
    SAFE = "safe"
    NEED_HELP = "need_help"
    STOP = "stop"
    LINK = "link"
    TEST_ANSWER = "test_answer"
    REPORT = "report"
    UNCLEAR = "unclear"


class Code(NamedTuple):
    """A short code as people type it; the year only where they typed it."""

    number: int
    year: int | None = None


class Said(NamedTuple):
    """A message, understood: `digits` link a phone, `category` and `rest` are what a report is about and says."""

    meaning: Meaning
    code: Code | None = None
    digits: str = ""
    category: Category = Category.INFO
    rest: str = ""


_NO: Final = r"(?:khong|ko|k|kh|kg|khg|hong|hok|chua|chang|mat|het|not|no|isnt|arent)"
_UNSAFE: Final = re.compile(rf"\b{_NO} (?:(?:duoc|con|thay|he) )?(?:an ?toan|safe)\b|\bunsafe\b")
_NEEDLESS: Final = re.compile(rf"\b{_NO} (?:can|phai|sao)(?: giup| cuu)?\b|\b{_NO} (?:co )?(?:gi )?nguy hiem\b")
_HELP: Final = re.compile(
    r"\b(?:can|xin|hay) (?:giup|cuu)\b|\b(?:giup|cuu) (?:voi|toi|em|chung|me|bo|con)\b|\b(?:cap|keu) cuu\b"
    r"|\bmac ket\b|\bbi thuong\b|\bnguy hiem\b|\bsos\b|\bhelp\b|^(?:cuu|giup)$"
)
_SAFE_ENGLISH: Final = frozenset(
    {"safe", "i am safe", "im safe", "i m safe", "we are safe", "all safe", "everyone is safe"}
)
_HARMLESS: Final = frozenset(
    """a anh bac bao ba bo ca cam chi chung con da dang deu dinh em gia ho hien hoan la me minh moi nay ngo nguoi nha
    nhe o on oi ong ra roi sc so tai tat thanh thon to toan toi tui van va vien voi xin xom""".split()  # noqa: SIM905 - forty strings would be a page
)
"""Words that may stand beside "an toàn" without changing it."""
_ASKING: Final = frozenset({"à", "ư", "hả", "hử", "chứ", "sao"})
_STOPS: Final = frozenset({"dung", "dung nhan tin", "dung tin", "stop", "huy nhan tin"})


def parse(text: str) -> Said:
    """What the text means; anything at all may be given, and what is not understood is UNCLEAR."""
    text = composed(text[:READ]).strip()
    said = words(text)
    for look in (_link, _acknowledge, _test_answer, _stop, _help, _safe, _report):
        if found := look(text, said):
            return found
    return Said(Meaning.UNCLEAR, _code(said), category=category_of(text), rest=text)


def _link(_: str, said: list[str]) -> Said | None:
    if len(said) < 2 or len(said[-1]) != 6 or not said[-1].isdigit():
        return None
    word = "".join(said[:-1])
    if word.isalpha() and len(word) <= 10 and slips(word, "lienket") <= 1:
        return Said(Meaning.LINK, digits=said[-1])
    return None


def _acknowledge(_: str, said: list[str]) -> Said | None:
    code = _code(said)
    plain = [word for word in said if word.isalpha() and word != "sc"]
    if plain in (["nhan"], ["da", "nhan"], ["tiep", "nhan"], ["da", "tiep", "nhan"]):
        return Said(Meaning.ACKNOWLEDGE, code)
    if len(plain) == 1 and code and len(said[-1]) >= 4 and _like_nhan(plain[0]):
        return Said(Meaning.ACKNOWLEDGE, code)
    return None


def _like_nhan(word: str) -> bool:
    """A slip of NHAN; never "nhà", which begins an address."""
    return len(word) in (4, 5) and set(word) == set("nhan") and slips(word, "nhan") <= 1


def _test_answer(_: str, said: list[str]) -> Said | None:
    return Said(Meaning.TEST_ANSWER) if said == ["1"] else None


def _stop(text: str, said: list[str]) -> Said | None:
    """With marks only "dừng" means to stop: "đúng" is yes, "dùng" is to use."""
    if " ".join(said) not in _STOPS:
        return None
    first = re.search(r"\w+", text.casefold())
    if said[0] == "dung" and first and marked(first[0]) and first[0] not in ("dừng", "dưng"):
        return None
    return Said(Meaning.STOP)


def _help(text: str, said: list[str]) -> Said | None:
    line = " ".join(said)
    if _UNSAFE.search(line) or _HELP.search(_NEEDLESS.sub(" ", line)) or _like_help(said):
        return Said(Meaning.NEED_HELP, _code(said), category=category_of(text), rest=text)
    return None


def _like_help(said: list[str]) -> bool:
    """A slip or two of CAN GIUP by itself."""
    word = "".join(part for part in said if part.isalpha())
    return word[:1] == "c" and 6 <= len(word) <= 8 and slips(word, "cangiup") <= 2


def _safe(text: str, said: list[str]) -> Said | None:
    if len(text) > _SHORT or "?" in text or "？" in text or _ASKING & set(re.findall(r"\w+", text.casefold())):
        return None
    plain = [word for word in said if word.isalpha()]
    if " ".join(plain) in _SAFE_ENGLISH or any(_harmless(beside) for beside in _beside_safe(plain)):
        return Said(Meaning.SAFE, _code(said))
    return None


def _harmless(beside: list[str]) -> bool:
    return all(word in _HARMLESS for word in beside)


def _beside_safe(said: list[str]) -> Iterable[list[str]]:
    """For each place where "an toàn" may stand, the words beside it."""
    for place in range(len(said)):
        for length in (1, 2):
            if _like_safe("".join(said[place : place + length])):
                yield said[:place] + said[place + length :]


def _like_safe(word: str) -> bool:
    """A slip of AN TOAN; never a letter in front of it, nor a k or h in it: that may be a "không"."""
    return word[:1] == "a" and 5 <= len(word) <= 7 and set(word) <= set("antogfm") and slips(word, "antoan") <= 1


def _report(text: str, said: list[str]) -> Said | None:
    """BAO and something behind it, or a sign of danger at the beginning."""
    if len(said) > 1 and said[0] == "bao":
        behind = re.sub(r"^\W*\w+\W*", "", text)
        return Said(Meaning.REPORT, category=category_of(behind), rest=behind or text)
    if starts_with_sign(text):
        return Said(Meaning.REPORT, category=category_of(text), rest=text)
    return None


def _code(said: list[str]) -> Code | None:
    """The one number that can be a code: `0231`, `SC 0231`, `SC 2026 0231`."""
    numbers = [word for word in said if word.isdigit()]
    if len(numbers) == 2 and len(numbers[0]) == 4 and numbers[0].startswith("20") and len(numbers[1]) <= 6:
        return Code(int(numbers[1]), int(numbers[0]))
    if len(numbers) == 1 and len(numbers[0]) <= 6:
        return Code(int(numbers[0]))
    return None
