"""Known measured quantities and the unit each travels and is stored in."""

from typing import Final

UNITS: Final[dict[str, str]] = {
    "energy_import": "Wh",
    "energy_import_t1": "Wh",
    "energy_import_t2": "Wh",
    "energy_import_t3": "Wh",
    "energy_import_t4": "Wh",
    "energy_export": "Wh",
    "reactive_import": "varh",
    "reactive_export": "varh",
    "power": "W",
    "power_l1": "W",
    "power_l2": "W",
    "power_l3": "W",
    "reactive_power": "var",
    "apparent_power": "VA",
    "voltage_l1": "V",
    "voltage_l2": "V",
    "voltage_l3": "V",
    "current_l1": "A",
    "current_l2": "A",
    "current_l3": "A",
    "power_factor": "1",
    "frequency": "Hz",
    "demand_max": "W",
    "clock_drift": "s",
    "supply_voltage": "V",
    "battery": "%",
    "signal": "dBm",
    "link_quality": "1",
    "temperature": "°C",
    "humidity": "%",
    "smoke_level": "1",
    "pulses": "1",
    "volume": "m3",
    "heat_energy": "Wh",
}
"""Quantity → unit (SI or the unit of IEC 62056-6-2; `1` is a bare number). Registers are cumulative.

`clock_drift` is how far a meter's own clock is ahead of the node's (negative: behind)."""

REGISTERS: Final = frozenset(name for name, unit in UNITS.items() if unit in ("Wh", "varh"))
"""Quantities that only grow; consumption is a difference of two of them."""
