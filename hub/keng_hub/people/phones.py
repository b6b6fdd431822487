"""Telephone numbers: kept as E.164, shown as people write them in Vietnam."""

import re
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from keng_hub.people.errors import Refused

_OLD_MOBILE: Final = re.compile(r"(?:\+?84|0)1[2689]\d{8}")
"""Eleven-digit mobile numbers, replaced by ten-digit ones in 2018."""
_MOBILE: Final = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def number(text: str, *, mobile: bool = False) -> str:
    """`+84912345678` of what somebody typed.

    Refused("old_number") for an old eleven-digit one, Refused("number") for what is no number of Vietnam, and
    Refused("not_mobile") for a landline where `mobile` is asked for.
    """
    if _OLD_MOBILE.fullmatch(re.sub(r"[\s.()-]", "", text)):
        raise Refused("old_number")
    try:
        parsed = phonenumbers.parse(text, "VN")
    except NumberParseException:
        raise Refused("number") from None
    if parsed.extension or not phonenumbers.is_valid_number_for_region(parsed, "VN"):
        raise Refused("number")
    if mobile and phonenumbers.number_type(parsed) not in _MOBILE:
        raise Refused("not_mobile")
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def shown(e164: str) -> str:
    """`0912 345 678`, `024 3826 1234`; what is no number of Vietnam stays as it is."""
    digits = re.sub(r"^\+84", "0", e164)
    if re.fullmatch(r"0[3-9]\d{8}", digits):
        return f"{digits[:4]} {digits[4:7]} {digits[7:]}"
    try:
        return phonenumbers.format_number(phonenumbers.parse(e164), PhoneNumberFormat.NATIONAL)
    except NumberParseException:
        return e164


def masked(e164: str) -> str:
    """`09•• ••• 678`: enough to know the own number again."""
    text = shown(e164)
    left = sum(letter.isdigit() for letter in text) - 3
    made, seen = "", 0
    for letter in text:
        seen += letter.isdigit()
        made += "•" if letter.isdigit() and 2 < seen <= left else letter
    return made
