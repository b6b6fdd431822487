"""A file that only takes room, given up when an alarm finds the disk full."""

import os
from pathlib import Path


class Ballast:
    """`size` bytes kept in reserve; 0 keeps none."""

    def __init__(self, file: Path, size: int) -> None:
        self._file = file
        self._size = size

    @property
    def there(self) -> bool:
        """Whether there is something to give up."""
        return self._size > 0 and self._file.exists()

    def give_up(self) -> bool:
        """Free the room; false if it was free already."""
        if not self.there:
            return False
        self._file.unlink()
        return True

    def restore(self, spare: int = 4) -> None:
        """Take the room again once the disk has `spare` times as much to give, so that it does not flutter."""
        if self._size == 0 or self._file.exists():
            return
        space = os.statvfs(self._file.parent)
        if space.f_bavail * space.f_frsize < spare * self._size:
            return
        part = self._file.with_suffix(".part")
        try:
            with part.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
            part.rename(self._file)
        except OSError:
            part.unlink(missing_ok=True)  # somebody else was faster; the next look tries again
