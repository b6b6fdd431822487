"""Messages in parts: HDLC segments and general-block-transfer (IEC 62056-5-3 clause 9.3.5)."""

from dataclasses import dataclass
from typing import Final

from keng_bridges.dlms.axdr import Cursor
from keng_bridges.dlms.hdlc import Frame
from keng_bridges.errors import FrameError

TAG: Final = 0xE0
LARGEST: Final = 65_536
"""Bytes of one message; a longer one is no push of a meter."""
LLC_SIZE: Final = 3
LLCS: Final = (b"\xe6\xe7\x00", b"\xe6\xe6\x00")
_LAST: Final = 0x80


def has_llc(information: bytes) -> bool:
    """Whether a message begins with an LLC header."""
    return information.startswith(LLCS)


class Segments:
    """Joins the segments of one line's messages. Only the first frame of a message carries the LLC header."""

    def __init__(self) -> None:
        self._parts: list[Frame] = []
        self._size = 0

    @property
    def open(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._parts)

    def taken(self, frame: Frame, *, expected: bool = False) -> tuple[bytes, tuple[Frame, ...]] | None:
        """The message that this frame completes, without LLC, and its frames; a stray segment is a `FrameError`.

        `expected` says that a block of a longer message may come, which need not have an LLC header either.
        """
        if self._parts and (has_llc(frame.information) or frame.source != self._parts[0].source):
            self.drop()
        elif not self._parts and not has_llc(frame.information) and not expected:
            raise FrameError("no LLC header: the beginning of this message was lost, or it is no DLMS message")
        self._size += len(frame.information)
        if self._size > LARGEST:
            self.drop()
            raise FrameError(f"a message of more than {LARGEST} bytes")
        self._parts.append(frame)
        if frame.segmented:
            return None
        frames = tuple(self._parts)
        self.drop()
        message = b"".join(part.information for part in frames)
        return message[LLC_SIZE if has_llc(message) else 0 :], frames

    def drop(self) -> None:
        """Forget an unfinished message: a part of it was damaged."""
        self._parts, self._size = [], 0


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a message in general-block-transfer."""

    number: int
    last: bool
    part: bytes


def decode(apdu: bytes) -> Block:
    """`E0 control number acknowledged length part`, to its last byte; raises `FrameError`."""
    cursor = Cursor(apdu)
    if cursor.byte() != TAG:
        raise FrameError(f"APDU 0x{apdu[0]:02X} is no block")
    control, number = cursor.byte(), cursor.number(2)
    cursor.number(2)  # the last block of ours that it has; we send none
    part = cursor.octets()
    if cursor.left or not number:
        raise FrameError(f"block {number}, {cursor.left} bytes behind it")
    return Block(number, bool(control & _LAST), part)


class Blocks:
    """Joins blocks by their numbers, from 1 on without a hole."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    @property
    def open(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._parts)

    def taken(self, block: Block) -> bytes | None:
        """The message that this block completes; raises `FrameError` when one before it is missing."""
        if block.number == 1:
            self.drop()
        if block.number != len(self._parts) + 1 or sum(map(len, self._parts)) + len(block.part) > LARGEST:
            missing = len(self._parts) + 1
            self.drop()
            raise FrameError(f"block {block.number} where {missing} was expected, or a message that is too long")
        self._parts.append(block.part)
        if not block.last:
            return None
        message = b"".join(self._parts)
        self.drop()
        return message

    def drop(self) -> None:
        """Forget an unfinished message."""
        self._parts = []
