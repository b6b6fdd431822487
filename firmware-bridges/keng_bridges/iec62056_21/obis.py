"""OBIS codes as meters write them, and what they mean (IEC 62056-6-1; reduced codes IEC 62056-21 annex C)."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_CODE = re.compile(
    r"(?:(?P<a>\d{1,3})-(?P<b>\d{1,3}):)?"
    r"(?P<c>\d{1,3}|[CFLP])\.(?P<d>\d{1,3}|F)(?:\.(?P<e>\d{1,3}))?"
    r"(?:[*&](?P<f>\d{1,3}))?"
)
_LETTERS: Final = {"C": "96", "F": "97", "L": "98", "P": "99"}
_LIVE: Final = "255"


@dataclass(frozen=True, slots=True)
class Obis:
    """A code in full, `1-0:1.8.0`; `history` is the number after `*` or `&` of a stored value of the past."""

    code: str
    history: str | None = None

    @property
    def quantity(self) -> str | None:
        """The name in `keng_wire.quantities`; None for the past and for what has no name there."""
        medium, _, rest = self.code.partition(":")
        return QUANTITIES.get(rest) if self.history is None and medium in ("1-0", "1-1") else None


def parse(text: str) -> Obis | None:
    """`1.8.0*12`, `32.7`, `F.F` or `1-0:1.8.0*255` as a full code; None if it is none.

    A missing E is 0 (`32.7`), letters stand for 96 to 99, and `*255` is the live value. An address without A-B is
    electricity (1-0), or abstract (0-0) if its C is one of the letters.
    """
    match = _CODE.fullmatch(text.strip())
    if match is None:
        return None
    a, b, c, d, e, f = match.group("a", "b", "c", "d", "e", "f")
    medium = f"{int(a)}-{int(b)}" if a else "0-0" if c in _LETTERS else "1-0"
    numbers = (_LETTERS.get(c, c), _LETTERS.get(d, d), e or "0")
    if any(int(number) > 255 for number in numbers):
        return None
    code = f"{medium}:{'.'.join(str(int(number)) for number in numbers)}"
    return Obis(code, None if f in (None, _LIVE) else f)


QUANTITIES: Final[dict[str, str]] = {
    "1.8.0": "energy_import",
    "1.8.1": "energy_import_t1",
    "1.8.2": "energy_import_t2",
    "1.8.3": "energy_import_t3",
    "1.8.4": "energy_import_t4",
    "2.8.0": "energy_export",
    "3.8.0": "reactive_import",
    "4.8.0": "reactive_export",
    "1.7.0": "power",
    "3.7.0": "reactive_power",
    "9.7.0": "apparent_power",
    "21.7.0": "power_l1",
    "41.7.0": "power_l2",
    "61.7.0": "power_l3",
    "36.7.0": "power_l1",
    "56.7.0": "power_l2",
    "76.7.0": "power_l3",
    "32.7.0": "voltage_l1",
    "52.7.0": "voltage_l2",
    "72.7.0": "voltage_l3",
    "31.7.0": "current_l1",
    "51.7.0": "current_l2",
    "71.7.0": "current_l3",
    "13.7.0": "power_factor",
    "14.7.0": "frequency",
    "1.6.0": "demand_max",
}
"""C.D.E of electricity → quantity. One code can carry different things by model: a profile may say otherwise."""

_BASE: Final = {"wh": "Wh", "varh": "varh", "vah": "VAh", "w": "W", "var": "var", "va": "VA", "v": "V", "a": "A"}
_PREFIX: Final = {"": 1, "k": 1000, "m": 1_000_000}


def base_unit(unit: str) -> tuple[str, Decimal]:
    """The unit to store and the factor to it: `kVArh` gives (`varh`, 1000); an unknown unit stays as it is."""
    small = unit.strip().lower()
    for prefix, factor in _PREFIX.items():
        base = _BASE.get(small.removeprefix(prefix)) if small.startswith(prefix) else None
        if base is not None and (prefix != "m" or unit.strip()[0] == "M"):
            return base, Decimal(factor)
    return ("Hz", Decimal(1)) if small == "hz" else (unit.strip(), Decimal(1))
