"""The status word of a Zigbee alarm zone (ZCL 8.2.2.2.1.3), for messages that hand it through as a number."""

from typing import Final

_KEYS: Final = ("zone_status", "zonestatus", "zoneStatus")
_BITS: Final = {
    "alarm_1": 0,
    "alarm_2": 1,
    "tamper": 2,
    "battery_low": 3,
    "supervision_reports": 4,
    "restore_reports": 5,
    "trouble": 6,
    "ac_status": 7,
    "test": 8,
    "battery_defect": 9,
}


def zone_fields(fields: dict[str, object]) -> dict[str, object]:
    """The bits by the names that Zigbee2MQTT gives them; empty if there is no such number in the message."""
    words = [fields[key] for key in _KEYS if key in fields]
    word = words[0] if words else None
    if isinstance(word, bool) or not isinstance(word, int) or not 0 <= word <= 0xFFFF:
        return {}
    return {name: bool(word >> bit & 1) for name, bit in _BITS.items()}
