"""Finds HDLC frames in a stream of bytes, whatever stands between them."""

from collections.abc import Iterator
from dataclasses import dataclass

from keng_bridges.dlms.hdlc import FLAG, LONGEST, Frame, announced, decode, header
from keng_bridges.errors import FrameError


@dataclass(frozen=True, slots=True)
class Found:
    """A frame that begins at byte `offset` of everything that was received."""

    offset: int
    frame: Frame


@dataclass(frozen=True, slots=True)
class Lost:
    """Bytes from `offset` on that are no undamaged frame."""

    offset: int
    error: str


class FrameReader:
    """Finds frames in a stream. Bytes that are no frame are reported, never repaired; at most one frame is held."""

    def __init__(self) -> None:
        self._buffer = b""
        self._offset = 0
        self._noise: Lost | None = None

    @property
    def waiting(self) -> int:
        """Bytes that may become a frame."""
        return len(self._buffer)

    def received(self, data: bytes) -> Iterator[Found | Lost]:
        """The frames that are complete with these bytes, and what is lost."""
        for at in range(0, len(data), LONGEST):  # in pieces, so that what is held stays small
            self._buffer += data[at : at + LONGEST]
            yield from self._search(final=False)

    def ended(self) -> Iterator[Found | Lost]:
        """Nothing more comes: what is waiting is no frame, but a whole one may stand behind its beginning."""
        yield from self._search(final=True)
        if self._noise is not None:
            yield self._noise
            self._noise = None

    def _search(self, final: bool) -> Iterator[Found | Lost]:
        while self._buffer:
            start = self._buffer.find(FLAG)
            if start != 0:
                self._drop(len(self._buffer) if start < 0 else start, "no frame")
                continue
            if self._lone_flag(final):
                self._skip(1)
                continue
            try:
                frame = self._frame()
            except FrameError as error:
                self._drop(1, str(error))
                continue
            if frame is not None:
                yield from self._found(frame)
            elif final:
                self._drop(1, f"cut off after {len(self._buffer)} bytes")
            else:
                return

    def _lone_flag(self, final: bool) -> bool:
        """Flags may stand alone between frames, and one flag may end a frame and begin the next."""
        return self._buffer[1] >> 4 != 0xA if len(self._buffer) > 1 else final

    def _found(self, frame: Frame) -> Iterator[Found | Lost]:
        if self._noise is not None:
            yield self._noise
            self._noise = None
        yield Found(self._offset, frame)
        self._skip(frame.length + 1)

    def _frame(self) -> Frame | None:
        """The frame at the flag, None while bytes are missing. A wrong header is not waited for."""
        body = self._buffer[1:]
        if header(body) is None or len(body) <= announced(body):
            return None
        if body[announced(body)] != FLAG:
            raise FrameError("no flag where the frame ends")
        return decode(body[: announced(body)])

    def _drop(self, count: int, error: str) -> None:
        self._noise = self._noise or Lost(self._offset, error)
        self._skip(count)

    def _skip(self, count: int) -> None:
        self._buffer = self._buffer[count:]
        self._offset += count
