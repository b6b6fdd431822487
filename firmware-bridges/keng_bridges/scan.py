"""Finds the frames of a recording one behind the other, and the stretches between them that are none."""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar


class Placed(Protocol):
    """A frame that knows where it ends."""

    @property
    def end(self) -> int:
        """Where the next one may begin."""
        ...


F = TypeVar("F", bound=Placed)


def scan(data: bytes, frame_at: Callable[[int, bool], F | None]) -> Iterator[F | range]:
    """Each frame, and each stretch of bytes that belong to none as the range of their places.

    `frame_at` is asked with a place and whether a frame, or the recording, has just ended or begun there.
    """
    lost = at = 0
    while at < len(data):
        frame = frame_at(at, lost == at)
        if frame is None:
            at += 1
            continue
        if lost < at:
            yield range(lost, at)
        yield frame
        lost = at = frame.end
    if lost < len(data):
        yield range(lost, len(data))
