"""JSON as foreign programs write it, read strictly: exact decimals, no NaN, no key twice, no bottomless depth."""

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final, cast

from keng_bridges.errors import PayloadError

LARGEST: Final = 65_536
LONGEST_NUMBER: Final = 40  # characters; no counter of this world has more digits
_LARGEST_VALUE: Final = 10**15
_WHITE: Final = " \t\r\n"


def fields(where: str, data: bytes, largest: int = LARGEST) -> dict[str, object]:
    """The fields of one JSON object (RFC 8259); `PayloadError` begins with `where`. Decimals stay exact."""
    value = one(where, data, largest)
    if not isinstance(value, dict):
        raise PayloadError(f"{where}: a JSON object was expected")
    return cast(dict[str, object], value)


def one(where: str, data: bytes, largest: int = LARGEST) -> object:
    """The one JSON value in `data`; `PayloadError` begins with `where`."""
    found = [value for _, value in several(where, data, largest)]
    if len(found) != 1:
        raise PayloadError(f"{where}: {len(found)} JSON values where one was expected")
    return found[0]


def several(where: str, data: bytes, largest: int = LARGEST) -> Iterator[tuple[int, object]]:
    """All JSON values in `data` with the bytes before each; `PayloadError` at the first that is none."""
    if len(data) > largest:
        raise PayloadError(f"{where}: {len(data)} bytes, the limit is {largest}")
    try:
        text = data.decode("utf-8")
        at, offset = _white(text, 0), 0
        last = 0
        while at < len(text):
            value, end = cast(tuple[object, int], _DECODER.raw_decode(text, at))
            if "\\u" in text:  # half of a pair is no character: no log and no page could show it
                json.dumps(plain(value), ensure_ascii=False).encode()
            offset, last = offset + len(text[last:at].encode()), at
            yield offset, value
            at = _white(text, end)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise PayloadError(f"{where}: no JSON: {str(error)[:120]}") from error


def nested(value: object) -> dict[str, object]:
    """A JSON object inside another one; empty for anything else."""
    return cast(dict[str, object], value) if isinstance(value, dict) else {}


def plain(value: object) -> object:
    """A JSON value as a fact: decimals as their text, exactly as they came."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in cast(dict[str, object], value).items()}
    if isinstance(value, list):
        return [plain(inner) for inner in cast(list[object], value)]
    return value


def number(value: object) -> Decimal | None:
    """A number, also one written as text (`"100.00"`); None for anything else, and beyond any measured value."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal | int):
        return Decimal(value) if -_LARGEST_VALUE < value < _LARGEST_VALUE else None
    text = value.strip() if isinstance(value, str) else ""
    digits = text.removeprefix("-").replace(".", "", 1)
    return Decimal(text) if digits.isdecimal() and text.isascii() and len(text) <= 15 else None


def local_time(value: object) -> datetime | None:
    """A time in the style of ISO 8601, without a zone if it has none; None for anything else."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _white(text: str, at: int) -> int:
    while at < len(text) and text[at] in _WHITE:
        at += 1
    return at


def _decimal(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text)} characters")
    value = Decimal(text)
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > LONGEST_NUMBER:
        raise ValueError(f"number {text} is out of every range")
    return value


def _integer(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text)} characters")
    return int(text)


def _constant(text: str) -> object:
    raise ValueError(f"{text} is not JSON")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Readers disagree which one counts, and one of the two may be the alarm.
        raise ValueError("a key stands twice")
    return found


_DECODER: Final = json.JSONDecoder(
    parse_float=_decimal, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_unique
)
