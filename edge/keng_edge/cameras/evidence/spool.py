"""What the hub does not have yet: files on disk by camera, each with a note beside it that makes it count."""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from keng_edge.cameras import whole_file
from keng_edge.clock import Clock
from keng_wire.event import Media, MediaKind

MB = 1_000_000
NOTE = ".json"
GAVE_WAY = "nhường chỗ tại trạm: đĩa hoặc hàng chờ gửi đầy (gave way at the node: disk or spool full)"


class Note(BaseModel):
    """What stands beside a file. `up` (ms, of `boot`) and `at` (UTC ms) are of its first picture."""

    model_config = ConfigDict(frozen=True)

    media: Media
    boot: str
    up: int
    at: int
    announced: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One file and its note."""

    path: Path
    """Of the note."""
    note: Note

    @property
    def file(self) -> Path:
        """Where the picture or clip is."""
        return self.path.with_suffix(".mp4" if self.note.media.media is MediaKind.CLIP else ".jpg")

    def body(self, clock: Clock) -> Media:
        """The event that announces it now. Another boot knows the time only by the clock on the wall."""
        same = self.note.boot == clock.boot
        ago = clock.up_ms() - self.note.up if same else clock.utc_ms() - self.note.at
        return self.note.media.model_copy(update={"ago": max(0, ago)})

    def changed(self, **values: object) -> Self:
        """With another note, written down."""
        changed = replace(self, note=self.note.model_copy(update=values))
        whole_file.write(changed.path, changed.note.model_dump_json().encode())
        return changed

    def forget(self) -> None:
        """The hub has it, or nobody will ever want it."""
        self.path.unlink(missing_ok=True)
        self.file.unlink(missing_ok=True)


class NoRoom(OSError):
    """The disk has to be left to alarms."""


class Shelf:
    """The files of one camera, at most `limit` bytes; the oldest give way, and `spare` bytes of the disk stay free."""

    def __init__(self, folder: Path, limit: int, spare: int) -> None:
        self.folder, self._limit, self._spare = folder, limit, spare
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._tidy()

    def put(self, note: Note, data: bytes | Path) -> Entry:
        """Keep a file (a `Path` is moved); OSError when the disk refuses, and then nothing of it is left."""
        self.make_room(note.media.size, on_disk=isinstance(data, Path))
        number = max((int(path.name.split(".")[0]) for path in self.folder.glob("[0-9]*.*")), default=0) + 1
        entry = Entry(self.folder / f"{number:012d}{NOTE}", note)
        try:
            if isinstance(data, Path):
                data.replace(entry.file)
            else:
                whole_file.write(entry.file, data)
            whole_file.write(entry.path, note.model_dump_json().encode())
        except OSError:
            entry.forget()
            raise
        return entry

    def entries(self) -> list[Entry]:
        """Oldest first."""
        return list(_entries(self.folder))

    def make_room(self, size: int, *, on_disk: bool = False) -> None:
        """Let the oldest give way to `size` more bytes, perhaps on the disk already; NoRoom when that is not enough."""
        kept = [entry for entry in self.entries() if entry.note.media.lost is None]
        used = sum(entry.note.media.size for entry in kept) + size
        needed = self._spare + (0 if on_disk else size)
        for entry in kept:
            if used <= self._limit and self._free() >= needed:
                return
            used -= entry.note.media.size
            _give_way(entry)
        if used > self._limit or self._free() < needed:
            raise NoRoom("the disk is left to alarms")

    def _free(self) -> int:
        return shutil.disk_usage(self.folder).free

    def _tidy(self) -> None:
        """A file without a note was being made when the node stopped."""
        for path in self.folder.iterdir():
            if path.suffix != NOTE and not path.with_suffix(NOTE).exists():
                path.unlink(missing_ok=True)


def waiting(folder: Path) -> list[Entry]:
    """What the hub does not have, of all cameras: stills before clips, new ones first, for people look at those now."""
    entries = [entry for camera in sorted(folder.glob("*/")) for entry in _entries(camera)]
    return sorted(entries, key=lambda entry: (entry.note.media.media is MediaKind.CLIP, -entry.note.at))


def digest(file: Path) -> str:
    """SHA-256 of a file as lower-case hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _give_way(entry: Entry) -> None:
    """The hub learns why it never comes; what it never heard of is simply gone."""
    entry.file.unlink(missing_ok=True)
    if entry.note.announced:
        entry.changed(media=entry.note.media.model_copy(update={"lost": GAVE_WAY}), announced=False)
    else:
        entry.forget()


def _entries(folder: Path) -> Iterator[Entry]:
    for path in sorted(folder.glob(f"[0-9]*{NOTE}")):
        try:
            yield Entry(path, Note.model_validate_json(path.read_bytes()))
        except FileNotFoundError:
            continue  # sent in the meantime
        except (OSError, ValidationError):
            path.unlink(missing_ok=True)  # a card that lost its bits
