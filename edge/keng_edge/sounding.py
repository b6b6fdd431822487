"""Bells, sirens and lamps: each output plays the call that is wanted of it, by itself and whatever the others do."""

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from keng_edge.calls import CallTable
from keng_edge.clock import Clock
from keng_edge.errors import EdgeError, OutputAway
from keng_edge.faults import Faults
from keng_edge.outputs import Announcement, Output, Speaking, Tuned
from keng_edge.patterns import RANK, Pattern, PatternKey, Plays, allowed, rhythm, timeline
from keng_edge.wake import Wake
from keng_wire.conditions import ClockQuality
from keng_wire.event import FaultCode, Sounder

log = logging.getLogger("keng.sounders")

RETRY_S = 2.0
SWITCH_S = 3.0
START_MS, START_RETRY_S = 10_000, 0.2
"""So long after the node's start a board may be away without being a fault: its port is only being opened."""


class Sound(NamedTuple):
    """What an output should play, for which alarm, and when the causing frame came in (ms since boot).

    `place` is what a speaker calls the place. `holds`: whether the cause holds or may hold, so that the call begins
    again after an auto-off.
    """

    pattern: PatternKey
    occurrence: str | None = None
    frame: int | None = None
    place: str | None = None
    drill: bool = False
    holds: bool = True
    text: str | None = None
    """What a speaker says instead of its phrase."""


def gravest(wanted: Iterable[tuple[str, Sound]]) -> dict[str, Sound]:
    """Output → the gravest sound that is wanted of it; among equals the first."""
    chosen: dict[str, Sound] = {}
    for output, sound in wanted:
        now = chosen.get(output)
        if now is None or RANK.index(sound.pattern) < RANK.index(now.pattern):
            chosen[output] = sound
    return chosen


class Sounders:
    """All outputs of the node. `tell` takes an event without waiting; `plays` names those that are no sirens."""

    def __init__(
        self,
        outputs: Mapping[str, Output],
        clock: Clock,
        faults: Faults,
        tell: Callable[[Sounder], None],
        plays: Mapping[str, Plays] | None = None,
    ) -> None:
        kinds = plays or {}
        self._players = {
            name: _Player(name, output, clock, faults, tell, kinds.get(name, Plays.SIREN))
            for name, output in outputs.items()
        }
        self._parts: dict[str, Mapping[str, Sound]] = {}

    def adopt(self, table: CallTable) -> None:
        """The village's table of calls, from the next call on."""
        for player in self._players.values():
            player.table = table

    @property
    def names(self) -> list[str]:
        """The ids of all outputs."""
        return list(self._players)

    @property
    def sounding(self) -> bool:
        """Whether any output is wanted for anything."""
        return any(player.wanted is not None for player in self._players.values())

    def play(self, wanted: Mapping[str, Sound], part: str = "alarms") -> None:
        """From now on this part of the node wants this of each output; one that nobody names is quiet.

        Of what several parts want the gravest is played. The same call goes on undisturbed.
        """
        self._parts[part] = wanted
        chosen = gravest(pair for one in self._parts.values() for pair in one.items())
        for name, player in self._players.items():
            player.want(chosen.get(name))

    async def run(self) -> None:
        """Play, until cancelled; then everything is quiet."""
        async with asyncio.TaskGroup() as group:
            for name, player in self._players.items():
                group.create_task(player.run(), name=f"sounder {name}")


class _Player:
    """One output."""

    def __init__(
        self,
        name: str,
        output: Output,
        clock: Clock,
        faults: Faults,
        tell: Callable[[Sounder], None],
        plays: Plays = Plays.SIREN,
    ) -> None:
        self._name, self._output, self._clock, self._faults, self._tell = name, output, clock, faults, tell
        self._plays = plays
        self._news = Wake(clock)
        self._begun, self._quiet = clock.up_ms(), False
        self.wanted: Sound | None = None
        self.table = CallTable()

    def want(self, sound: Sound | None) -> None:
        changed = _call(self.wanted) != _call(sound)
        self.wanted = sound
        if changed:
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
        """A call until something else is wanted; an endless one rests after a while and goes on if its cause holds."""
        if self._clock.quality() is not ClockQuality.UNKNOWN and not allowed(sound.pattern, self._clock.utc_ms()):
            await self._news.wait()  # quiet hours: the call is not given at all
            return
        if isinstance(self._output, Tuned):
            self._output.tune(sound.pattern)
        if isinstance(self._output, Speaking):
            self._output.announce(Announcement(sound.pattern, sound.place, sound.drill, sound.text))
        pattern = rhythm(self._plays, self.table.pattern(sound.pattern))
        while await self._sounded(sound, pattern):
            if pattern.limit is not None:
                await self._news.wait()
                return
            log.info("output %s: auto-off", self._name)
            if await self._rested():
                return

    async def _sounded(self, sound: Sound, pattern: Pattern) -> bool:
        """Once through, or to the auto-off; false when something else is wanted."""
        told, ended = False, True
        auto_off = math.inf if pattern.limit is not None else self._clock.up_ms() + round(self.table.auto_off_s * 1000)
        for on, seconds in timeline(pattern):
            now = self._clock.up_ms()
            if now >= auto_off:
                break
            works = await self._switch(on)
            if works and on and not told:
                told = True
                self._tell(self._event(sound, on=True))
            if await self._wait_until(min(now + round(seconds * 1000), auto_off), on, works):
                ended = False
                break
        await self._switch(False)
        if told:
            self._tell(self._event(sound, on=False))
        return ended

    async def _rested(self) -> bool:
        """The pause after an auto-off, as long as the cause does not hold; true when something else is wanted."""
        while not await self._news.wait(self.table.again_s):
            if self.wanted is not None and self.wanted.holds:
                return False
        return True

    async def _wait_until(self, end: float, on: bool, works: bool) -> bool:
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


def _call(sound: Sound | None) -> tuple[PatternKey, str | None, bool, str | None] | None:
    """What can be told apart by ear."""
    return sound and (sound.pattern, sound.place, sound.drill, sound.text)
