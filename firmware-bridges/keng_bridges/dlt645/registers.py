"""Data identifiers of DL/T645-2007 (annex A) and -1997 (annex A): what they hold and how many digits that has."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Final


@dataclass(frozen=True, slots=True)
class Register:
    """A value of `size` BCD bytes with so many `decimals`; `signed` if its highest bit is the sign.

    `obis` is its code in full, `history` the number of settlements ago; `timed` if five bytes of time stand behind it.
    """

    obis: str
    unit: str
    size: int
    decimals: int
    signed: bool = False
    history: int = 0
    timed: bool = False

    @property
    def code(self) -> str:
        """The OBIS code with its history."""
        return f"{self.obis}*{self.history}" if self.history else self.obis


_ENERGY: Final = {
    0x00: ("1-0:16.8.{}", "kWh", True),
    0x01: ("1-0:1.8.{}", "kWh", False),
    0x02: ("1-0:2.8.{}", "kWh", False),
    0x03: ("1-0:3.8.{}", "kvarh", True),
    0x04: ("1-0:4.8.{}", "kvarh", True),
    0x05: ("1-0:5.8.{}", "kvarh", False),
    0x06: ("1-0:6.8.{}", "kvarh", False),
    0x07: ("1-0:7.8.{}", "kvarh", False),
    0x08: ("1-0:8.8.{}", "kvarh", False),
    0x09: ("1-0:9.8.{}", "kVAh", False),
    0x0A: ("1-0:10.8.{}", "kVAh", False),
    0x15: ("1-0:21.8.{}", "kWh", False),
    0x16: ("1-0:22.8.{}", "kWh", False),
    0x29: ("1-0:41.8.{}", "kWh", False),
    0x2A: ("1-0:42.8.{}", "kWh", False),
    0x3D: ("1-0:61.8.{}", "kWh", False),
    0x3E: ("1-0:62.8.{}", "kWh", False),
}
"""DI2 of energies and demands → code, unit, whether its highest bit is a sign (the combined ones)."""

_PHASES: Final = {
    0x01: ("1-0:{}.7.0", (None, 32, 52, 72), "V", 2, 1, False),
    0x02: ("1-0:{}.7.0", (None, 31, 51, 71), "A", 3, 3, True),
    0x03: ("1-0:{}.7.0", (1, 21, 41, 61), "kW", 3, 4, True),
    0x04: ("1-0:{}.7.0", (3, 23, 43, 63), "kvar", 3, 4, True),
    0x05: ("1-0:{}.7.0", (9, 29, 49, 69), "kVA", 3, 4, True),
    0x06: ("1-0:{}.7.0", (13, 33, 53, 73), "1", 2, 3, True),
}
"""DI2 of momentary values → code, C of total and of each phase, unit, bytes, decimals, signed."""

_SINGLE: Final = {
    "02800001": Register("1-0:91.7.0", "A", 3, 3, True),
    "02800002": Register("1-0:14.7.0", "Hz", 2, 2),
    "02800003": Register("1-0:1.24.0", "kW", 3, 4, True),
    "02800004": Register("1-0:1.4.0", "kW", 3, 4, True),
    "02800007": Register("0-0:96.9.0", "°C", 2, 1, True),
    "02800008": Register("0-0:96.6.3", "V", 2, 2),
}
_PHASES_1997: Final = {
    "B61": ((None, 32, 52, 72), "V", 2, 0, False),
    "B62": ((None, 31, 51, 71), "A", 2, 2, False),
    "B63": ((1, 21, 41, 61), "kW", 3, 4, True),
    "B64": ((3, 23, 43, 63), "kvar", 2, 2, True),
    "B65": ((13, 33, 53, 73), "1", 2, 3, False),
}
_MONTHS_1997: Final = {"90": ("kWh", 0), "94": ("kWh", 1), "98": ("kWh", 2)}
_REACTIVE_1997: Final = {"91": ("kvarh", 0), "95": ("kvarh", 1), "99": ("kvarh", 2)}


def layout(di: str) -> Iterator[Register]:
    """The values under a data identifier (eight hex digits, four in the version of 1997), in the order of their bytes.

    A block (`FF`, in 1997 `F`) goes on for as long as its data does. Nothing for an identifier that is not known.
    """
    if di in _SINGLE:
        return iter([_SINGLE[di]])
    if len(di) == 4:
        return _of_1997(di)
    group, what, one, ago = bytes.fromhex(di)
    if group in (0x00, 0x01) and what in _ENERGY and (one, ago) != (0xFF, 0xFF):
        return _energies(group, what, one, ago)
    if group == 0x05 and one in (0x01, 0x02) and ago:  # frozen: what they are of stands under another identifier
        codes = (f"1-0:{one}.8.{rate}" for rate in range(1 if what == 0x04 else 15))
        return (Register(code, "kWh", 4, 2, history=ago) for code in codes)
    if group == 0x02 and what in _PHASES and ago == 0:
        pattern, columns, unit, size, decimals, signed = _PHASES[what]
        chosen = _columns(columns, None if one == 0xFF else one)
        return (Register(pattern.format(c), unit, size, decimals, signed) for c in chosen)
    return iter(())


def parts(di: str) -> list[str]:
    """The identifiers of a block's values one by one, for meters that decline blocks; none for what is no block."""
    if len(di) == 4:
        found = [di[:3] + str(n) for n in range(5)] if di[3] == "F" else []
    else:
        found = [f"{di[:4]}{n:02X}{di[6:]}" for n in range(5)] if di[4:6] == "FF" else []
    return [one for one in found if next(layout(one), None) is not None]


def _energies(group: int, what: int, one: int, ago: int) -> Iterator[Register]:
    pattern, unit, signed = _ENERGY[what]
    rates = count() if one == 0xFF else [one]
    for rate in rates:
        for history in count() if ago == 0xFF else [ago]:
            if max(rate, history) > 63:
                return
            register = Register(pattern.format(rate), unit, 4, 2, signed, history)
            if group == 0x01:  # the largest demand, with its time
                code = register.obis.replace(".8.", ".6.")
                register = replace(register, obis=code, unit=unit[:-1], size=3, decimals=4, timed=True)
            yield register


def _of_1997(di: str) -> Iterator[Register]:
    prefix, kind, last = di[:3], di[:2], di[3]
    if prefix in _PHASES_1997:
        columns, unit, size, decimals, signed = _PHASES_1997[prefix]
        one = None if last == "F" else int(last, 16)
        return (Register(f"1-0:{c}.7.0", unit, size, decimals, signed) for c in _columns(columns, one))
    unit, history = (_MONTHS_1997 | _REACTIVE_1997).get(kind, ("", 0))
    if not unit or di[2] not in "12":
        return iter(())
    c = int(di[2]) + (2 if kind in _REACTIVE_1997 else 0)
    rates = range(15) if last == "F" else [int(last, 16)]
    return (Register(f"1-0:{c}.8.{rate}", unit, 4, 2, history=history) for rate in rates)


def _columns(columns: tuple[int | None, ...], one: int | None) -> list[int]:
    """C of the phase `one` (0: the total), or of all there are, for a block."""
    if one is None:
        return [c for c in columns if c is not None]
    return [c for c in columns[one : one + 1] if c is not None]
