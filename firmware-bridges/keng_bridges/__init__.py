"""The languages of foreign field devices: bytes in, values out; ports and brokers are kept apart from them."""

from importlib import import_module
from typing import Final

from keng_bridges.errors import BridgeError

LANGUAGES: Final[dict[str, str]] = {
    "bridge_link": "keng_bridges.bridge_link:Session",
    "iec62056_21": "keng_bridges.iec62056_21:Session",
    "modbus": "keng_bridges.modbus:decode",
    "zigbee2mqtt": "keng_bridges.zigbee2mqtt:decode",
}
"""Language → what understands it. None of these needs more than the standard library, pydantic and PyYAML."""

TRANSPORTS: Final[dict[str, str]] = {
    "serial_port": "keng_bridges.serial_port:SerialPort",
    "bridge_link": "keng_bridges.bridge_serial:BridgePort",
    "iec62056_21": "keng_bridges.iec62056_serial:read_meter",
    "modbus": "keng_bridges.modbus_serial:ModbusLine",
}
"""Language → what carries it over a serial port; these need the extra `serial`."""

RECORDINGS: Final[dict[str, str]] = {
    "bridge_link": "keng_bridges.bridge_link.recording:recording",
    "modbus_rtu": "keng_bridges.modbus.recording:recording",
}
"""Name as in a capture manifest → its `keng_bridges.recording.Recording`: what `keng-edge decode` understands."""


def load(kinds: dict[str, str], kind: str) -> object:
    """The class or function of a kind, imported on first use; `BridgeError` names the kinds there are."""
    if kind not in kinds:
        raise BridgeError(f"{kind!r} is not known; there are {', '.join(kinds)}")
    module, _, name = kinds[kind].partition(":")
    found: object = getattr(import_module(module), name)
    return found
