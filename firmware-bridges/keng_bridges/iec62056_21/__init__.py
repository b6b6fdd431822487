"""IEC 62056-21, modes A to D: readout and password-protected reading of one meter at an optical head or RS-485."""

from keng_bridges.iec62056_21.obis import Obis, base_unit
from keng_bridges.iec62056_21.obis import parse as parse_obis
from keng_bridges.iec62056_21.plan import Failed, Finished, Ident, Output, Plan, Send, SetSpeed, Span
from keng_bridges.iec62056_21.profile import LoadProfile, read_profile
from keng_bridges.iec62056_21.readout import DataSet, Readout, read_lines, timestamp
from keng_bridges.iec62056_21.recording import recording
from keng_bridges.iec62056_21.session import Session

__all__ = [
    "DataSet",
    "Failed",
    "Finished",
    "Ident",
    "LoadProfile",
    "Obis",
    "Output",
    "Plan",
    "Readout",
    "Send",
    "Session",
    "SetSpeed",
    "Span",
    "base_unit",
    "parse_obis",
    "read_lines",
    "read_profile",
    "recording",
    "timestamp",
]
