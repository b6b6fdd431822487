"""The check sums of the spoken protocols, written bit by bit so that they can be compared with the standards."""

from collections.abc import Callable


def _crc16_table(step: Callable[[int], int]) -> tuple[int, ...]:
    return tuple(step(byte) for byte in range(256))


def _ccitt_step(byte: int) -> int:
    crc = byte << 8
    for _ in range(8):
        crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
    return crc & 0xFFFF


def _modbus_step(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ 0xA001 if byte & 1 else byte >> 1
    return byte


def _x25_step(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ 0x8408 if byte & 1 else byte >> 1
    return byte


_CCITT = _crc16_table(_ccitt_step)
_X25 = _crc16_table(_x25_step)
_MODBUS = _crc16_table(_modbus_step)


def crc16_ccitt_false(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: poly 0x1021, init 0xFFFF, not reflected, no final XOR; `123456789` gives 0x29B1."""
    crc = 0xFFFF
    for byte in data:
        crc = ((crc << 8) & 0xFFFF) ^ _CCITT[(crc >> 8) ^ byte]
    return crc


def crc16_modbus(data: bytes) -> int:
    """CRC-16/MODBUS: poly 0x8005 reflected, init 0xFFFF; `123456789` gives 0x4B37; low byte travels first."""
    return _reflected(data, 0xFFFF)


def crc16_arc(data: bytes) -> int:
    """CRC-16/ARC, as MODBUS with init 0; `123456789` gives 0xBB3D. Ends a DSMR P1 telegram."""
    return _reflected(data, 0)


def _reflected(data: bytes, crc: int) -> int:
    for byte in data:
        crc = (crc >> 8) ^ _MODBUS[(crc ^ byte) & 0xFF]
    return crc


def crc16_x25(data: bytes) -> int:
    """CRC-16/X.25: poly 0x1021 reflected, init and final XOR 0xFFFF; `123456789` gives 0x906E; low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _X25[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFF


def bcc(data: bytes) -> int:
    """Block check character of ISO 1745 and IEC 62056-21: the XOR of all bytes."""
    check = 0
    for byte in data:
        check ^= byte
    return check
