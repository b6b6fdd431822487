"""DLMS messages put together by hand, byte by byte as the standard says, for tests that want to change one of them."""

import binascii

LLC = b"\xe6\xe7\x00"
OBIS = {
    "import": bytes.fromhex("0100010800ff"),
    "power": bytes.fromhex("0100010700ff"),
    "voltage": bytes.fromhex("0100200700ff"),
    "current": bytes.fromhex("01001f0700ff"),
    "clock": bytes.fromhex("0000010000ff"),
    "serial": bytes.fromhex("0000600100ff"),
    "push": bytes.fromhex("0008190900ff"),
}
NOON = bytes.fromhex("07ea0b16070c000000fe5c00")
"""2026-11-22 12:00:00 at UTC+7: the deviation is −420, `FE 5C`."""
RECORDED = (
    "aidon_hdlc_7d_in_payload",
    "aidon_no_list2",
    "aidon_se_list",
    "kaifa_hdlc_7e_in_payload",
    "kaifa_no_list1",
    "kaifa_no_list2",
    "kaifa_se_list",
    "kamstrup_1ph_list1",
    "kamstrup_se_list",
)
"""Names of the recorded pushes."""
QUANTITIES = {
    "active_power_import": "1.7.0",
    "active_power_export": "2.7.0",
    "reactive_power_import": "3.7.0",
    "reactive_power_export": "4.7.0",
    "current_l1": "31.7.0",
    "current_l2": "51.7.0",
    "current_l3": "71.7.0",
    "voltage_l1": "32.7.0",
    "voltage_l2": "52.7.0",
    "voltage_l3": "72.7.0",
    "active_power_import_total": "1.8.0",
    "active_power_export_total": "2.8.0",
    "reactive_power_import_total": "3.8.0",
    "reactive_power_export_total": "4.8.0",
}
"""How amshan calls the registers."""


def octets(data: bytes) -> bytes:
    return b"\x09" + bytes([len(data)]) + data


def structure(*parts: bytes) -> bytes:
    return b"\x02" + bytes([len(parts)]) + b"".join(parts)


def array(*parts: bytes) -> bytes:
    return b"\x01" + bytes([len(parts)]) + b"".join(parts)


def u32(number: int) -> bytes:
    return b"\x06" + number.to_bytes(4, "big")


def u16(number: int) -> bytes:
    return b"\x12" + number.to_bytes(2, "big")


def scaler_unit(scaler: int, unit: int) -> bytes:
    return b"\x02\x02\x0f" + scaler.to_bytes(1, "big", signed=True) + b"\x16" + bytes([unit])


def register(name: str, number: int, scaler: int, unit: int) -> bytes:
    return structure(octets(OBIS[name]), u32(number), scaler_unit(scaler, unit))


def notification(body: bytes, time: bytes = b"\x00") -> bytes:
    return b"\x0f\x40\x00\x00\x00" + time + body


def descriptor(kind: int, name: str, attribute: int) -> bytes:
    return structure(u16(kind), octets(OBIS[name]), b"\x0f" + bytes([attribute]), u16(0))


def check(data: bytes) -> bytes:
    """CRC-16/X.25 by the table-free CRC of the standard library: bits turned around, the other polynomial end first."""
    turned = bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)
    crc = binascii.crc_hqx(turned, 0xFFFF) ^ 0xFFFF
    return int(f"{crc:016b}"[::-1], 2).to_bytes(2, "little")


def hdlc(
    information: bytes, *, segmented: bool = False, control: int = 0x13, addresses: bytes = b"\x41\x08\x83"
) -> bytes:
    """A frame as a meter sends it."""
    length = 2 + len(addresses) + 1 + 2 + len(information) + 2
    header = (0xA000 | segmented << 11 | length).to_bytes(2, "big") + addresses + bytes([control])
    body = header + check(header) + information
    return b"\x7e" + body + check(body) + b"\x7e"


def block(number: int, part: bytes, *, last: bool = False) -> bytes:
    """A part of a message in general-block-transfer."""
    length = bytes([len(part)]) if len(part) < 0x80 else b"\x81" + bytes([len(part)])
    return bytes([0xE0, 0x80 if last else 0x00]) + number.to_bytes(2, "big") + b"\x00\x00" + length + part


PUSH = notification(array(register("import", 123456, 1, 30), register("power", 2500, 0, 27)), b"\x0c" + NOON)
"""1 234 560 Wh and 2500 W at noon."""
