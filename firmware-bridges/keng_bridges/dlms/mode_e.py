"""How a meter at an optical head is asked for HDLC (IEC 62056-21 mode E, IEC 62056-46 annex B): at 300 baud, 7E1."""

import re
from typing import Final

from keng_bridges.errors import Refused
from keng_bridges.iec62056_21.plan import ACK, SPEEDS_C

REQUEST: Final = b"/?!\r\n"
FIRST_SPEED: Final = 300
LONGEST: Final = 64
"""Bytes that are waited for before the end of an identification."""
_IDENT: Final = re.compile(rb"/[A-Za-z]{3}([ -~])([ -~]{0,32})\r\n")


def offered(heard: bytes, fastest: int) -> int | None:
    """The speed of an identification that offers HDLC, at most `fastest`; None while it is not complete.

    Raises `Refused` for a meter that speaks only IEC 62056-21. Noise and our own echo before it are passed over.
    """
    found = _IDENT.search(bytes(byte & 0x7F for byte in heard))
    if found is None:
        return None
    letter, model = found.group(1).decode(), found.group(2)
    if letter not in SPEEDS_C or b"\\2" not in model:
        raise Refused("the meter does not offer HDLC (no \\2 in its identification): it is read by IEC 62056-21")
    return max(speed for speed in SPEEDS_C.values() if speed <= max(FIRST_SPEED, min(fastest, SPEEDS_C[letter])))


def confirmation(speed: int) -> bytes:
    """`ACK 2 Z 2`: HDLC, at this speed, binary."""
    letter = next(letter for letter, known in SPEEDS_C.items() if known == speed)
    return ACK + f"2{letter}2\r\n".encode("ascii")
