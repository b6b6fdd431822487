"""Events of ChirpStack v4 (its `integration.proto` as proto3 JSON, where fields that are zero are left out)."""

from keng_bridges.chirpstack.event import Event, EventKind, decode
from keng_bridges.chirpstack.recording import recording

__all__ = ["Event", "EventKind", "decode", "recording"]
