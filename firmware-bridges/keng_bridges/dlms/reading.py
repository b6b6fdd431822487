"""What is read from a meter: its identity, its clock and its registers."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from keng_bridges.dlms import clock
from keng_bridges.dlms.access import Attribute
from keng_bridges.dlms.association import Association
from keng_bridges.dlms.axdr import Data
from keng_bridges.dlms.layouts import text_of
from keng_bridges.dlms.makers import CLOCK, METER_ID
from keng_bridges.dlms.register import GROUP_DEMAND, Register, Scale, measurement, scale_of
from keng_bridges.errors import PayloadError, Refused
from keng_bridges.values import Measurement

DATA, REGISTER, EXTENDED, DEMAND, CLOCK_CLASS = 1, 3, 4, 5, 8
"""Interface classes (IEC 62056-6-2)."""
SCALER: Final = {REGISTER: 3, EXTENDED: 3, DEMAND: 4}
"""Class → attribute that holds scaler and unit."""
VALUE: Final = 2
"""Attribute that holds the value, in all of them."""
_LOGICAL_NAME: Final = bytes((0, 0, 42, 0, 0, 255))


def class_of(obis: bytes) -> int:
    """The class that an object of that name usually has: maximum demands are extended registers, the rest registers."""
    return EXTENDED if obis[0] == 1 and obis[3] == GROUP_DEMAND else REGISTER


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading. `device` is the serial number, `at` the meter's clock, `missing` registers it does not have."""

    device: str | None
    at: datetime | None
    measurements: tuple[Measurement, ...]
    missing: tuple[str, ...] = ()


@dataclass(slots=True)
class Scales:
    """Scaler and unit of each register never change: asked for once, kept as long as the meter is the same one."""

    device: str | None = None
    known: dict[bytes, Scale | None] = field(default_factory=dict[bytes, Scale | None])

    def keep_for(self, device: str | None) -> None:
        """Forget everything when another meter answers."""
        if device != self.device:
            self.device, self.known = device, {}


def registers(
    association: Association, wanted: Mapping[bytes, int], scales: Scales, *, reversed_zone: bool = False
) -> Generator[bytes, bytes, Reading]:
    """Identity, clock and the registers in `wanted` (logical name → class); one that is not there costs only itself."""
    device = yield from identity(association)
    scales.keep_for(device)
    time = yield from optional(association, Attribute(CLOCK_CLASS, CLOCK, 2))
    found: list[Register] = []
    missing: list[str] = []
    for obis, kind in wanted.items():
        value = yield from optional(association, Attribute(kind, obis, VALUE))
        known = None if value is None else (yield from scale(association, kind, obis, scales))
        register = Register(obis, value, known)
        if register.number is None:
            missing.append(register.code)
        else:
            found.append(register)
    at = clock.read(time, reversed_zone=reversed_zone) if isinstance(time, bytes) else None
    values = [measurement(register) for register in found]
    return Reading(device, at, tuple(value for value in values if value is not None), tuple(missing))


def identity(association: Association) -> Generator[bytes, bytes, str | None]:
    """The serial number, or else the logical device name."""
    for name in (METER_ID, _LOGICAL_NAME):
        text = text_of((yield from optional(association, Attribute(DATA, name, VALUE))))
        if text:
            return text
    return None


def invocation_counter(association: Association, obis: bytes) -> Generator[bytes, bytes, int]:
    """The last counter that the meter has seen; the public client may read it."""
    value = yield from association.get(Attribute(DATA, obis, VALUE))
    if type(value) is not int or not 0 <= value < 1 << 32:
        raise PayloadError("the meter's invocation counter is no number of 32 bits")
    return value


def scale(association: Association, kind: int, obis: bytes, scales: Scales) -> Generator[bytes, bytes, Scale | None]:
    """Scaler and unit of a register, from `scales` if they were asked for before; None if it has none."""
    if obis not in scales.known and kind in SCALER:
        try:
            scales.known[obis] = scale_of((yield from association.get(Attribute(kind, obis, SCALER[kind]))))
        except Refused:
            scales.known[obis] = None
        except PayloadError:
            return None  # not now: asked again at the next reading
    return scales.known.get(obis)


def optional(association: Association, attribute: Attribute) -> Generator[bytes, bytes, Data]:
    """A value, or None if the meter does not have it, does not show it, or cannot give it now."""
    try:
        return (yield from association.get(attribute))
    except (Refused, PayloadError):
        return None
