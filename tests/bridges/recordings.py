"""What holds of every recording, whatever its bytes, and seeds to begin from."""

import json
from typing import cast

from bridges.captures import FOLDER
from keng_bridges import RECORDINGS, load
from keng_bridges.recording import Damaged, Decoded, Recording
from keng_bridges.values import Quality

EMBEDDED: dict[str, list[bytes]] = {
    "bridge_link": [
        b'{"t":"ev","b":"7f3a91c2","s":412,"up":123456,"p":"smoke1","st":"alarm","fl":[],"v":812}*1BF8\n',
        b'{"t":"hb","b":"7f3a91c2","s":413,"up":140000,"q":0,"ov":0,"ce":0,"sc":"8F9C"}*2D41\n',
    ],
    "modbus_rtu": [bytes.fromhex("01040000000271CB"), bytes.fromhex("FF0200000008 6C12 FF02010151A0".replace(" ", ""))],
    "iec62056_21": [
        b"/ABC5xyz\r\n\x020.0.0(20180012345)\r\n1.8.0(001234.56*kWh)\r\n!\r\n\x03\x41",
        b"0.0.0(1)\r\n1.8.1(0302.8260*kWh)\r\n",
    ],
    "dlt645": [
        bytes.fromhex("68230100002620681104333334331C16"),
        bytes.fromhex("FEFE6823010000262068910833333433896745330816"),
    ],
    "improv": [bytes.fromhex("494D50524F560103020200E5"), b"IMPROV\x01\x01\x01\x02\xe2\n"],
    "mbus": [
        bytes.fromhex("1040014116"),
        b"\xe5",
        bytes.fromhex("681515680801727856341224230107550000000413d20400002016"),
    ],
    "dlms_push": [
        bytes.fromhex("7ea00a00020023219318717e"),
        # MIT, toreamun/amshan tests/test_hdlc.py
        bytes.fromhex("7ea02a410883130413e6e7000f40000000000101020309060100010700ff060000067d02020f00161b1c057e"),
    ],
    "wmbus_smoke": [bytes.fromhex("1344 9315 78563412 0C1A 7A 01000000 02FD170000")],
    "dsmr_p1": [b"/ABC5xyz\r\n\r\n1-0:1.8.0(001234.56*kWh)\r\n!\r\n"],
    "mysensors": [b"12;1;1;0;16;1\n0;255;3;0;22;77\n"],
    "rtl_433": [b'{"time":"2026-11-22 08:00:01","model":"Smoke-GS558","id":1234,"unit":3,"learn":0,"code":"abc123"}\n'],
    "zigbee2mqtt": [b'{"smoke":true,"battery":"100","linkquality":0,"tamper":false}'],
    "lorawan_payload": [bytes.fromhex("221e64001c40"), bytes.fromhex("00781a0300")],
    "chirpstack_event": [b'{"deviceInfo":{"devEui":"0101010101010101"},"data":"qg==","fPort":1}'],
    "esphome": [b'{"topic":"nha/binary_sensor/khoi/state","payload":"ON"}\n'],
    "tasmota": [b'{"topic":"tele/nha/LWT","payload":"Online"}\n'],
    "frigate": [
        b"frigate/available online\n",
        b'{"type":"new","after":{"id":"1.5-a","camera":"cong","label":"person","start_time":1.5,"entered_zones":["x"]}}\n',
    ],
    "panel_printer": [
        b":ALARM Z001 1.1.Z1 AZF 1 ON MODULE 1 (28 CHAR) 12/08 01:23;\r\n:ISOL Z001 1.1.Z1 A 12/08 01:24;\r\n"
    ],
    "espa444": [
        b"\x011\x021\x1f21\x1e2\x1fCHAY KHO 3\x1e3\x1f3\x1e4\x1f3\x1e5\x1f1\x1e6\x1f1\x03\x46",
        b"1\x052\x05\x011\x021\x1f21\x1e2\x1fCHAY KHO 3\x1e3\x1f3\x1e4\x1f3\x1e5\x1f1\x1e6\x1f1\x03\x46\x04",
    ],
    "sia_dc09": [b'\n0D340026"SIA-DCS"0001L0#1234[#1234|Nri1/FA012]\r', b'43580023"SIA-DCS"0084L0#AAA[#AAA|Nri1/XC12]'],
}
"""Name → bytes that mean something in that language; the vectors of the protocols' descriptions."""


CHECKED = {
    "bridge_link": b"",
    "modbus_rtu": b"",
    "dlt645": b"",
    "mbus": b"\x68",
    "dlms_push": b"\x7e",
    "espa444": b"\x01",
    "sia_dc09": b"\n",
}
"""Languages with a check over each frame, and how those of their seeds begin in which it stands."""


def seeds(name: str) -> list[bytes]:
    """The embedded ones, and where they are the recorded telegrams."""
    manifest = FOLDER / "manifest.json"
    entries = cast(list[dict[str, str]], json.loads(manifest.read_text())) if manifest.exists() else []
    recorded = [telegram(entry) for entry in entries if entry["protocol"] == name]
    return EMBEDDED.get(name, []) + recorded


def telegram(entry: dict[str, str]) -> bytes:
    """The wire bytes of one line of the manifest."""
    content = (FOLDER / entry["file"]).read_bytes()
    return bytes.fromhex(content.decode()) if "hex" in entry["encoding"] else content


def take(name: str, data: bytes) -> list[Decoded | Damaged]:
    """Everything a recording says, with what must hold of it whatever the bytes."""
    items = list(cast(Recording, load(RECORDINGS, name))(data))
    assert len(items) <= len(data) + 1
    offsets = [item.offset for item in items]
    assert offsets == sorted(offsets), f"{name}: offsets go back: {offsets}"
    for item in items:
        assert 0 <= item.offset <= len(data), f"{name}: offset {item.offset} of {len(data)} bytes"
        json.dumps(dict(item.facts), allow_nan=False)
        if isinstance(item, Damaged):
            assert item.error
        else:
            assert all(value.value.is_finite() for value in item.measurements)
    return items


def said(items: list[Decoded | Damaged]) -> set[object]:
    """Everything in them that may be taken for a value or for the standing of a point."""
    found: set[object] = set()
    for item in items:
        if isinstance(item, Decoded):
            good = (value for value in item.measurements if value.quality is Quality.MEASURED)
            found |= {(value.quantity, value.obis, value.value, value.unit, value.raw) for value in good}
            found |= {(report.point, report.condition, report.marks) for report in item.points}
    return found


def changed(seed: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """The seed with pieces of it replaced."""
    for start, length, piece in changes:
        at = start % (len(seed) + 1)
        seed = seed[:at] + piece + seed[at + length % 20 :]
    return seed
