"""IEC 62056-21, modes A to D: readout and password-protected reading of one meter at an optical head or RS-485."""

from keng_bridges.iec62056_21.obis import Obis, base_unit
from keng_bridges.iec62056_21.obis import parse as parse_obis
from keng_bridges.iec62056_21.plan import Failed, Finished, Ident, Output, Plan, Send, SetSpeed
from keng_bridges.iec62056_21.readout import DataSet, Readout, read_lines, timestamp
from keng_bridges.iec62056_21.session import Session

__all__ = [
    "DataSet",
    "Failed",
    "Finished",
    "Ident",
    "Obis",
    "Output",
    "Plan",
    "Readout",
    "Send",
    "Session",
    "SetSpeed",
    "base_unit",
    "parse_obis",
    "read_lines",
    "timestamp",
]
