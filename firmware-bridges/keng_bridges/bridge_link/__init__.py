"""The Kẻng firmware link, version 1: a board near the detectors speaks with its node over USB or UART."""

from keng_bridges.bridge_link.frame import FRAME_LIMIT, Damage, DamagedFrame, FrameReader, decode, encode
from keng_bridges.bridge_link.link import Memory, Settings
from keng_bridges.bridge_link.outputs import (
    Board,
    CommandResult,
    Counters,
    Described,
    Fault,
    FaultKind,
    Identified,
    Output,
    Point,
    PointEvent,
    PointState,
    Send,
    Snapshot,
    State,
    Telemetry,
)
from keng_bridges.bridge_link.session import Session
from keng_bridges.moment import Moment

__all__ = [
    "FRAME_LIMIT",
    "Board",
    "CommandResult",
    "Counters",
    "Damage",
    "DamagedFrame",
    "Described",
    "Fault",
    "FaultKind",
    "FrameReader",
    "Identified",
    "Memory",
    "Moment",
    "Output",
    "Point",
    "PointEvent",
    "PointState",
    "Send",
    "Session",
    "Settings",
    "Snapshot",
    "State",
    "Telemetry",
    "decode",
    "encode",
]
