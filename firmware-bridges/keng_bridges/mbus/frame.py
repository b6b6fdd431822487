"""Frames of the wired M-Bus (EN 13757-2 clause 5.3), checked by both lengths and their sum before they are believed."""

from dataclasses import dataclass
from typing import Final

from keng_bridges.errors import FrameError

ACK, SHORT, LONG, STOP = 0xE5, 0x10, 0x68, 0x16
SHORT_SIZE, HEAD, OVERHEAD = 5, 4, 6
SHORTEST, LONGEST = 3, 252
SELECTED, ANSWERING = 253, 254
"""Addresses: the one that was selected, the only one on the line."""

SND_NKE, SELECT, REQ_UD2, RSP_UD = 0x40, 0x53, 0x5B, 0x08
FCB: Final = 0x20
_SHORT_CONTROLS: Final = (SND_NKE, 0x5A, 0x7A, 0x5B, 0x7B)
_ANY_MAKER: Final = bytes.fromhex("FFFF FF FF")  # maker, version, medium


@dataclass(frozen=True, slots=True)
class Frame:
    """`control` is None for a bare acknowledgement, `ci` for a short frame; `data` stands behind the CI field."""

    offset: int
    size: int
    control: int | None = None
    address: int | None = None
    ci: int | None = None
    data: bytes = b""

    @property
    def is_answer(self) -> bool:
        """RSP_UD, with or without its ACD and DFC bits."""
        return self.ci is not None and self.control is not None and self.control & 0x4F == RSP_UD

    @property
    def end(self) -> int:
        """Where the next frame may begin."""
        return self.offset + self.size


def wake(address: int) -> bytes:
    """SND_NKE: the meter forgets the frame count, and whether it was selected."""
    return _short(SND_NKE, address)


def ask(address: int, *, toggle: bool) -> bytes:
    """REQ_UD2, with the frame count bit that alternates from one question to the next."""
    return _short(REQ_UD2 | (FCB if toggle else 0), address)


def select(number: str) -> bytes:
    """Select a meter by its eight digits, `F` for any digit, so that it answers to address 253.

    This is the one SND_UD that can be built: it writes nothing into the meter (EN 13757-7 clause 7).
    """
    if len(number) != 8 or not set(number) <= set("0123456789F"):
        raise ValueError(f"secondary address {number!r}: eight digits")
    body = bytes([SELECT, SELECTED, 0x52]) + bytes.fromhex(number)[::-1] + _ANY_MAKER
    return bytes([LONG, len(body), len(body), LONG]) + body + bytes([sum(body) & 0xFF, STOP])


def parse(data: bytes, at: int = 0) -> Frame | None:
    """The frame that begins at `at`; None if more bytes are needed; `FrameError` if there is none."""
    if at >= len(data):
        return None
    first = data[at]
    if first == ACK:
        return Frame(at, 1)
    if first == SHORT:
        return _parse_short(data, at)
    if first != LONG:
        raise FrameError("no frame begins here")
    head = data[at : at + HEAD]
    if len(head) == HEAD and (head[1] != head[2] or head[3] != LONG or not SHORTEST <= head[1] <= LONGEST):
        raise FrameError(f"lengths are {head[1]} and {head[2]}")
    if len(head) < HEAD or len(data) < at + head[1] + OVERHEAD:
        return None
    end = at + HEAD + head[1]
    _check(data[at + HEAD : end], data[end], data[end + 1])
    return Frame(at, head[1] + OVERHEAD, data[at + 4], data[at + 5], data[at + 6], data[at + 7 : end])


def _parse_short(data: bytes, at: int) -> Frame | None:
    if len(data) < at + SHORT_SIZE:
        return None
    control, address = data[at + 1], data[at + 2]
    _check(data[at + 1 : at + 3], data[at + 3], data[at + 4])
    if control not in _SHORT_CONTROLS:
        raise FrameError(f"control {control:02X} is none of a short frame")
    return Frame(at, SHORT_SIZE, control, address)


def _check(body: bytes, given: int, stop: int) -> None:
    computed = sum(body) & 0xFF
    if given != computed or stop != STOP:
        raise FrameError(f"check sum is {given:02X}, computed {computed:02X}, last byte {stop:02X}")


def _short(control: int, address: int) -> bytes:
    if not 0 <= address <= 255 or address in (251, 252):
        raise ValueError(f"M-Bus address {address}: 0 to 250, 253 for the selected meter, 254 for the only one")
    return bytes([SHORT, control, address, (control + address) & 0xFF, STOP])
