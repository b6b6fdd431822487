"""A loudspeaker: the strokes of the village's kẻng, then the words of the call, by two programs of the system."""

import asyncio
import contextlib
from pathlib import Path
from shutil import which

from keng_edge.config import SpeakerOutput
from keng_edge.errors import ConfigError, OutputError
from keng_edge.outputs import Announcement, Surroundings
from keng_edge.outputs.announcements import Announcements
from keng_edge.outputs.phrases import Phrases, load
from keng_edge.outputs.running import Running
from keng_edge.patterns import EMERGENCIES, PatternKey, by_night
from keng_wire.conditions import ClockQuality
from keng_wire.event import FaultCode

ROUNDS = {
    PatternKey.ROUTINE: 1,
    PatternKey.ALL_CLEAR: 1,
    PatternKey.SELF_TEST: 1,
    PatternKey.DRILL: 2,
    PatternKey.SECURITY: 3,
}
"""How often a call that ends by itself is said; the others until they are silenced."""
BETWEEN_S = 0.5
RETRY_S = 2.0
LOUD = 100


class Speaker:
    """Plays one file after the other. While the words are missing the strokes sound alone, with a fault."""

    def __init__(self, section: SpeakerOutput, surroundings: Surroundings) -> None:
        self._section, self._around = section, surroundings
        self._made = Announcements(self._phrases(), section.voice, surroundings.data / "speaker")
        self._next = Announcement(PatternKey.FIRE)
        self._player: Running | None = None
        self._playing: asyncio.Task[None] | None = None
        self._preparing: asyncio.Task[None] | None = None

    def announce(self, announcement: Announcement) -> None:
        """What the next `switch(True)` says."""
        self._next = announcement

    async def switch(self, on: bool) -> None:
        """Begin to strike and speak, or stop in the middle of a word."""
        await self._end()
        if which(self._section.play[0]) is None:
            raise OutputError(f"cannot start {self._section.play[0]}: there is no such program")
        if on:
            call, volume = self._next, self._volume(self._next.pattern)
            ready = self._made.ready(call, volume)
            self._player = await self._start(ready or await self._at_once(call, volume))
            work = self._perform(call, volume, said=0 if ready is None else 1)
            self._playing = asyncio.create_task(work, name=f"speaker {self._section.id}")
        elif self._preparing is None:
            self._preparing = asyncio.create_task(self._prepare(), name=f"phrases of {self._section.id}")

    async def _perform(self, call: Announcement, volume: int, said: int) -> None:
        """Round after round; the first one plays already, and counts if it has its words."""
        rounds = ROUNDS.get(call.pattern)
        while True:
            works = await self._played()
            if works and rounds is not None and said >= rounds:
                return
            await self._around.clock.sleep(BETWEEN_S if works else RETRY_S)
            try:
                self._player = await self._start(await self._file(call, volume))
                said += 1
            except OutputError as error:
                self._fault("player", str(error))
                self._player = None

    async def _played(self) -> bool:
        """Wait for the end of what plays; false if it did not play."""
        if self._player is None:
            return False
        status = await self._player.wait()
        self._fault("player", f"{self._section.play[0]} ended with status {status}" if status else "")
        return status == 0

    async def _at_once(self, call: Announcement, volume: int) -> Path:
        """What can be played before there are words. A drill waits for them: it is never struck unmarked."""
        if call.drill or call.pattern is PatternKey.DRILL:
            return await self._made.whole(call, volume)
        return await self._made.strokes(call, volume)

    async def _file(self, call: Announcement, volume: int) -> Path:
        try:
            file = await self._made.whole(call, volume)
        except OutputError as error:
            self._fault("voice", str(error))
            return await self._at_once(call, volume)
        self._fault("voice", "")
        return file

    async def _start(self, file: Path) -> Running:
        return await Running.start([part.replace("{file}", str(file)) for part in self._section.play])

    async def _prepare(self) -> None:
        """What may have to be said in a hurry, made while nothing happens; a missing voice shows at once."""
        for pattern in sorted(EMERGENCIES):
            with contextlib.suppress(OutputError):
                await self._made.strokes(Announcement(pattern), LOUD)
        for place in self._around.places:
            for pattern in (PatternKey.FIRE, PatternKey.ALL_CLEAR):
                with contextlib.suppress(OutputError):
                    await self._file(Announcement(pattern, place), self._volume(pattern))

    async def _end(self) -> None:
        playing, self._playing = self._playing, None
        if playing is not None:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
        player, self._player = self._player, None
        if player is not None:
            await player.end()

    def _phrases(self) -> Phrases:
        try:
            return load(self._section.phrases_file)
        except ConfigError as error:
            self._fault("phrases", str(error))
            return load()

    def _volume(self, pattern: PatternKey) -> int:
        """Percent. Emergencies at full at any hour; with a clock that nobody set it counts as day."""
        if pattern in EMERGENCIES:
            return LOUD
        clock = self._around.clock
        night = clock.quality() is not ClockQuality.UNKNOWN and by_night(clock.utc_ms())
        return self._section.night_volume if night else self._section.day_volume

    def _fault(self, part: str, reason: str) -> None:
        """What is wrong with one part of it; empty: nothing any more."""
        if self._around.faults is not None:
            words = f"{self._section.id}: {reason}" if reason else ""
            self._around.faults.set(FaultCode.SOUNDER, bool(reason), words, f"{self._section.id} {part}")
