"""What answers say besides values: dates, numbers and names, as JSON values for a technician."""

from collections.abc import Callable
from typing import Final

from keng_bridges.dlt645.values import ERRORS


def describe(di: str, data: bytes) -> dict[str, object]:
    """The fact under an identifier that holds no measured value; empty for one that is not known or not readable."""
    name, read = _FACTS.get(di, ("", _hex))
    if not name:
        return {}
    value = read(data)
    return {} if value is None else {name: value}


def errors(byte: int) -> list[str]:
    """What the bits of an error byte mean."""
    return [words for bit, words in enumerate(ERRORS) if byte >> bit & 1]


def _hex(data: bytes) -> str | None:
    return data[::-1].hex()


def _digits(data: bytes) -> str | None:
    digits = data[::-1].hex()
    return digits if digits.isdecimal() else None


def _text(data: bytes) -> str | None:
    text = data[::-1].strip(b"\0 \xff")
    return text.decode("ascii") if text.isascii() and text.decode("ascii").isprintable() else None


def _date(data: bytes) -> str | None:
    digits = _digits(data[1:4])
    return f"20{digits[:2]}-{digits[2:4]}-{digits[4:]}" if digits and len(digits) == 6 else None


def _time(data: bytes) -> str | None:
    digits = _digits(data[:3])
    return f"{digits[:2]}:{digits[2:4]}:{digits[4:]}" if digits and len(digits) == 6 else None


_FACTS: Final[dict[str, tuple[str, Callable[[bytes], str | None]]]] = {
    "04000101": ("date", _date),
    "04000102": ("time", _time),
    "04000401": ("meter_address", _digits),
    "04000402": ("meter_number", _digits),
    "04000403": ("asset_code", _text),
    "04000409": ("pulses_per_kwh", _digits),
    "0400040B": ("model", _text),
    "04000501": ("status_word_1", _hex),
    "04000503": ("status_word_3", _hex),
    "04800001": ("maker_software", _text),
    "C010": ("date", _date),
    "C011": ("time", _time),
    "C032": ("meter_number", _digits),
}
