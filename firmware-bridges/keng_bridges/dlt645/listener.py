"""Answers out of a stream of bytes; our own echo and the noise of a bus go by."""

from keng_bridges.dlt645.frame import LONGEST_DATA, OVERHEAD, Frame, frames

HELD = 4 * (LONGEST_DATA + OVERHEAD)


class Listener:
    """Feed it with bytes; `noise` says whether something came that is no frame yet."""

    def __init__(self) -> None:
        self._buffer = b""

    def received(self, data: bytes) -> list[Frame]:
        """The answers of meters that are whole now."""
        self._buffer = (self._buffer + data)[-HELD:]
        found = list(frames(self._buffer))
        if found:
            self._buffer = self._buffer[found[-1].end :]
        return [frame for frame in found if frame.is_answer]

    @property
    def noise(self) -> bool:
        """Whether bytes wait that are not a whole frame."""
        return bool(self._buffer)
