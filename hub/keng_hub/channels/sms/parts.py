"""How many messages a text is: GSM-7 where every letter allows it, else UCS-2 (3GPP TS 23.038, TS 23.040 9.2.3.24)."""

import unicodedata
from enum import StrEnum
from typing import NamedTuple

from keng_hub.channels.channel import Outgoing

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Letters behind an escape: two septets each, never parted."""
_LOOK_ALIKES = str.maketrans(
    {
        "\N{NO-BREAK SPACE}": " ",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{HORIZONTAL ELLIPSIS}": "...",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    }
)
"""Signs that nobody misses, and that alone would double the price of a text without marks."""


class Coding(StrEnum):
    """How letters become bits."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


_SIZES = {Coding.GSM7: (160, 153), Coding.UCS2: (70, 67)}
"""Septets, or UTF-16 units: of a single message, and of each part of several."""


class Parts(NamedTuple):
    """What a text becomes: its coding, its septets or UTF-16 units, and the number of messages."""

    coding: Coding
    units: int
    messages: int


def sms_parts(text: str) -> Parts:
    """Count the messages that `text`, composed (NFC), takes; no letter is cut at the border of two parts."""
    composed = unicodedata.normalize("NFC", text)
    gsm7 = all(letter in _BASIC or letter in _EXTENDED for letter in composed)
    coding = Coding.GSM7 if gsm7 else Coding.UCS2
    widths = [_width(letter, coding) for letter in composed]
    units = sum(widths)
    single, each = _SIZES[coding]
    if units <= single:
        return Parts(coding, units, 1)
    count, room = 1, each
    for width in widths:
        if width > room:
            count, room = count + 1, each
        room -= width
    return Parts(coding, units, count)


class Spelling(StrEnum):
    """With marks, without, or with marks where that costs no part more."""

    MARKS = "marks"
    PLAIN = "plain"
    CHEAPEST = "cheapest"


def spelled(message: Outgoing, spelling: Spelling) -> str:
    """The text that is sent, composed."""
    marked = unicodedata.normalize("NFC", message.body_vi)
    plain = message.body_ascii.translate(_LOOK_ALIKES)
    if spelling is Spelling.PLAIN:
        return plain
    cheap = spelling is Spelling.MARKS or sms_parts(marked).messages <= sms_parts(plain).messages
    return marked if cheap else plain


def _width(letter: str, coding: Coding) -> int:
    if coding is Coding.GSM7:
        return 2 if letter in _EXTENDED else 1
    return 2 if ord(letter) > 0xFFFF else 1
