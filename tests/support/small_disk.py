"""A disk of a few megabytes, where the machine lets us mount one."""

import ctypes
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

_LIBC = ctypes.CDLL(None, use_errno=True)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Generator[Path]:
    """A tmpfs of that size on `folder`; skips the test where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={megabytes}m".encode()
    if _LIBC.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, options) != 0:
        pytest.skip(f"cannot mount a small disk ({os.strerror(ctypes.get_errno())}): needs root")
    try:
        yield folder
    finally:
        _LIBC.umount2(bytes(folder), 2)


def fill(folder: Path, leave: int = 0) -> Path:
    """Take all room on the disk but `leave` bytes."""
    stuffing = folder / "stuffing"
    space = os.statvfs(folder)
    with stuffing.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, space.f_bavail * space.f_frsize - leave))
    return stuffing
