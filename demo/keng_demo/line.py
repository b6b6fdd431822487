"""The device's end of a serial cable: a pseudo-terminal whose other end any program opens like a real port."""

import asyncio
import contextlib
import os
import termios
import tty
from collections.abc import Callable
from pathlib import Path
from types import TracebackType


class Line:
    """`path` is what the node opens. Bytes the node does not take in time are lost, as on a real wire."""

    def __init__(self, received: Callable[[bytes], None], link: Path | None = None) -> None:
        self._received = received
        self._link = link
        self._master, self._slave = os.openpty()  # our own slave end stays open: no hang-up between two readers
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)

    def __enter__(self) -> "Line":
        if self._link is not None:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(self.path)
        asyncio.get_running_loop().add_reader(self._master, self._read)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Pull the cable: the node's next read fails."""
        if self._master < 0:
            return
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)
        self._master = -1
        if self._link is not None:
            self._link.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Put bytes on the wire."""
        if self._master >= 0:
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, data)

    @property
    def baud(self) -> int:
        """The speed the node has set on its end, in bits per second."""
        return _BAUD.get(termios.tcgetattr(self._slave)[4], 0)

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            self._received(os.read(self._master, 4096))


_BAUD = {getattr(termios, f"B{baud}"): baud for baud in (300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 115200)}
