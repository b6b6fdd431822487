"""Data records of a telegram (EN 13757-3 clause 6): cut apart and named by pyMeterBus, valued exactly here."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Final

from keng_bridges.errors import BridgeError, PayloadError
from keng_bridges.mbus.times import read_time

Value = Decimal | str | date | time | None

FUNCTIONS: Final = ("Instantaneous value", "Maximum value", "Minimum value", "Value during error state")
MAKERS_OWN, CORRECTION, THOUSANDS, NEGATIVE = 0x7F, range(0x70, 0x78), 0x7D, 0x3C
"""VIFEs: maker's own meaning, factor 10^(n-6), factor 1000, what was fed back."""

_UNITS: Final = {"m^3": "m3", "m^3/h": "m3/h", "seconds": "s", "C": "°C", "none": "1", "Reserved": "1"}
_HERTZ: Final = range(0x22C, 0x230)  # 10^(n-3) Hz, added to the standard after the library's table


class MissingLibrary(BridgeError):
    """The extra `mbus` is not installed."""

    permanent = True


@dataclass(frozen=True, slots=True)
class Record:
    """One value with what its information blocks say; `vife` are the extensions of its unit, without the top bit."""

    function: str
    storage: int
    tariff: int | None
    device: int | None
    what: str
    unit: str
    vife: tuple[int, ...]
    value: Value
    data: bytes


@dataclass(frozen=True, slots=True)
class Records:
    """All records of a telegram; `more_follow` if the meter has another telegram, `rest` is the maker's own."""

    records: tuple[Record, ...]
    more_follow: bool = False
    rest: bytes = b""


def read_records(data: bytes) -> Records:
    """Take the records apart; `PayloadError` if they do not fit their telegram, `MissingLibrary`."""
    library = _library()
    parent = SimpleNamespace(bodyHeader=SimpleNamespace(isLSBOrder=True))
    body = library.TelegramBodyPayload(list(data), parent)
    try:
        body.parse()
        return _collected(library, body.records)
    except (LookupError, ValueError, UnboundLocalError, library.MBusFrameDecodeError) as error:
        raise PayloadError(f"the records do not fit the telegram: {type(error).__name__}") from error


def _collected(library: Any, parts: Any) -> Records:
    found: list[Record] = []
    more, rest = False, b""
    for part in parts:
        if part.dib.is_eoud:
            more, rest = part.dib.more_records_follow, bytes(part.dataField.parts)
            continue
        found.append(_record(library, part))
    return Records(tuple(found), more, rest)


def _record(library: Any, part: Any) -> Record:
    dib, vib, data = bytes(part.dib.parts), bytes(part.vib.parts), bytes(part.dataField.parts)
    if not data:
        raise ValueError("a record ends behind the telegram")
    storage, tariff, device = part.dib.parse_dife()
    factor, unit, what, vife = _meaning(library, vib, bytes(part.vib.customVIF.parts))
    for extension in vife:
        if extension in CORRECTION:
            factor *= Decimal(1).scaleb(extension - 0x76)
        elif extension == THOUSANDS:
            factor *= 1000
    value: Value = read_time(data) if unit in ("date", "date time") else _number(dib[0] & 0x0F, data)
    if isinstance(value, Decimal):
        value *= factor
    return Record(FUNCTIONS[dib[0] >> 4 & 3], storage, tariff, device, what, unit, vife, value, data)


def _meaning(library: Any, vib: bytes, custom: bytes) -> tuple[Decimal, str, str, tuple[int, ...]]:
    """Factor, unit, kind of value, and the extensions behind them."""
    if not vib:
        raise ValueError("a record without a value information")
    first, extensions = vib[0], tuple(byte & 0x7F for byte in vib[1:])
    if first & 0x7F == 0x7C:
        return Decimal(1), _text(custom), "CUSTOM", extensions
    page = {0xFD: 0x100, 0xFB: 0x200}.get(first)
    code = first & 0x7F if page is None else extensions[0] | page
    vife = extensions if page is None else extensions[1:]
    if code in _HERTZ:
        return Decimal(1).scaleb(code - 0x22F), "Hz", "FREQUENCY", vife
    factor, unit, kind = library.VIFTable.lut[code]
    name = unit if isinstance(unit, str) else str(unit.value)
    exact = Decimal(int(factor)) if factor == int(factor) else Decimal(repr(factor))
    return exact, _UNITS.get(name, name), str(getattr(kind, "name", kind)).upper(), vife


def _number(kind: int, data: bytes) -> Decimal | str | None:
    if kind == 0x05:
        return _real(data)
    if kind == 0x0D:
        return _text(data)
    if kind in (0x09, 0x0A, 0x0B, 0x0C, 0x0E):
        return _bcd(data)
    return Decimal(int.from_bytes(data, "little", signed=True))


def _bcd(data: bytes) -> Decimal | None:
    """Digits, low byte first; F in the highest place is a minus sign (EN 13757-3 annex A)."""
    digits = data[::-1].hex().upper()
    sign, digits = ("-", digits[1:]) if digits[0] == "F" else ("", digits)
    return Decimal(sign + digits) if digits.isdecimal() else None


def _real(data: bytes) -> Decimal | None:
    """The shortest decimal that is this float32: 0.1 and not 0.100000001490116."""
    value: float = struct.unpack("<f", data)[0]
    if value != value or value in (float("inf"), float("-inf")):
        return None
    texts: Iterator[str] = (f"{value:.{digits}g}" for digits in range(6, 10))
    return Decimal(next(text for text in texts if struct.pack("<f", float(text)) == data))


def _text(data: bytes) -> str:
    text = data[::-1]
    return text.decode("ascii") if re.fullmatch(rb"[ -~]*", text) else text.hex()


def _library() -> Any:
    try:
        return import_module("meterbus")
    except ImportError as error:
        raise MissingLibrary("M-Bus needs pyMeterBus: pip install 'keng-bridges[mbus]'") from error
