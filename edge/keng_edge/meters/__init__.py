"""Meters: kind → class, imported when one is configured."""

from typing import Final

KINDS: Final[dict[str, str]] = {
    "dlms": "keng_edge.meters.dlms:Dlms",
    "dlms_push": "keng_edge.meters.dlms_push:DlmsPush",
    "dlt645": "keng_edge.meters.dlt645:Dlt645",
    "iec62056_21": "keng_edge.meters.iec62056_21:Iec62056",
    "mbus": "keng_edge.meters.mbus:Mbus",
    "modbus": "keng_edge.meters.modbus:Modbus",
}
