"""Units of registers (IEC 62056-6-2, table of enum values of `unit`), under the names of `keng_wire.quantities`."""

from decimal import Decimal
from typing import Final

NAMES: Final[dict[int, str]] = {
    1: "a",
    2: "mo",
    3: "wk",
    4: "d",
    5: "h",
    6: "min",
    7: "s",
    8: "°",
    9: "°C",
    13: "m³",
    14: "m³",
    15: "m³/h",
    16: "m³/h",
    19: "l",
    20: "kg",
    23: "Pa",
    24: "bar",
    25: "J",
    27: "W",
    28: "VA",
    29: "var",
    30: "Wh",
    31: "VAh",
    32: "varh",
    33: "A",
    34: "C",
    35: "V",
    38: "Ω",
    42: "T",
    44: "Hz",
    45: "1/Wh",
    46: "1/varh",
    47: "1/VAh",
    48: "V²h",
    49: "A²h",
    50: "kg/s",
    52: "K",
    56: "%",
    57: "Ah",
    70: "dBm",
    72: "dB",
    255: "1",
}
CODES: Final = {name: code for code, name in NAMES.items() if code not in (14, 16)}
LARGEST_SCALER: Final = 12
"""Powers of ten beyond this are no register of a meter."""


def name(code: int | None) -> str:
    """The unit's name; a code that is not in the table stays a number, a missing one is a bare number."""
    return "1" if code is None else NAMES.get(code, f"unit {code}")


def scaled(number: int | Decimal, scaler: int) -> Decimal:
    """value × 10^scaler, exactly and without an exponent; raises `ValueError` for a scaler that cannot be one."""
    if abs(scaler) > LARGEST_SCALER:
        raise ValueError(f"10^{scaler} is no scaler")
    return Decimal(f"{Decimal(number).scaleb(scaler):f}")
