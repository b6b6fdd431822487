"""Text as it is spoken in Vietnamese: numbers, times, codes and short words are written out. Text in, text out."""

import re
from collections.abc import Callable, Mapping
from unicodedata import normalize

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
GROUPS = ((1_000_000_000, "tỷ"), (1_000_000, "triệu"), (1_000, "nghìn"))
EMERGENCY = ("111", "112", "113", "114", "115")
"""Known by their digits; nobody says "one hundred and fourteen"."""
LONGEST = 6
"""Longer numbers are telephones and meters: digit by digit, as are those with a zero in front."""


def spoken(text: str, abbreviations: Mapping[str, str]) -> str:
    """`text` with everything written out that a voice would stumble over."""
    words = normalize("NFC", text)
    for pattern, replace in _RULES:
        words = pattern.sub(replace, words)
    for short, full in abbreviations.items():
        words = re.sub(rf"(?<!\w){re.escape(normalize('NFC', short))}(?!\w)", full, words)
    return re.sub(r"\s+", " ", words).strip()


def number(value: int) -> str:
    """A whole number from 0 to below a thousand billion, in words."""
    if value < 1000:
        return _below_thousand(value, whole=True)
    for size, name in GROUPS:
        if value >= size:
            head, rest = divmod(value, size)
            words = f"{number(head)} {name}"
            if rest == 0:
                return words
            # After a thousand, hundreds are said even when there are none: 1005 is "một nghìn không trăm linh năm".
            tail = number(rest) if rest >= 1000 else _below_thousand(rest, whole=False)
            return f"{words} {tail}"
    raise AssertionError("a thousand is among the groups")


def digits(text: str) -> str:
    """Each digit by itself."""
    return " ".join(DIGITS[int(digit)] for digit in text)


def _below_thousand(value: int, *, whole: bool) -> str:
    hundreds, rest = divmod(value, 100)
    if hundreds == 0 and whole:
        return _below_hundred(rest)
    words = f"{DIGITS[hundreds]} trăm"
    if rest == 0:
        return words
    return f"{words} {'linh ' if rest < 10 else ''}{_below_hundred(rest)}"


def _below_hundred(value: int) -> str:
    tens, ones = divmod(value, 10)
    if tens == 0:
        return DIGITS[ones]
    words = "mười" if tens == 1 else f"{DIGITS[tens]} mươi"
    if ones == 0:
        return words
    if ones == 5:
        return f"{words} lăm"
    if tens > 1 and ones == 1:
        return f"{words} mốt"
    return f"{words} tư" if tens > 1 and ones == 4 else f"{words} {DIGITS[ones]}"


def _plain(match: re.Match[str]) -> str:
    text = match[0]
    by_digits = text in EMERGENCY or len(text) > LONGEST or (text[0] == "0" and len(text) > 1)
    return digits(text) if by_digits else number(int(text))


def _time(match: re.Match[str]) -> str:
    hours, minutes = int(match[1]), int(match[2])
    return f"{number(hours)} giờ" + (f" {number(minutes)} phút" if minutes else "")


def _date(match: re.Match[str]) -> str:
    day, month, year = (number(int(part)) for part in match.groups())
    return f"ngày {day} tháng {month} năm {year}"


def _letter(match: re.Match[str]) -> str:
    """House number 12B: the letter stands by itself."""
    return f"{match[1]} {match[2]}"


_RULES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\bSC-(?:\d{4}-)?(\d{4})\b"), lambda match: f"sự cố {digits(match[1])}"),
    (re.compile(r"(?:\bngày\s+)?\b(\d{1,2})/(\d{1,2})/(\d{4})\b"), _date),
    (re.compile(r"\b([01]?\d|2[0-3])[:hg]([0-5]\d)\b"), _time),
    (re.compile(r"\b(\d+)([A-Z])\b"), _letter),
    (re.compile(r"(?<=\d)/(?=\d)"), " trên "),
    (re.compile(r"(?<=\d),(?=\d)"), " phẩy "),
    (re.compile(r"(?<=\d)\s*%"), " phần trăm"),
    (re.compile(r"(?<=\d)-(?=\d)"), " đến "),
    (re.compile(r"\d+"), _plain),
)
