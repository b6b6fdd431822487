"""The languages of foreign field devices: bytes in, values out; ports and brokers are kept apart from them."""

from importlib import import_module
from typing import Final

from keng_bridges.errors import BridgeError

LANGUAGES: Final[dict[str, str]] = {
    "bridge_link": "keng_bridges.bridge_link:Session",
    "panel_printer": "keng_bridges.panel_printer:LineReader",
    "espa444": "keng_bridges.espa444:Reader",
    "sia_dc09": "keng_bridges.sia_dc09:Receiver",
    "dlt645": "keng_bridges.dlt645:decode",
    "improv": "keng_bridges.improv:PacketReader",
    "mbus": "keng_bridges.mbus:read_telegram",
    "wmbus_smoke": "keng_bridges.wmbus_smoke:read_smoke",
    "iec62056_21": "keng_bridges.iec62056_21:Session",
    "dlms": "keng_bridges.dlms:PushReader",
    "modbus": "keng_bridges.modbus:decode",
    "zigbee2mqtt": "keng_bridges.zigbee2mqtt:decode",
    "chirpstack": "keng_bridges.chirpstack:decode",
    "lorawan": "keng_bridges.lorawan:decode",
    "mysensors": "keng_bridges.mysensors:decode",
    "rtl_433": "keng_bridges.rtl_433:decode",
    "esphome": "keng_bridges.esphome:decode",
    "tasmota": "keng_bridges.tasmota:decode",
    "frigate": "keng_bridges.frigate:decode",
}
"""Language → what understands it. Most need no more than the standard library, pydantic and PyYAML;
`modbus` needs the extra `serial`, `dlms`, `mbus` and `sia_dc09` those of their own."""

TRANSPORTS: Final[dict[str, str]] = {
    "dlms": "keng_bridges.dlms_serial:connected",
    "dlms_tcp": "keng_bridges.dlms_tcp:connected",
    "serial_port": "keng_bridges.serial_port:SerialPort",
    "bridge_link": "keng_bridges.bridge_serial:BridgePort",
    "dlt645": "keng_bridges.dlt645_serial:Dlt645Line",
    "mbus": "keng_bridges.mbus_serial:MbusLine",
    "iec62056_21": "keng_bridges.iec62056_serial:read_meter",
    "modbus": "keng_bridges.modbus_serial:ModbusLine",
}
"""Language → what carries it over a serial port; these need the extra `serial`."""

RECORDINGS: Final[dict[str, str]] = {
    "zigbee2mqtt": "keng_bridges.zigbee_recording:recording",
    "chirpstack_event": "keng_bridges.chirpstack:recording",
    "lorawan_payload": "keng_bridges.lorawan:recording",
    "mysensors": "keng_bridges.mysensors:recording",
    "rtl_433": "keng_bridges.rtl_433:recording",
    "esphome": "keng_bridges.esphome:recording",
    "tasmota": "keng_bridges.tasmota:recording",
    "frigate": "keng_bridges.frigate:recording",
    "dlt645": "keng_bridges.dlt645:recording",
    "improv": "keng_bridges.improv:recording",
    "mbus": "keng_bridges.mbus:recording",
    "wmbus_smoke": "keng_bridges.wmbus_smoke.recording:recording",
    "iec62056_21": "keng_bridges.iec62056_21:recording",
    "dsmr_p1": "keng_bridges.iec62056_21:recording",
    "dlms_push": "keng_bridges.dlms:recording",
    "bridge_link": "keng_bridges.bridge_link.recording:recording",
    "modbus_rtu": "keng_bridges.modbus.recording:recording",
    "panel_printer": "keng_bridges.panel_printer:recording",
    "espa444": "keng_bridges.espa444:recording",
    "sia_dc09": "keng_bridges.sia_dc09:recording",
}
"""Name as in a capture manifest → its `keng_bridges.recording.Recording`: what `keng-edge decode` understands."""


def load(kinds: dict[str, str], kind: str) -> object:
    """The class or function of a kind, imported on first use; `BridgeError` names the kinds there are."""
    if kind not in kinds:
        raise BridgeError(f"{kind!r} is not known; there are {', '.join(kinds)}")
    module, _, name = kinds[kind].partition(":")
    found: object = getattr(import_module(module), name)
    return found
