"""The header of DLMS/COSEM over TCP (IEC 62056-47): version, from, to, length, two bytes each."""

from typing import Final

from keng_bridges.dlms.blocks import LARGEST
from keng_bridges.errors import FrameError

SIZE: Final = 8
VERSION: Final = 1


def encode(source: int, target: int, apdu: bytes) -> bytes:
    """An APDU with its header."""
    return b"".join(part.to_bytes(2, "big") for part in (VERSION, source, target, len(apdu))) + apdu


def length(header: bytes, source: int, target: int) -> int:
    """How many bytes follow a header from `source` for `target`; raises `FrameError` for any other."""
    version, sender, receiver, size = (int.from_bytes(header[at : at + 2], "big") for at in range(0, SIZE, 2))
    if len(header) != SIZE or version != VERSION or not 0 < size < LARGEST:
        raise FrameError(f"no DLMS header: {header.hex()}")
    if (sender, receiver) != (source, target):
        raise FrameError(f"an answer from {sender} for {receiver}, expected from {source} for {target}")
    return size
