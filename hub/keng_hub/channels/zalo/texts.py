"""A message as one Zalo text of limited length."""

from keng_hub.channels.channel import Outgoing

LONGEST = 2000
"""Characters of a text (Bot and OA), counted as UTF-16 units, which never allows more than either counts."""


def text(message: Outgoing) -> str:
    """The Vietnamese text and the link below it; of a text that is too long the end gives way, never its code."""
    tail = f"\n{message.link}" if message.link else ""
    if units(message.body_vi + tail) <= LONGEST:
        return message.body_vi + tail
    end = f"… {message.short_code}{tail}"
    return _cut(message.body_vi, LONGEST - units(end)) + end


def units(words: str) -> int:
    """UTF-16 code units."""
    return len(words.encode("utf-16-le", "surrogatepass")) // 2


def _cut(words: str, room: int) -> str:
    return words.encode("utf-16-le", "surrogatepass")[: max(0, room) * 2].decode("utf-16-le", "ignore")
