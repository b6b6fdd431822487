"""One object of a meter as it was sent, and what it means as a measurement."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from keng_bridges.dlms import units
from keng_bridges.dlms.axdr import BitString, Data, Enumerated, Structure
from keng_bridges.iec62056_21.obis import Obis, parse
from keng_bridges.values import Measurement
from keng_wire.quantities import UNITS

LIVE: Final = 255
GROUP_DEMAND: Final = 6
"""Group D of maximum demands."""
_MEDIA: Final = 16


class Scale(NamedTuple):
    """A register is its number × 10^`scaler` in `unit`, a code of `units.NAMES`."""

    scaler: int
    unit: int


@dataclass(frozen=True, slots=True)
class Register:
    """A logical name (six bytes of OBIS code), its raw value, and how it is scaled if anybody said so."""

    obis: bytes
    value: Data
    scale: Scale | None = None

    @property
    def code(self) -> str:
        """The code as people write it, `1-0:1.8.0`, with `*F` for stored values of the past."""
        a, b, c, d, e, f = self.obis
        return f"{a}-{b}:{c}.{d}.{e}" + ("" if f == LIVE else f"*{f}")

    @property
    def number(self) -> int | Decimal | None:
        """The value if it is a number, and no yes or no and no word."""
        value = self.value
        return value if isinstance(value, int | Decimal) and not isinstance(value, bool | Enumerated) else None

    def scaled_by(self, scale: Scale | None) -> "Register":
        """The same, unless the meter itself gave a scale."""
        return replace(self, scale=self.scale or scale)


def is_obis(value: Data) -> bool:
    """Whether an octet string can be a logical name: six bytes, of which the first is a medium and no letter."""
    return isinstance(value, bytes) and len(value) == 6 and value[0] < _MEDIA


def logical_name(code: str) -> bytes | None:
    """The six bytes of a code as people write it; None if it is none."""
    found = parse(code)
    if found is None:
        return None
    medium, _, rest = found.code.partition(":")
    numbers = [*medium.split("-"), *rest.split("."), found.history or str(LIVE)]
    return bytes(int(number) for number in numbers) if all(int(number) <= 255 for number in numbers) else None


def scale_of(value: Data) -> Scale | None:
    """A scaler-unit structure, or None if it is none."""
    if isinstance(value, Structure) and len(value) == 2:
        scaler, unit = value
        if isinstance(unit, Enumerated) and type(scaler) is int:
            return Scale(scaler, int(unit))
    return None


def measurement(register: Register, at: datetime | None = None) -> Measurement | None:
    """The value in its unit; None for what is no number.

    Without a scale nobody knows whether 2301 is 230.1 V, so the number stays bare and gets no quantity.
    """
    number = register.number
    if number is None:
        return None
    try:
        value = units.scaled(number, register.scale.scaler if register.scale else 0)
    except ValueError:
        return None
    unit = units.name(register.scale.unit if register.scale else None)
    return Measurement(_quantity(register, unit), value, unit, obis=register.code, raw=f"{number}", at=at)


def _quantity(register: Register, unit: str) -> str | None:
    quantity = Obis(register.code).quantity if register.scale else None
    return quantity if quantity is not None and UNITS[quantity] == unit else None


def shown(value: Data) -> object:
    """A raw value as JSON: logical names as `obis:A-B:C.D.E*F`, octet strings as `hex:…`, floats and bits as text."""
    if isinstance(value, bytes):
        return name_shown(value) if is_obis(value) else f"hex:{value.hex()}"
    if isinstance(value, tuple):
        return [shown(item) for item in value]
    if isinstance(value, Decimal | BitString):
        return str(value)
    return int(value) if isinstance(value, Enumerated) else value


def name_shown(obis: bytes) -> str:
    """A logical name as JSON."""
    a, b, c, d, e, f = obis
    return f"obis:{a}-{b}:{c}.{d}.{e}*{f}"
