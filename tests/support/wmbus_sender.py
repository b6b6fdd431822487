"""Makes telegrams of smoke alarms that do not exist, clear or encrypted, with or without block CRCs."""

from cryptography.hazmat.primitives import cmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from keng_bridges.wmbus import crc

KEY = bytes(range(16))
LANSEN = ("LAS", 0x03, 0x1A)
EI6500 = ("EIE", 0x0C, 0x1A)
QSMOKE = ("QDS", 0x21, 0x1A)
TSD2 = ("TCH", 0x76, 0xF0)


def telegram(sender: tuple[str, int, int], number: str, rest: bytes) -> bytes:
    """Link header around CI and what follows."""
    name, version, medium = sender
    maker = sum((ord(c) - 64) << s for c, s in zip(name, (10, 5, 0), strict=True)).to_bytes(2, "little")
    body = b"\x44" + maker + bytes.fromhex(number)[::-1] + bytes([version, medium]) + rest
    return bytes([len(body)]) + body


def with_checks(data: bytes) -> bytes:
    """The same with its block CRCs (frame format A)."""
    blocks = [data[:10], *(data[start : start + 16] for start in range(10, len(data), 16))]
    return b"".join(block + crc(block).to_bytes(2, "big") for block in blocks)


def clear(records: str, *, status: int = 0) -> bytes:
    """A short header and records in clear."""
    return bytes([0x7A, 0x07, status, 0, 0]) + bytes.fromhex(records)


def mode_5(sender: tuple[str, int, int], number: str, records: str, key: bytes = KEY) -> bytes:
    """The records encrypted with the key itself."""
    secret = _padded(records)
    plain = telegram(sender, number, b"")
    start = plain[2:10] + b"\x07" * 8
    head = bytes([0x7A, 0x07, 0x00]) + (0x0500 | len(secret) // 16 << 4).to_bytes(2, "little")
    return telegram(sender, number, head + _encrypt(key, start, secret))


def mode_7(sender: tuple[str, int, int], number: str, records: str, counter: int, key: bytes = KEY) -> bytes:
    """The records encrypted with a key for this one message, its counter in an authentication layer."""
    secret = _padded(records)
    count = counter.to_bytes(4, "little")
    derived = cmac.CMAC(algorithms.AES(key))
    derived.update(b"\x00" + count + bytes.fromhex(number)[::-1] + b"\x07" * 7)
    layer = (0x2C00).to_bytes(2, "little") + b"\x25" + count + bytes(8)
    head = bytes([0x90, len(layer)]) + layer + bytes([0x7A, 0x07, 0x00])
    head += (0x0700 | len(secret) // 16 << 4).to_bytes(2, "little") + b"\x10"
    return telegram(sender, number, head + _encrypt(derived.finalize(), bytes(16), secret))


def _padded(records: str) -> bytes:
    data = b"\x2f\x2f" + bytes.fromhex(records)
    return data + b"\x2f" * (-len(data) % 16)


def _encrypt(key: bytes, start: bytes, data: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(start)).encryptor()
    return encryptor.update(data) + encryptor.finalize()
