"""Meters: kind → class, imported when one is configured."""

from typing import Final

KINDS: Final[dict[str, str]] = {
    "iec62056_21": "keng_edge.meters.iec62056_21:Iec62056",
    "modbus": "keng_edge.meters.modbus:Modbus",
}
