"""What every codec must bear: frames cut short, with one bit wrong, and with garbage around them."""

from collections.abc import Iterator
from decimal import Decimal

from keng_bridges.recording import Damaged, Decoded, Recording

NOISE = bytes.fromhex("00 FE 68 FF 16 10 E5 02 03 7E 2F 3F 21 0D 0A 68 68 68 68 16")
"""Start and end bytes of many languages, in no order that means anything."""


def cuts(frame: bytes) -> Iterator[bytes]:
    """The frame cut short at every byte."""
    return (frame[:length] for length in range(len(frame)))


def bit_errors(frame: bytes) -> Iterator[tuple[int, bytes]]:
    """Byte number, and the frame with one of that byte's bits wrong."""
    for number in range(len(frame)):
        for bit in range(8):
            yield number, frame[:number] + bytes([frame[number] ^ 1 << bit]) + frame[number + 1 :]


def items(recording: Recording, data: bytes) -> tuple[list[Decoded], list[Damaged]]:
    """What a recording says, good and bad apart."""
    found = list(recording(data))
    return [one for one in found if isinstance(one, Decoded)], [one for one in found if isinstance(one, Damaged)]


def accepted(recording: Recording, data: bytes) -> list[Decimal]:
    """Every value that the recording gives out as undamaged."""
    return [m.value for one in items(recording, data)[0] for m in one.measurements]
