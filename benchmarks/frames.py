"""One frame of every language in `keng_bridges.RECORDINGS`, and how many a second are read to the last value."""

import time
from collections.abc import Callable
from functools import partial
from typing import Final, cast

from benchmarks.report import Figure

from keng_bridges import RECORDINGS, load
from keng_bridges.checksums import bcc, crc16_arc
from keng_bridges.dlms.hdlc import UI, Frame, encode
from keng_bridges.modbus.frame import seal
from keng_bridges.recording import Decoded, Recording
from keng_demo.bridge_firmware import frame


def mbus_frame(body: bytes) -> bytes:
    """A long frame of the wired M-Bus."""
    return bytes([0x68, len(body), len(body), 0x68]) + body + bytes([sum(body) & 0xFF, 0x16])


def closed(text: bytes) -> bytes:
    """An IEC 62056-21 block with its check."""
    return b"\x02" + text + b"\x03" + bytes([bcc(text + b"\x03")])


LINES: Final = b"".join(b"1-0:1.8.%d(%06d.56*kWh)\r\n1-0:1.8.%d*12(000001.00*kWh)\r\n" % (n, n, n) for n in range(5))
P1: Final = b"/KNG5model\r\n\r\n" + LINES + b"!"
REGISTER: Final = "020309060100{:02x}0700ff0600012345" + "02020f00161b"
PUSH: Final = bytes.fromhex("e6e7000f4000000000010c" + "".join(REGISTER.format(code) for code in range(21, 33)))
"""Twelve registers with their units, as an Aidon meter sends them."""
UPLINK: Final = (
    b'{"deduplicationId":"3ac7e3c4","time":"2026-11-22T08:00:00.775023242+00:00","deviceInfo":{"deviceName":"khoi",'
    b'"devEui":"0101010101010101"},"devAddr":"00189440","dr":1,"fPort":1,"data":"AHgaAwA=","rxInfo":[{"rssi":-36}]}'
)
SENSOR: Final = (
    b'{"Time":"2026-11-22T08:00:00","Switch1":"OFF","ENERGY":{"Total":3.5,"Power":1200,"ApparentPower":1224,'
    b'"ReactivePower":240,"Factor":0.98,"Voltage":231,"Current":5.3}}'
)
ZIGBEE: Final = b'{"battery":97,"battery_low":false,"linkquality":120,"smoke":false,"tamper":false,"test":false}'
RTL_433: Final = b'{"time":"2026-11-22 08:00:01","model":"Smoke-GS558","id":1234,"unit":3,"learn":0,"code":"abc123"}'
EVENT: Final[dict[str, object]] = {
    "t": "ev",
    "b": "7f3a91c2",
    "s": 1,
    "up": 123456,
    "p": "smoke1",
    "st": "alarm",
    "fl": list[str](),
}
SEEN: Final = (
    b'{"type":"new","after":{"id":"1.5-a","camera":"cong","label":"person","start_time":1.5,"entered_zones":["san"]}}'
)
SAMPLES: Final[dict[str, tuple[str, bytes]]] = {
    "zigbee2mqtt": ("states of a smoke alarm", ZIGBEE),
    "chirpstack_event": ("uplinks", UPLINK),
    "lorawan_payload": ("payloads of a smoke alarm", bytes.fromhex("00781a0300")),
    "mysensors": ("lines", b"12;1;1;0;16;1\n"),
    "rtl_433": ("codes of a smoke alarm", RTL_433),
    "esphome": ("states", b"nha/binary_sensor/khoi/state ON\n"),
    "tasmota": ("telemetry of a plug", b"tele/o-cam/SENSOR " + SENSOR),
    "frigate": ("events", b"frigate/events " + SEEN),
    "dlt645": ("answers", bytes.fromhex("6823010000262068910833333433896745330816")),
    "improv": ("states", bytes.fromhex("494D50524F5601010102E2")),
    "mbus": (
        "telegrams of 8 records",
        mbus_frame(bytes.fromhex("080172 01002620 C72D 01 02 07 00 0000" + "0C0378563412" * 8)),
    ),
    "wmbus_smoke": (
        "telegrams of a smoke alarm",
        bytes.fromhex("1F 44 3330 01002620 03 1A 7A 07 00 0000 02FD971D0400 04FD084C020000 2F2F2F2F"),
    ),
    "iec62056_21": ("readouts of 10 lines", b"/ABC5model\r\n" + closed(LINES + b"!\r\n")),
    "dsmr_p1": ("telegrams of 10 lines", P1 + b"%04X\r\n" % crc16_arc(P1)),
    "dlms_push": ("HDLC pushes of 12 registers", encode(Frame(b"\x41", b"\x08\x83", UI, PUSH))),
    "bridge_link": ("events", frame(EVENT)),
    "modbus_rtu": (
        "requests and answers of 40 registers",
        seal(bytes.fromhex("010400000028")) + seal(bytes.fromhex("010450" + "43669999" * 20)),
    ),
    "panel_printer": ("lines", b":ALARM Z001 1.1.Z1 AZF 1 ON MODULE 1 (28 CHAR) 12/08 01:23;\r\n"),
    "espa444": (
        "calls",
        b"\x011\x021\x1f21\x1e2\x1fCHAY KHO 3\x1e3\x1f3\x1e4\x1f3\x1e5\x1f1\x1e6\x1f1\x03\x46",
    ),
    "sia_dc09": ("messages", b'\n0D340026"SIA-DCS"0001L0#1234[#1234|Nri1/FA012]\r'),
}
"""Language → what its frames are, and one of them (of Modbus a question and its answer)."""


def rate(call: Callable[[int], object], rounds: int) -> float:
    """Calls a second; each gets its number."""
    begun = time.perf_counter()
    for number in range(rounds):
        call(number)
    return rounds / (time.perf_counter() - begun)


def figures(rounds: int) -> list[Figure]:
    """Frames a second, one row a language; a language without a sample is a `KeyError`."""
    rows: list[Figure] = []
    for name in RECORDINGS:
        what, data = SAMPLES[name]
        recording = cast(Recording, load(RECORDINGS, name))
        items = list(recording(data))
        assert items, name
        assert all(isinstance(item, Decoded) for item in items), (name, items)
        frames = len(items) * rate(partial(_all_of, recording, data), rounds)
        rows.append(Figure(f"{name}: {what}", frames, "frames/s"))
    return rows


def _all_of(recording: Recording, data: bytes, _: int) -> None:
    for _item in recording(data):
        pass
