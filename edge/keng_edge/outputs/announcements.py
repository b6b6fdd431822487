"""Files of strokes and words, made once and kept: the voice is a program, and may be missing."""

import asyncio
import os
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from keng_edge.errors import OutputError
from keng_edge.outputs import Announcement
from keng_edge.outputs.phrases import Phrases
from keng_edge.outputs.running import Running
from keng_edge.outputs.strokes import RATE, BadClip, Clip, from_wav, joined, struck, to_wav

SPEAK_S = 10.0
"""Longest that the voice may take for one sentence; a first call does not wait for it."""
KEPT = 150
"""Files; one has about half a megabyte. The oldest give way."""


class Announcements:
    """WAV files in `folder`. `voice` is a command whose `{text}` and `{file}` are replaced."""

    def __init__(self, phrases: Phrases, voice: Sequence[str], folder: Path) -> None:
        self._phrases, self._voice, self._folder = phrases, voice, folder

    def ready(self, announcement: Announcement, volume: int) -> Path | None:
        """The whole announcement, if it was made before."""
        file = self._whole(announcement, volume)
        return file if file.exists() else None

    async def whole(self, announcement: Announcement, volume: int) -> Path:
        """Strokes and words; OutputError when the voice cannot speak them."""
        file = self._whole(announcement, volume)
        if not file.exists():
            before, after = [await self._spoken(text) for text in self._phrases.words(announcement)]
            rate = next((clip.rate for clip in (before, after) if clip is not None), RATE)
            await self._keep(file, lambda: _mixed(announcement, before, after, rate, volume))
        return file

    async def strokes(self, announcement: Announcement, volume: int) -> Path:
        """The strokes alone."""
        file = self._file(f"{announcement.pattern}\n{volume}")
        if not file.exists():
            await self._keep(file, lambda: to_wav(joined([struck(announcement.pattern)], volume)))
        return file

    def _whole(self, announcement: Announcement, volume: int) -> Path:
        words = self._phrases.words(announcement)
        return self._file("\n".join([announcement.pattern, words.before, words.after, str(volume), *self._voice]))

    def _file(self, name: str) -> Path:
        return self._folder / f"{sha256(name.encode()).hexdigest()[:32]}.wav"

    async def _spoken(self, text: str) -> Clip | None:
        if not text:
            return None
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        part = self._folder / f"{os.getpid()}-{sha256(text.encode()).hexdigest()[:16]}.part"
        command = [word.replace("{file}", str(part)).replace("{text}", text) for word in self._voice]
        running = await Running.start(command)
        try:
            async with asyncio.timeout(SPEAK_S):
                status = await running.wait()
            if status != 0:
                raise OutputError(f"{command[0]} ended with status {status}")
            return from_wav(await asyncio.to_thread(part.read_bytes))
        except TimeoutError:
            raise OutputError(f"{command[0]} said nothing within {SPEAK_S:.0f} s") from None
        except (BadClip, OSError) as error:
            raise OutputError(f"{command[0]}: {error}") from None
        finally:
            await running.end()
            part.unlink(missing_ok=True)

    async def _keep(self, file: Path, make: Callable[[], bytes]) -> None:
        """Write it beside, then in its place; making takes its time and happens in a thread."""
        try:
            await asyncio.to_thread(self._write, file, make)
        except (OSError, BadClip) as error:
            raise OutputError(f"{file.name}: {error}") from None

    def _write(self, file: Path, make: Callable[[], bytes]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        known = sorted(self._folder.glob("*.wav"), key=lambda one: one.stat().st_mtime)
        for old in known[: len(known) - KEPT + 1]:
            old.unlink(missing_ok=True)
        part = file.with_suffix(".new")
        part.write_bytes(make())
        part.replace(file)


def _mixed(announcement: Announcement, before: Clip | None, after: Clip | None, rate: int, volume: int) -> bytes:
    clips = [before, struck(announcement.pattern, rate), after]
    return to_wav(joined([clip for clip in clips if clip is not None], volume))
