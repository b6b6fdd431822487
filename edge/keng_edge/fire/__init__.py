"""Detectors, buttons and contacts: kind → class, imported when one is configured."""

from typing import Final

KINDS: Final[dict[str, str]] = {
    "bridge_board": "keng_edge.fire.bridge_board:BridgeBoard",
    "modbus_inputs": "keng_edge.fire.modbus:ModbusInputs",
    "zigbee2mqtt": "keng_edge.fire.zigbee2mqtt:Zigbee2Mqtt",
}
