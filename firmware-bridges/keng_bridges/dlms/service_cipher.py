"""Service-specific global ciphering (IEC 62056-5-3 clause 9.3.2): each service has a ciphered tag of its own.

Meters that do not know general-glo-ciphering want it: C8 for a GET (C0), CC for its answer (C4), and so on.
"""

from typing import Final

from keng_bridges.dlms import cipher
from keng_bridges.dlms.axdr import Cursor, length_of
from keng_bridges.dlms.cipher import Ciphered, Keys
from keng_bridges.errors import FrameError

_SHIFT: Final = 8
ANSWERS: Final = (0xCC, 0xCF)
"""Ciphered answers to GET and to the reply to a challenge."""
CONTROL: Final = 0x30
"""Suite 0, authenticated and encrypted: what we send and all that we take."""


def sealed(plain: bytes, counter: int, text: bytes) -> bytes:
    """A request whose ciphered `text` (with its tag of authentication) was made with this counter."""
    content = bytes([CONTROL]) + counter.to_bytes(4, "big") + text
    return bytes([plain[0] + _SHIFT]) + length_of(len(content)) + content


def opened(answer: bytes, title: bytes, keys: Keys) -> tuple[int, bytes]:
    """The counter and the APDU inside an answer of the meter `title`; raises `FrameError` and `Refused`."""
    cursor = Cursor(answer)
    tag = cursor.byte()
    if tag not in ANSWERS:
        raise FrameError(f"an answer 0x{tag:02X} without the protection that was agreed")
    content = Cursor(cursor.octets())
    ciphered = Ciphered(cipher.GENERAL_GLO, title, content.byte(), content.number(4), content.take(content.left))
    if ciphered.control != CONTROL or cursor.left:
        raise FrameError(f"security control 0x{ciphered.control:02X}, {cursor.left} bytes behind the content")
    plain = cipher.opened(ciphered, keys)
    if plain[:1] != bytes([tag - _SHIFT]):
        raise FrameError("another service inside than its tag says")
    return ciphered.counter, plain
