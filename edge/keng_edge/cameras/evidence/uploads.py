"""Announces what the cameras kept and brings it to the hub: after the alarms, never before or beside one that waits."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn

from keng_edge.cameras.evidence import spool
from keng_edge.cameras.evidence.carrier import Carrier, Progress, Refused
from keng_edge.cameras.evidence.spool import Entry
from keng_edge.clock import Clock
from keng_edge.devices import backoff
from keng_wire.event import Event

log = logging.getLogger("keng.media")

LOOK_S = 1.0
PIECE = 128 * 1024
"""Bytes at once; an alarm that comes in the meantime has the line to itself after this much at most."""
UNHEARD_S = 600
"""A hub that knows nothing of a file after so long has lost its memory and is told again."""
SPOILT = "tệp hỏng tại trạm (the file was spoilt at the node)"


class Uploads:
    """One file at a time. `waiting` says whether an alarm waits for the hub: then nothing is sent."""

    def __init__(
        self,
        folder: Path,
        connect: Callable[[], Carrier],
        clock: Clock,
        announce: Callable[[Event], Awaitable[int]],
        waiting: Callable[[], bool],
    ) -> None:
        self._folder, self._connect, self._clock = folder, connect, clock
        self._announce, self._waiting = announce, waiting
        self._carrier: Carrier | None = None
        self._trouble = ""
        self.busy = False
        """Whether a file is on its way now; pictures for those who look wait for it."""
        self._unheard: dict[Path, int] = {}
        """Since when (uptime, ms) the hub knows nothing of a file."""

    async def run(self) -> NoReturn:
        """Work until cancelled; only changes are logged."""
        failures = 0
        try:
            while True:
                try:
                    pause = LOOK_S if await self.run_once() else 0.0
                    failures, self._trouble = 0, ""
                except (OSError, Refused) as error:
                    failures += 1
                    pause = backoff(failures)
                    self._say(str(error))
                    self._hang_up()
                await self._clock.sleep(pause)
        finally:
            self._hang_up()

    async def run_once(self) -> bool:
        """Announce what is new and bring one file, or a part of it; whether there is nothing to do for now."""
        entries = await asyncio.to_thread(spool.waiting, self._folder)
        self._unheard = {path: up for path, up in self._unheard.items() if any(path == one.path for one in entries)}
        for entry in entries:
            if not entry.note.announced:
                await self._tell(entry)
                return False
        for entry in entries:
            if self._waiting():
                return True
            self.busy = True
            try:
                if await self._bring(entry):
                    return False
            finally:
                self.busy = False
        return True

    async def _tell(self, entry: Entry) -> None:
        await self._announce(entry.body(self._clock))
        if entry.note.media.lost is not None:
            await asyncio.to_thread(entry.forget)
        else:
            await asyncio.to_thread(entry.changed, announced=True)

    async def _bring(self, entry: Entry) -> bool:
        """Bring a file as long as no alarm waits; False when the hub has not heard of it yet."""
        media = entry.note.media
        try:
            progress = await self._do(lambda carrier: carrier.ask(media))
        except Refused as error:
            if error.status != 404:
                raise
            await self._not_heard(entry)
            return False
        while progress.wanted:
            if progress.state == "quarantined" and await asyncio.to_thread(_spoilt, entry):
                await self._give_up(entry)
                return True
            if self._waiting():
                return True
            progress = await self._piece(entry, progress)
        log.info("camera %s: %s %s at the hub", media.device, media.media, progress.state)
        await asyncio.to_thread(entry.forget)
        return True

    async def _piece(self, entry: Entry, progress: Progress) -> Progress:
        try:
            piece = await asyncio.to_thread(_read, entry.file, progress.offset)
        except FileNotFoundError:
            return Progress("gave way", 0, wanted=False) if not entry.path.exists() else await self._lost(entry)
        if not piece and progress.offset < entry.note.media.size:
            return await self._lost(entry)
        return await self._do(lambda carrier: carrier.bring(entry.note.media, progress.offset, piece))

    async def _lost(self, entry: Entry) -> Progress:
        await self._give_up(entry)
        return Progress("lost", 0, wanted=False)

    async def _give_up(self, entry: Entry) -> None:
        media = entry.note.media.model_copy(update={"lost": SPOILT})
        await self._announce(Entry(entry.path, entry.note.model_copy(update={"media": media})).body(self._clock))
        await asyncio.to_thread(entry.forget)

    async def _not_heard(self, entry: Entry) -> None:
        now = self._clock.up_ms()
        since = self._unheard.setdefault(entry.path, now)
        if now - since > UNHEARD_S * 1000:
            del self._unheard[entry.path]
            await asyncio.to_thread(entry.changed, announced=False)

    async def _do(self, call: Callable[[Carrier], Progress]) -> Progress:
        if self._carrier is None:
            self._carrier = await asyncio.to_thread(self._connect)
        return await asyncio.to_thread(call, self._carrier)

    def _hang_up(self) -> None:
        if self._carrier is not None:
            self._carrier.close()
            self._carrier = None

    def _say(self, trouble: str) -> None:
        if trouble != self._trouble:
            log.warning("stills and clips wait: %s", trouble)
            self._trouble = trouble


def _read(file: Path, offset: int) -> bytes:
    with file.open("rb") as opened:
        opened.seek(offset)
        return opened.read(PIECE)


def _spoilt(entry: Entry) -> bool:
    try:
        return spool.digest(entry.file) != entry.note.media.sha256
    except FileNotFoundError:
        return True
