"""Takes one node's file piece by piece: resumable, bounded, checked against what its event announced."""

import asyncio
import logging
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from keng_hub.clock import Clock
from keng_hub.database import Database
from keng_hub.media import content, rows
from keng_hub.media.files import Files
from keng_hub.media.rows import Row
from keng_hub.media.settings import MB, MediaSection
from keng_hub.media.states import MediaState
from keng_hub.wakes import Wakes

log = logging.getLogger("keng.media")


class Unknown(Exception):
    """No event of that node announced such a file, or not yet."""


class Misplaced(Exception):
    """The piece does not begin where the file ends so far."""

    def __init__(self, progress: "Progress") -> None:
        super().__init__("misplaced")
        self.progress = progress


class NoRoom(Exception):
    """The disk has not enough room left, or refuses."""


class Progress(NamedTuple):
    """How far a file is; `wanted` says whether more of it is of use."""

    state: str
    offset: int
    wanted: bool


class Receiving:
    """One file of a node at a time; files of different nodes do not wait for each other."""

    def __init__(self, database: Database, files: Files, section: MediaSection, wakes: Wakes, clock: Clock) -> None:
        self._database, self._files, self._section = database, files, section
        self._wakes, self._clock = wakes, clock
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # one a node of the register

    async def progress(self, node: str, occurrence: str, sha256: str) -> Progress:
        """Where to go on."""
        row = await self._row(node, occurrence, sha256)
        return await self._progress(row)

    async def take(self, node: str, occurrence: str, sha256: str, offset: int, data: bytes) -> Progress:
        """Add a piece that begins at `offset`; Unknown, Misplaced or NoRoom say why it was not taken."""
        row = await self._row(node, occurrence, sha256)
        async with self._turns[node]:
            row = await self._row(node, occurrence, sha256)
            progress = await self._progress(row)
            if not progress.wanted:
                return progress
            if offset != progress.offset or offset + len(data) > row.size:
                raise Misplaced(progress)
            if row.size > self._section.max_mb * MB:
                reason = f"lớn hơn {self._section.max_mb} MB (larger than that)"
                await self._database.write(rows.refuse, row.id, reason, self._clock())
                self._wakes.after_commit()
                return Progress(MediaState.LOST, 0, wanted=False)
            row = await self._grown(row, offset, data)
            if offset + len(data) < row.size:
                return Progress(MediaState.ANNOUNCED, offset + len(data), wanted=True)
            return await self._whole(row)

    async def _row(self, node: str, occurrence: str, sha256: str) -> Row:
        row = await self._database.read(rows.find, node, occurrence, sha256)
        if row is None:
            raise Unknown
        return row

    async def _progress(self, row: Row) -> Progress:
        offset = await asyncio.to_thread(self._files.offset, row.file) if row.state == MediaState.ANNOUNCED else 0
        return Progress(row.state, min(offset, row.size), row.wanted)

    async def _grown(self, row: Row, offset: int, data: bytes) -> Row:
        if await asyncio.to_thread(self._files.spare) < self._section.spare_mb:
            raise NoRoom(f"less than {self._section.spare_mb} MB free")
        name = row.file
        if name is None:
            name = self._files.fresh_name(f"{datetime.fromtimestamp(self._clock() / 1000, UTC):%Y-%m}")
            await self._database.write(rows.name, row.id, name)
        try:
            await asyncio.to_thread(self._files.append, name, offset, data)
        except OSError as error:
            raise NoRoom(error.strerror or "the disk refuses") from None
        return replace(row, file=name)

    async def _whole(self, row: Row) -> Progress:
        assert row.file is not None
        head = await asyncio.to_thread(self._files.head, row.file, content.HEAD)
        suffix = content.suffix(head)
        try:
            digest = await asyncio.to_thread(self._files.digest, row.file)
        except OSError as error:
            raise NoRoom(error.strerror or "the disk refuses") from None
        if suffix is None or suffix != content.wanted(row.kind):
            return await self._aside(row, f"không phải {content.wanted(row.kind)} (is none)")
        if digest != row.sha256:
            return await self._aside(row, f"SHA-256 {digest[:16]}… khác tin báo (not what was announced)")
        whole = await asyncio.to_thread(self._files.finish, row.file, suffix)
        await self._database.write(rows.store, row.id, whole, self._clock())
        self._wakes.after_commit()
        return Progress(MediaState.STORED, row.size, wanted=False)

    async def _aside(self, row: Row, reason: str) -> Progress:
        assert row.file is not None
        log.warning("a %s was put into quarantine: %s", row.kind, reason)
        await asyncio.to_thread(self._files.set_aside, row.file)
        await self._database.write(rows.quarantine, row.id, reason, self._clock())
        self._wakes.after_commit()
        return Progress(MediaState.QUARANTINED, 0, wanted=row.tries + 1 < rows.TRIES)
