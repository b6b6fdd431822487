"""What a report seems to be about, by the words of danger in it."""

import re
from typing import Final

from keng_hub.replies.spelling import composed, folded, marked
from keng_wire.alarm import Category

_SIGNS: Final[dict[Category, tuple[str, ...]]] = {
    Category.FIRE: (
        "cháy", "chập điện", "có khói", "thấy khói", "bốc khói", "mùi khói", "có lửa", "thấy lửa", "bốc lửa",
        "hỏa hoạn", "hoả hoạn", "rò gas", "rò ga", "mùi gas", "xì gas", "fire", "smoke",
    ),
    Category.MEDICAL: (
        "cấp cứu", "tai nạn", "đột quỵ", "đột qụy", "ngất", "bất tỉnh", "bị thương", "đuối nước", "co giật",
        "ambulance",
    ),
    Category.SECURITY: (
        "trộm", "cướp", "đánh nhau", "đột nhập", "phá khóa", "phá khoá", "kẻ gian", "gây rối", "thief",
    ),
}  # fmt: skip
_RUNNING: Final = re.compile(r"\bchay (?:ra|di|den|ve|xe|qua|sang|tron|vao|lai|ngay)\b")
"""Without marks "chạy" (to run) and "cháy" (fire) are one word."""
_FIRST_WORDS: Final = 3


def category_of(text: str) -> Category:
    """FIRE, MEDICAL or SECURITY, in this order; INFO when no word says so."""
    with_marks = marked(text)
    line = composed(text).casefold() if with_marks else _RUNNING.sub(" ", folded(text))
    for category, signs in _SIGNS.items():
        if any(_stands(sign if with_marks else folded(sign), line) for sign in signs):
            return category
    return Category.INFO


def starts_with_sign(text: str) -> bool:
    """Whether a word of danger is among the first, and nothing there denies it."""
    first = " ".join(text.split()[: _FIRST_WORDS + 1])
    denied = re.search(r"\b(?:khong|ko|k|chua|het|dap|tat|phong|diem|binh|bao)\b", folded(first))
    return not denied and category_of(first) is not Category.INFO


def _stands(sign: str, line: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(sign)}(?!\w)", line) is not None
