"""Yes, no and neither, in the words that foreign programs use for them."""

from typing import Final

_YES: Final = frozenset(("true", "on", "1", "alarm", "detected"))
_NO: Final = frozenset(("false", "off", "0", "clear", "normal"))


def flag(value: object) -> bool | None:
    """True or False for a word that is understood, else None: what is not understood is never "no"."""
    word = str(value).strip().lower() if isinstance(value, bool | int | str) else ""
    return True if word in _YES else False if word in _NO else None
