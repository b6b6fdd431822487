"""MySensors 2.x on a serial gateway: lines, their types, and what recorded ones say."""

from keng_bridges.mysensors.line import (
    Message,
    Splitter,
    answer_config,
    ask_heartbeat,
    ask_version,
    decode,
    request,
)
from keng_bridges.mysensors.recording import recording
from keng_bridges.mysensors.types import BROADCAST, I_CONFIG, V_TRIPPED, Command

__all__ = [
    "BROADCAST",
    "I_CONFIG",
    "V_TRIPPED",
    "Command",
    "Message",
    "Splitter",
    "answer_config",
    "ask_heartbeat",
    "ask_version",
    "decode",
    "recording",
    "request",
]
