"""Bells, sirens and lamps: each output plays the call that is wanted of it, by itself and whatever the others do."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple

from keng_edge.clock import Clock
from keng_edge.errors import EdgeError, OutputAway
from keng_edge.faults import Faults
from keng_edge.outputs import Output, Tuned
from keng_edge.patterns import PatternKey, timeline
from keng_edge.wake import Wake
from keng_wire.event import FaultCode, Sounder

log = logging.getLogger("keng.sounders")

RETRY_S = 2.0
SWITCH_S = 3.0
START_MS, START_RETRY_S = 10_000, 0.2
"""So long after the node's start a board may be away without being a fault: its port is only being opened."""


class Sound(NamedTuple):
    """What an output should play, for which alarm, and when the causing frame came in (ms since boot)."""

    pattern: PatternKey
    occurrence: str | None = None
    frame: int | None = None


class Sounders:
    """All outputs of the node. `tell` takes an event without waiting."""

    def __init__(
        self, outputs: Mapping[str, Output], clock: Clock, faults: Faults, tell: Callable[[Sounder], None]
    ) -> None:
        self._players = {name: _Player(name, output, clock, faults, tell) for name, output in outputs.items()}

    @property
    def names(self) -> list[str]:
        """The ids of all outputs."""
        return list(self._players)

    @property
    def sounding(self) -> bool:
        """Whether any output is wanted for anything."""
        return any(player.wanted is not None for player in self._players.values())

    def play(self, wanted: Mapping[str, Sound]) -> None:
        """From now on each output plays this; one that is not named is quiet. The same call goes on undisturbed."""
        for name, player in self._players.items():
            player.want(wanted.get(name))

    async def run(self) -> None:
        """Play, until cancelled; then everything is quiet."""
        async with asyncio.TaskGroup() as group:
            for name, player in self._players.items():
                group.create_task(player.run(), name=f"sounder {name}")


class _Player:
    """One output."""

    def __init__(
        self, name: str, output: Output, clock: Clock, faults: Faults, tell: Callable[[Sounder], None]
    ) -> None:
        self._name, self._output, self._clock, self._faults, self._tell = name, output, clock, faults, tell
        self._news = Wake(clock)
        self._begun, self._quiet = clock.up_ms(), False
        self.wanted: Sound | None = None

    def want(self, sound: Sound | None) -> None:
        if (self.wanted and self.wanted.pattern) != (sound and sound.pattern):
            self.wanted = sound
            self._news.ring()

    async def run(self) -> None:
        """Quiet at start: an output that kept ringing through a crash would hide the next alarm."""
        try:
            await self._switch(False)
            while True:
                self._news.clear()
                if self.wanted is not None:
                    await self._play(self.wanted)
                elif not await self._news.wait(None if self._quiet else self._pause):
                    await self._switch(False)
        finally:
            await self._switch(False)

    async def _play(self, sound: Sound) -> None:
        told = False
        if isinstance(self._output, Tuned):
            self._output.tune(sound.pattern)
        for on, seconds in timeline(sound.pattern):
            end = self._clock.up_ms() + round(seconds * 1000)
            works = await self._switch(on)
            if works and on and not told:
                told = True
                self._tell(self._event(sound, on=True))
            if await self._wait_until(end, on, works):
                break
        else:
            await self._switch(False)
            await self._news.wait()
        await self._switch(False)
        if told:
            self._tell(self._event(sound, on=False))

    async def _wait_until(self, end: int, on: bool, works: bool) -> bool:
        """Stay so until `end`, trying again while the output fails; true when something else is wanted."""
        while (left := (end - self._clock.up_ms()) / 1000) > 0:
            if await self._news.wait(left if works else min(left, self._pause)):
                return True
            if not works:
                works = await self._switch(on)
        return False

    def _event(self, sound: Sound, on: bool) -> Sounder:
        since = None if sound.frame is None or not on else max(0, self._clock.up_ms() - sound.frame)
        return Sounder(
            output=self._name, pattern=sound.pattern.value, on=on, occurrence=sound.occurrence, since_frame=since
        )

    async def _switch(self, on: bool) -> bool:
        try:
            async with asyncio.timeout(SWITCH_S):
                await self._output.switch(on)
        except (EdgeError, OSError, TimeoutError) as error:
            self._quiet = False
            if not (isinstance(error, OutputAway) and self._starting):
                self._fault(str(error) or f"no answer within {SWITCH_S:.0f} s")
            return False
        except Exception as error:  # one broken output must never stop the others
            log.error("output %s: unexpected error", self._name, exc_info=True)
            self._quiet = False
            self._fault(type(error).__name__)
            return False
        self._quiet = not on
        self._faults.set(FaultCode.SOUNDER, False, cause=self._name)
        return True

    def _fault(self, reason: str) -> None:
        self._faults.set(FaultCode.SOUNDER, True, f"{self._name}: {reason}", self._name)

    @property
    def _starting(self) -> bool:
        return self._clock.up_ms() - self._begun < START_MS

    @property
    def _pause(self) -> float:
        return START_RETRY_S if self._starting else RETRY_S
