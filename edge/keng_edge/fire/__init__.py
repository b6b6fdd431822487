"""Detectors, buttons and contacts: kind → class, imported when one is configured."""

from typing import Final

KINDS: Final[dict[str, str]] = {
    "bridge_board": "keng_edge.fire.bridge_board:BridgeBoard",
    "gpio_inputs": "keng_edge.fire.gpio:GpioInputs",
    "modbus_inputs": "keng_edge.fire.modbus:ModbusInputs",
    "panel_printer": "keng_edge.fire.panel_printer:PanelPrinter",
    "espa444": "keng_edge.fire.espa444:Espa444",
    "sia_dc09": "keng_edge.fire.sia_dc09:SiaDc09",
    "wmbus": "keng_edge.fire.wmbus:Wmbus",
    "zigbee2mqtt": "keng_edge.fire.zigbee2mqtt:Zigbee2Mqtt",
    "chirpstack": "keng_edge.fire.chirpstack:ChirpStack",
    "mysensors": "keng_edge.fire.mysensors:MySensors",
    "rtl_433": "keng_edge.fire.rtl_433:Rtl433",
    "esphome": "keng_edge.fire.esphome:Esphome",
    "tasmota": "keng_edge.fire.tasmota:Tasmota",
}
