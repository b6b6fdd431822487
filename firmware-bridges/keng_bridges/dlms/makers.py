"""What some makers leave out of their pushes: the names of the values, or their scale.

From the makers' public descriptions of their customer interfaces (Kaifa KFM_001 in Norway and Sweden, Kamstrup
Omnipower), as the recorded telegrams show them. Another meter says these things itself or gets them by configuration.
"""

from dataclasses import dataclass
from typing import Final

from keng_bridges.dlms.register import Register, Scale

_W, _VAR, _WH, _VARH, _A, _V = 27, 29, 30, 32, 33, 35
_TOTALS: Final = {(7, True): _W, (7, False): _VAR, (8, True): _WH, (8, False): _VARH}
"""Group D, and whether it is active (C 1 and 2) or reactive (C 3 and 4) → unit."""
_CURRENTS: Final = (31, 51, 71)
_VOLTAGES: Final = (32, 52, 72)

LIST_NAME: Final = bytes((1, 0, 0, 2, 129, 255))
METER_ID: Final = bytes((0, 0, 96, 1, 0, 255))
METER_TYPE: Final = bytes((0, 0, 96, 1, 7, 255))
CLOCK: Final = bytes((0, 0, 1, 0, 0, 255))


@dataclass(frozen=True, slots=True)
class Scaling:
    """Powers of ten of currents, voltages and energies; powers are in W and var."""

    current: int
    voltage: int
    energy: int

    def scale(self, obis: bytes) -> Scale | None:
        """The scale of a register; None for one that the maker does not describe."""
        a, _, c, d, e, _ = obis
        if a != 1 or e != 0:
            return None
        if d == 7 and c in _CURRENTS:
            return Scale(self.current, _A)
        if d == 7 and c in _VOLTAGES:
            return Scale(self.voltage, _V)
        if c not in (1, 2, 3, 4) or d not in (7, 8):
            return None
        return Scale(self.energy if d == 8 else 0, _TOTALS[d, c <= 2])


@dataclass(frozen=True, slots=True)
class Maker:
    """Who made a meter, and how it scales if it does not say so itself."""

    name: str
    scaling: Scaling | None = None

    def scale(self, register: Register) -> Scale | None:
        """The scale of one of its registers; None for one it does not describe."""
        return self.scaling.scale(register.obis) if self.scaling else None


AIDON: Final = Maker("Aidon")
KAIFA: Final = Maker("Kaifa", Scaling(current=-3, voltage=-1, energy=0))
KAMSTRUP: Final = Maker("Kamstrup", Scaling(current=-2, voltage=0, energy=1))
KAMSTRUP_CT: Final = Maker("Kamstrup", Scaling(current=-3, voltage=0, energy=1))
"""For meters behind current transformers, whose type number begins with 685."""


def maker(list_name: str | None, meter_type: str | None) -> Maker | None:
    """Who made a meter that names its list so; None when the name says nothing."""
    small = (list_name or "").upper()
    if small.startswith("KAMSTRUP"):
        return KAMSTRUP_CT if (meter_type or "").startswith("685") else KAMSTRUP
    return KAIFA if small.startswith("KFM") else AIDON if small.startswith("AIDON") else None


def _electricity(*codes: tuple[int, int]) -> tuple[bytes, ...]:
    return tuple(bytes((1, 0, c, d, 0, 255)) for c, d in codes)


_HEAD: Final = (LIST_NAME, METER_ID, METER_TYPE)
_POWERS: Final = _electricity((1, 7), (2, 7), (3, 7), (4, 7))
_ONE_PHASE: Final = _electricity((31, 7), (32, 7))
_THREE_PHASES: Final = _electricity((31, 7), (51, 7), (71, 7), (32, 7), (52, 7), (72, 7))
_HOURLY: Final = (CLOCK, *_electricity((1, 8), (2, 8), (3, 8), (4, 8)))

KAIFA_POWER: Final = _electricity((1, 7))
"""The list of a single value, sent every few seconds; it has no name."""
KAIFA_LISTS: Final[dict[int, tuple[bytes, ...]]] = {
    len(names): names
    for names in (
        _HEAD + _POWERS + _ONE_PHASE,
        _HEAD + _POWERS + _THREE_PHASES,
        _HEAD + _POWERS + _ONE_PHASE + _HOURLY,
        _HEAD + _POWERS + _THREE_PHASES + _HOURLY,
    )
}
"""Lists without OBIS codes, by their length: the position says what a value is."""
