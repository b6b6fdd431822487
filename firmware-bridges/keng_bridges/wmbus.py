"""Telegrams of the wireless M-Bus (EN 13757-4, -7): link header, block checks, what is encrypted, the records' bytes.

Most receiver sticks check and strip the block CRCs. Without them nothing here can tell a wrong bit from a right one: a
bit error then gives another value, another sender, or nothing. With them a damaged telegram is refused.
"""

from dataclasses import dataclass
from typing import Final

from keng_bridges.errors import FrameError, PayloadError
from keng_bridges.mbus import maker

SND_NR, SND_IR = 0x44, 0x46
SHORTEST, LONGEST = 10, 255  # the L field counts everything behind itself
FIRST_BLOCK, BLOCK = 10, 16
SHORT, LONG, BARE = 0x7A, 0x72, 0x78
EXTENDED: Final = {0x8C: 2, 0x8D: 8}
"""CI of an extended link layer → bytes behind it; 8D is encrypted by itself and not read."""
AUTHENTICATION: Final = 0x90
CLEAR: Final = b"\x2f\x2f"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: eight digits, three letters, version and type; `address` are these eight bytes as they travel."""

    number: str
    maker: str
    version: int
    medium: int
    address: bytes


@dataclass(frozen=True, slots=True)
class Telegram:
    """One telegram. `payload` are records, or the maker's own data, still encrypted when `mode` is 5 or 7.

    `checked` says whether block CRCs were there (and held). `access` and `status` are None without a header.
    """

    offset: int
    size: int
    control: int
    sender: Sender
    ci: int
    payload: bytes
    checked: bool
    mode: int = 0
    blocks: int = 0
    access: int | None = None
    status: int | None = None
    counter: bytes | None = None

    @property
    def end(self) -> int:
        """Where the next telegram may begin."""
        return self.offset + self.size

    @property
    def encrypted(self) -> bool:
        """Whether it has to be decrypted: what begins with 2F 2F is clear, whatever the configuration word says."""
        return self.mode != 0 and not self.payload.startswith(CLEAR)


def parse(data: bytes, at: int = 0) -> Telegram | None:
    """The telegram that begins at `at`; None if more bytes are needed; `FrameError` if there is none."""
    if at + SHORTEST + 1 > len(data):
        return None
    length = data[at]
    letters = maker(data[at + 2 : at + 4])
    if length < SHORTEST or data[at + 1] not in (SND_NR, SND_IR) or not (letters.isascii() and letters.isalpha()):
        raise FrameError("no telegram begins here")
    body = _checked(data, at, length + 1)
    if body is not None:
        return _telegram(at, _size_with_checks(length + 1), body, checked=True)
    if at + length + 1 > len(data):
        return None
    return _telegram(at, length + 1, data[at : at + length + 1], checked=False)


def crc(data: bytes) -> int:
    """CRC-16/EN-13757: poly 0x3D65, init 0, final XOR FFFF, high byte first; `123456789` gives C2B7."""
    value = 0
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ 0x3D65 if value & 0x8000 else value << 1
            value &= 0xFFFF
    return value ^ 0xFFFF


def _size_with_checks(size: int) -> int:
    return size + 2 + 2 * -(-(size - FIRST_BLOCK) // BLOCK)


def _checked(data: bytes, at: int, size: int) -> bytes | None:
    """The telegram without its block CRCs (frame format A); None where they are not there or do not hold."""
    if at + _size_with_checks(size) > len(data):
        return None
    body, place, left = b"", at, FIRST_BLOCK
    while len(body) < size:
        block = data[place : place + min(left, size - len(body))]
        place += len(block)
        if crc(block) != int.from_bytes(data[place : place + 2], "big"):
            return None
        body, place, left = body + block, place + 2, BLOCK
    return body


def _telegram(at: int, size: int, body: bytes, *, checked: bool) -> Telegram:
    sender = _sender(body[4:8] + body[2:4] + body[8:10])
    ci, rest, counter = body[10] if len(body) > 10 else BARE, body[11:], None
    while ci in EXTENDED or ci == AUTHENTICATION:
        if ci == AUTHENTICATION:
            counter, skip = _counter(rest), 1 + (rest[0] if rest else 0)
        else:
            skip = EXTENDED[ci]
        if len(rest) <= skip:
            raise FrameError(f"the telegram ends inside its layer {ci:02X}")
        ci, rest = rest[skip], rest[skip + 1 :]
    if ci == LONG and len(rest) >= 8:
        sender, rest = _sender(rest[:8]), rest[8:]
    if ci not in (SHORT, LONG):
        return Telegram(at, size, body[1], sender, ci, rest, checked)
    if len(rest) < 4:
        raise FrameError("the telegram ends inside its header")
    word = int.from_bytes(rest[2:4], "little")
    mode = word >> 8 & 0x1F
    skip = 5 if mode == 7 else 4  # mode 7 has one byte more
    return Telegram(
        at, size, body[1], sender, ci, rest[skip:], checked, mode, word >> 4 & 0x0F, rest[0], rest[1], counter
    )


def _sender(address: bytes) -> Sender:
    """Number (4, low byte first), maker (2), version, type, as in a long header."""
    return Sender(address[3::-1].hex().upper(), maker(address[4:6]), address[6], address[7], address)


def _counter(layer: bytes) -> bytes | None:
    """The message counter of an authentication layer (EN 13757-7 clause 6.3), four bytes, if it has one."""
    if len(layer) < 4:
        return None
    fields, at = int.from_bytes(layer[1:3], "little"), 3
    if fields & 0x2000:  # a message control field follows
        at += 1
    if fields & 0x0200:  # key information
        at += 2
    return layer[at : at + 4] if fields & 0x0800 and len(layer) >= at + 4 else None


class Unreadable(PayloadError):
    """Encrypted, and no key for it, or the wrong one."""
