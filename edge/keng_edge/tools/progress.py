"""A bar on the terminal: how far through a file, or how long a stream has been watched."""

import sys
import time
from types import TracebackType

import av
import av.error

from keng_edge.cameras.address import Address

WIDTH = 30
EVERY_S = 0.2


class Progress:
    """Drawn on the error output where that is a terminal, and nothing elsewhere."""

    def __init__(self, address: Address, quiet: bool = False) -> None:
        self._shown = sys.stderr.isatty() and not quiet
        self._length = _length_s(address) if self._shown else None
        self._drawn = 0.0
        self._there = False

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def at(self, seconds: float) -> None:
        """So much of the source's own time has been seen."""
        now = time.monotonic()
        if not self._shown or now - self._drawn < EVERY_S:
            return
        self._drawn, self._there = now, True
        print(f"\r{bar(seconds, self._length)}\x1b[K", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Make room for a line of words."""
        if self._there:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._there = False


def bar(seconds: float, length: float | None) -> str:
    """How far it is, as one line."""
    if not length:
        return f"{seconds:7.1f} s"
    share = min(1.0, seconds / length)
    full = round(share * WIDTH)
    return f"[{'#' * full}{'.' * (WIDTH - full)}] {share:4.0%}  {seconds:.1f} / {length:.1f} s"


def _length_s(address: Address) -> float | None:
    """The length of a file, where it says so."""
    if address.is_stream or address.is_usb:
        return None
    try:
        with av.open(address.text) as container:
            return None if container.duration is None else container.duration / 1_000_000
    except (av.error.FFmpegError, OSError):
        return None
