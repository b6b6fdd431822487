"""DL/T645-2007 and -1997: RS-485 meters of Chinese make. Meters are only read."""

from keng_bridges.dlt645.facts import errors
from keng_bridges.dlt645.frame import ANYBODY, LONGEST_DATA, Frame, frames, parse, request, seal
from keng_bridges.dlt645.frozen import PROFILE, FrozenHours
from keng_bridges.dlt645.recording import recording
from keng_bridges.dlt645.registers import Register, layout, parts
from keng_bridges.dlt645.values import Item, Values, decode, identifier, moment

__all__ = [
    "ANYBODY",
    "LONGEST_DATA",
    "PROFILE",
    "Frame",
    "FrozenHours",
    "Item",
    "Register",
    "Values",
    "decode",
    "errors",
    "frames",
    "identifier",
    "layout",
    "moment",
    "parse",
    "parts",
    "recording",
    "request",
    "seal",
]
