"""Decryption of wireless M-Bus telegrams, modes 5 and 7 (OMS volume 2, 9.2), by `cryptography`."""

from importlib import import_module
from typing import Any

from keng_bridges.mbus import MissingLibrary
from keng_bridges.wmbus import CLEAR, Telegram, Unreadable

KEY_SIZE, AES_BLOCK = 16, 16
_ENCRYPTION = 0x00


def decrypt(telegram: Telegram, key: bytes | None) -> bytes:
    """The clear payload; `Unreadable` without the key or with the wrong one. What is clear already stays as it is."""
    if not telegram.encrypted:
        return telegram.payload
    if key is None or len(key) != KEY_SIZE:
        raise Unreadable(f"encrypted (mode {telegram.mode}), and there is no key for {telegram.sender.number}")
    size = AES_BLOCK * telegram.blocks or len(telegram.payload) // AES_BLOCK * AES_BLOCK
    secret, rest = telegram.payload[:size], telegram.payload[size:]
    if not secret or len(secret) % AES_BLOCK:
        raise Unreadable("the encrypted part is no whole number of blocks")
    if telegram.mode == 5:
        address = telegram.sender.address
        clear = _cbc(key, address[4:6] + address[:4] + address[6:8] + bytes([telegram.access or 0]) * 8, secret)
    elif telegram.mode == 7 and telegram.counter is not None:
        clear = _cbc(_derived(key, telegram), bytes(AES_BLOCK), secret)
    else:
        raise Unreadable(f"encryption mode {telegram.mode} is not read")
    if not clear.startswith(CLEAR):
        raise Unreadable(f"the key of {telegram.sender.number} does not fit")
    return clear + rest


def _derived(key: bytes, telegram: Telegram) -> bytes:
    """The key of this one message: CMAC over its purpose, the message counter and the meter's number."""
    cmac = _module("cmac").CMAC(_module("ciphers.algorithms").AES(key))
    cmac.update(bytes([_ENCRYPTION]) + (telegram.counter or b"") + telegram.sender.address[:4] + b"\x07" * 7)
    result: bytes = cmac.finalize()
    return result


def _cbc(key: bytes, start: bytes, data: bytes) -> bytes:
    ciphers = _module("ciphers")
    cipher = ciphers.Cipher(ciphers.algorithms.AES(key), ciphers.modes.CBC(start)).decryptor()
    result: bytes = cipher.update(data) + cipher.finalize()
    return result


def _module(name: str) -> Any:
    try:
        return import_module(f"cryptography.hazmat.primitives.{name}")
    except ImportError as error:
        raise MissingLibrary("encrypted M-Bus needs cryptography: pip install 'keng-bridges[mbus]'") from error
