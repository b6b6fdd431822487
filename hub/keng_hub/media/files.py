"""The files of media on the hub's disk: names made here, whole only when renamed."""

import hashlib
import os
import secrets
import shutil
from pathlib import Path

from keng_hub.media.settings import MB

PART = ".part"
QUARANTINE = "quarantine"
BLOCK = 1 << 20


class Files:
    """Below one folder, mode 0700. All calls block; OSError when the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self) -> None:
        """Make the folder."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def fresh_name(self, month: str) -> str:
        """A new name, without suffix, in the folder of a month (`2026-11`)."""
        return f"{month}/{secrets.token_hex(16)}"

    def path(self, name: str) -> Path:
        """Where a file is."""
        return self.folder / name

    def offset(self, name: str | None) -> int:
        """How many bytes of an unfinished file are there."""
        try:
            return self._part(name).stat().st_size if name else 0
        except FileNotFoundError:
            return 0

    def append(self, name: str, offset: int, data: bytes) -> None:
        """Add to an unfinished file at `offset`; what a full disk took of it is taken back."""
        part = self._part(name)
        part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with part.open("ab") as file:
            try:
                file.write(data)
                file.flush()
            except OSError:
                os.ftruncate(file.fileno(), offset)
                raise

    def head(self, name: str, count: int) -> bytes:
        """The first bytes of an unfinished file."""
        with self._part(name).open("rb") as file:
            return file.read(count)

    def digest(self, name: str) -> str:
        """SHA-256 of an unfinished file, and everything of it on the disk when this returns."""
        total = hashlib.sha256()
        with self._part(name).open("rb+") as file:
            os.fsync(file.fileno())
            while block := file.read(BLOCK):
                total.update(block)
        return total.hexdigest()

    def finish(self, name: str, suffix: str) -> str:
        """Give a whole file its suffix; the name to remember comes back."""
        whole = name + suffix
        target = self.path(whole)
        self._part(name).rename(target)
        _sync_folder(target.parent)
        return whole

    def set_aside(self, name: str) -> None:
        """Put an unfinished file where nobody is shown it."""
        folder = self.folder / QUARANTINE
        folder.mkdir(mode=0o700, exist_ok=True)
        part = self._part(name)
        if part.exists():
            part.rename(folder / part.name)

    def delete(self, name: str) -> None:
        """Let a file go, whole or not."""
        for file in (self.path(name), self._part(name)):
            file.unlink(missing_ok=True)

    def spare(self) -> int:
        """MB free on the disk."""
        return shutil.disk_usage(self.folder).free // MB

    def strays(self, known: set[str], before: float) -> list[Path]:
        """Files that no row knows, last written before `before` (Unix time): what a crash left, and quarantine."""
        found: list[Path] = []
        for file in self.folder.glob("*/*"):
            name = str(file.relative_to(self.folder))
            if name not in known and name.removesuffix(PART) not in known and file.stat().st_mtime < before:
                found.append(file)
        return found

    def _part(self, name: str) -> Path:
        return self.folder / (name + PART)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
