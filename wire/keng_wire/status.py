"""What a node says of itself outside the numbered classes: presence and health."""

from typing import Annotated, Literal

from pydantic import Field

from keng_wire.conditions import ClockQuality, Condition, Mark
from keng_wire.event import FaultCode
from keng_wire.identity import BootId, DeviceId, StreamId, UnixMs, UptimeMs, Words
from keng_wire.payload import Strict, UpPayload
from keng_wire.point import MarkDetail

LOST_AFTER_S = 90
"""Seconds without a word after which a path, and all devices behind it, count as unknown."""


class Status(UpPayload):
    """Retained. The broker publishes `online: false` as the node's last will (MQTT 5.0, 3.1.2.5)."""

    online: bool
    boot: BootId
    stream: StreamId
    version: Words
    config_version: int = 0


class Backlog(Strict):
    """Messages of one class that the hub has not acknowledged yet."""

    count: Annotated[int, Field(ge=0)] = 0
    oldest: UnixMs | None = None
    highest: Annotated[int, Field(ge=0)] = 0
    """The last number given out."""
    forgotten: Annotated[int, Field(ge=0)] = 0
    """Numbers up to this one were acknowledged and are gone from the node.

    A hub that went back to an older copy of its database learns from it not to wait for them.
    """


class DeviceState(Strict):
    """How one device stands. `seen` is the last sign of life, in UTC by the node's clock."""

    device: DeviceId
    condition: Condition
    marks: Annotated[list[Mark], Field(max_length=16)] = []
    seen: UnixMs | None = None
    supervision: Literal["A", "B", "C", "U"] = "U"
    """Loss shown within 100 s (A), 2 h (B), 25 h (C), or never (U)."""
    interval: Annotated[int, Field(ge=0)] | None = None
    """The longest recent pause between two signs of life, in s; none while too few were heard."""
    details: Annotated[list[MarkDetail], Field(max_length=16)] = []
    latched: bool = False
    """An alarm of this device waits for its reset, also when the device says that it is over."""


class Health(UpPayload):
    """The heartbeat: that the node works, and how everything on it stands."""

    boot: BootId
    stream: StreamId
    at: UnixMs
    clock: ClockQuality
    up: UptimeMs
    version: Words
    config_version: int = 0
    alarm: Backlog = Backlog()
    event: Backlog = Backlog()
    reading: Backlog = Backlog()
    faults: Annotated[list[FaultCode], Field(max_length=16)] = []
    sounding: bool = False
    disk_free: Annotated[int, Field(ge=0)] | None = None
    """Bytes."""
    written_today: Annotated[int, Field(ge=0)] | None = None
    """Bytes that this process sent to the card since midnight UTC."""
    temperature: float | None = None
    """Of the processor, °C."""
    devices: Annotated[list[DeviceState], Field(max_length=500)] = []
