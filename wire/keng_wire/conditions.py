"""What a device is, how it stands, and what may be wrong with it."""

from enum import StrEnum


class DeviceKind(StrEnum):
    """Kinds of attached things; the Vietnamese names stand in the hub's catalogue."""

    SMOKE_DETECTOR = "smoke_detector"
    HEAT_DETECTOR = "heat_detector"
    GAS_DETECTOR = "gas_detector"
    MANUAL_CALL_POINT = "manual_call_point"
    SOS_BUTTON = "sos_button"
    CONTACT = "contact"
    FIRE_PANEL = "fire_panel"
    CAMERA = "camera"
    METER = "meter"
    SUB_METER = "sub_meter"
    FEEDER = "feeder"
    BRIDGE_BOARD = "bridge_board"
    GATEWAY = "gateway"
    BELL = "bell"
    SIREN = "siren"
    STROBE = "strobe"
    LOUDSPEAKER = "loudspeaker"


class Condition(StrEnum):
    """A device's condition. `unknown` is a state of its own and is never shown as normal."""

    UNKNOWN = "unknown"
    NORMAL = "normal"
    PRE = "pre"
    ALARM = "alarm"


class Mark(StrEnum):
    """Independent marks beside the condition."""

    FAULT = "fault"
    COMMS_LOST = "comms_lost"
    DISABLED = "disabled"
    TEST = "test"
    TAMPER = "tamper"
    LOW_BATTERY = "low_battery"
    DIRTY = "dirty"
    END_OF_LIFE = "end_of_life"
    UNPROVEN = "unproven"
    MAINS_LOST = "mains_lost"


class ClockQuality(StrEnum):
    """How far a node's clock can be trusted: disciplined now, disciplined earlier in this boot, or never."""

    SYNCED = "synced"
    HOLDOVER = "holdover"
    UNKNOWN = "unknown"
