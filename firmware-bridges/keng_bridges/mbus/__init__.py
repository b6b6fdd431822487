"""M-Bus over two wires (EN 13757-2 and -3): water, heat, gas and sub-meters. Meters are only read; extra `mbus`."""

from keng_bridges.mbus.frame import Frame, ask, parse, select, wake
from keng_bridges.mbus.recording import recording
from keng_bridges.mbus.records import MissingLibrary, Record, Records, read_records
from keng_bridges.mbus.telegram import Telegram, maker, read_telegram
from keng_bridges.mbus.times import read_time

__all__ = [
    "Frame",
    "MissingLibrary",
    "Record",
    "Records",
    "Telegram",
    "ask",
    "maker",
    "parse",
    "read_records",
    "read_telegram",
    "read_time",
    "recording",
    "select",
    "wake",
]
