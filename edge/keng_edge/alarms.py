"""The node's only judge of alarms: on disk first, then ringing; latched until a named person resets."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping

from pydantic import ValidationError

from keng_edge.clock import Clock
from keng_edge.config import Coincidence, ZoneSection
from keng_edge.devices import Trigger
from keng_edge.errors import Refused
from keng_edge.latch import Latch, Source, fresh
from keng_edge.outbox import Outbox
from keng_edge.patterns import RANK, PatternKey, allowed
from keng_edge.sounding import Sound, Sounders
from keng_wire.alarm import Alarm, Category, Cause, Evidence, Phase, Severity
from keng_wire.conditions import ClockQuality
from keng_wire.topics import MessageClass

log = logging.getLogger("keng.alarms")

DISK_S = 1.0
"""How long the disk may keep an alarm waiting before it rings all the same."""
SELF_TEST_MS = 1500
_NOTE = "latch/"


class LocalAlarms:
    """All open alarms. `zone` gives the zone of a name (None: of the whole node), `places` where each device is."""

    def __init__(
        self,
        outbox: Outbox,
        sounders: Sounders,
        clock: Clock,
        node: str,
        zone: Callable[[str | None], ZoneSection],
        places: Mapping[str, str | None] | None = None,
    ) -> None:
        self._places = places or {}
        self._outbox, self._sounders, self._clock, self._node, self._zone = outbox, sounders, clock, node, zone
        self._turn = asyncio.Lock()
        self._latches: dict[str, Latch] = {}
        self._tests: dict[str, tuple[str, Trigger]] = {}
        self._self_test_until = 0
        self._chirps: dict[str, Sound] = {}
        self._unfinished: set[asyncio.Future[int]] = set()
        self._cancel_window_s: float | None = None
        self._coincidence_s: float | None = None
        self._listeners: list[Callable[[], None]] = []

    def on_change(self, call: Callable[[], None]) -> None:
        """Call this after whatever may have changed what rings."""
        self._listeners.append(call)

    @property
    def latches(self) -> list[Latch]:
        """All open alarms, oldest first."""
        return list(self._latches.values())

    def latched(self, device: str) -> bool:
        """Whether an alarm of a source waits for its reset."""
        return any(device in latch.sources for latch in self._latches.values())

    def adjust(self, cancel_window_s: float | None, coincidence_s: float | None) -> None:
        """Settings of the hub that go before those of the file."""
        self._cancel_window_s, self._coincidence_s = cancel_window_s, coincidence_s

    def wake(self) -> None:
        """After a start: what was latched sounds again, unless it was silenced."""
        for key, text in sorted(self._outbox.notes(_NOTE).items()):
            try:
                latch = Latch.model_validate_json(text)
            except ValidationError:
                log.error("latched alarm %s cannot be read: %s", key, text)
                continue
            latch.restarted(self._clock.boot, self._clock.up_ms())
            self._latches[latch.occurrence] = latch
            log.info("alarm %s of %s is still latched", latch.occurrence, latch.device)
        self._sound()

    async def trigger(self, trigger: Trigger) -> str:
        """A source asks for an alarm; the answer is the occurrence it belongs to."""
        async with self._turn:
            now = self._clock.up_ms()
            if trigger.test:
                return await self._test(trigger)
            known = self._of(trigger)
            if known is not None:
                return await self._again(known, trigger)
            window = self._coincidence_ms(trigger.zone)
            for latch in self._latches.values():
                if latch.joins(trigger, now, window):
                    latch.join(trigger, now)
                    await self._record(latch, Phase.CONFIRMED, trigger)
                    return latch.occurrence
            return await self._raise(trigger, now)

    async def cleared(self, device: str) -> None:
        """A source went back to normal by itself; the latch stays."""
        async with self._turn:
            if device in self._tests:
                occurrence, trigger = self._tests.pop(device)
                await self._store(fresh(occurrence, trigger, self._clock).message(Phase.CLEARED, trigger), {})
            for latch in self._with(device, not_yet=Source.NORMAL):
                latch.sources[device] = Source.NORMAL
                await self._record(latch, Phase.CLEARED, device=device)

    async def lost(self, device: str) -> None:
        """A source fell silent: unknown, not over."""
        async with self._turn:
            for latch in self._with(device, not_yet=Source.UNKNOWN):
                latch.sources[device] = Source.UNKNOWN
                await self._record(latch, Phase.LOST, device=device)

    async def still_active(self, device: str) -> None:
        """A source that was unknown or normal says that it holds."""
        async with self._turn:
            for latch in self._with(device, not_yet=Source.ACTIVE):
                latch.sources[device] = Source.ACTIVE
                await self._record(latch, Phase.RAISED, device=device)

    async def switched_off(self, device: str) -> None:
        """A person disabled a source: it holds no alarm back any more. What is latched stays and goes on sounding."""
        async with self._turn:
            for latch in self._with(device, not_yet=Source.DISABLED):
                if not latch.isolated:
                    latch.sources[device] = Source.DISABLED
                    await self._outbox.note({_NOTE + latch.occurrence: latch.model_dump_json()})

    async def switched_on(self, device: str) -> None:
        """It counts again: unknown until it speaks."""
        async with self._turn:
            for latch in self._latches.values():
                if latch.sources.get(device) is Source.DISABLED:
                    latch.sources[device] = Source.UNKNOWN

    def test_over(self, device: str) -> None:
        """A source is no longer under test: what it says from now on is a new result, or an alarm."""
        self._tests.pop(device, None)

    async def chirp(self, zone: str | None, occurrence: str, frame: int | None) -> None:
        """One chirp at the house of a point under proof test, by day: so its way to the sounder is measured."""
        async with self._turn:
            if self._chirps_allowed:
                sound = Sound(PatternKey.SELF_TEST, occurrence, frame)
                self._chirps = dict.fromkeys(self._zone(zone).house, sound)
                self._self_test_until = self._clock.up_ms() + SELF_TEST_MS
                self._sound()

    async def cancel(self, by: str, zone: str | None) -> bool:
        """The button at the house: within the window the neighbours stay quiet; false if no window is running."""
        async with self._turn:
            chosen = [latch for latch in self._latches.values() if latch.spread_at and zone in (None, latch.zone)]
            for latch in chosen:
                latch.cancel(self._clock.up_ms())
                await self._record(latch, Phase.CANCELLED, by=by)
            return bool(chosen)

    async def silence(self, by: str, reason: str | None, occurrence: str | None = None) -> None:
        """Stop the sounders of one alarm or of all. A cancel window goes on: who silences has not said "no fire"."""
        async with self._turn:
            for latch in self._chosen(occurrence):
                latch.silence(self._clock.up_ms())
                await self._record(latch, Phase.SILENCED, by=by, reason=reason)

    async def reset(self, by: str, reason: str | None, occurrence: str | None = None) -> None:
        """End one alarm or all; refused while a source is active."""
        async with self._turn:
            chosen = self._chosen(occurrence)
            held = sorted({name for latch in chosen for name, how in latch.sources.items() if how is Source.ACTIVE})
            if held:
                raise Refused(f"đầu báo còn đang báo động (still active): {', '.join(held)}")
            for latch in chosen:
                del self._latches[latch.occurrence]
                await self._record(latch, Phase.RESET, by=by, reason=reason)

    async def drill(self, by: str, reason: str | None) -> None:
        """A drill for all houses of this node, marked as one everywhere."""
        async with self._turn:
            trigger = Trigger(self._node, Category.FIRE, Severity.INFO, Cause.OTHER, Evidence.PERSON)
            latch = fresh(secrets.token_hex(8), trigger, self._clock)
            latch.drill, latch.sources, latch.neighbours = True, {}, True
            self._latches[latch.occurrence] = latch
            await self._record(latch, Phase.RAISED, by=by, reason=reason)

    async def self_test(self) -> None:
        """One chirp of every output, by day and while nothing rings."""
        async with self._turn:
            if self._sounders.sounding:
                raise Refused("đang có báo động (an alarm is sounding)")
            if not self._chirps_allowed:
                raise Refused("giờ yên lặng 22:00-06:00 (quiet hours)")
            self._chirps = dict.fromkeys(self._sounders.names, Sound(PatternKey.SELF_TEST))
            self._self_test_until = self._clock.up_ms() + SELF_TEST_MS
            self._sound()

    async def tick(self) -> None:
        """Time passed: windows and silences run out. Call it a few times a second."""
        async with self._turn:
            now = self._clock.up_ms()
            for latch in list(self._latches.values()):
                if latch.spread_due(now):
                    latch.spread()
                    await self._record(latch, Phase.SPREAD)
                elif latch.silence_over(now, self._window_ms(latch.zone)):
                    await self._outbox.note({_NOTE + latch.occurrence: latch.model_dump_json()})
            self._sound()

    async def _raise(self, trigger: Trigger, now: int) -> str:
        latch = fresh(secrets.token_hex(8), trigger, self._clock)
        latch.audible = trigger.category is not Category.SECURITY or self._zone(trigger.zone).security_sounds
        self._latches[latch.occurrence] = latch
        at_once = latch.open_gate(now, self._window_ms(trigger.zone))
        await self._record(latch, Phase.RAISED, trigger)
        if at_once:
            latch.spread()
            await self._record(latch, Phase.SPREAD, trigger)
        return latch.occurrence

    async def _again(self, latch: Latch, trigger: Trigger) -> str:
        """The same source: news only if it was not known to hold."""
        if self._counts_twice(latch, trigger):
            latch.confirm(trigger.device, self._clock.up_ms())
            await self._record(latch, Phase.CONFIRMED, trigger)
            return latch.occurrence
        latch.last_trigger = self._clock.up_ms()
        reconnected = latch.isolated and not trigger.disabled
        surer = latch.evidence is Evidence.ADVISORY and trigger.evidence is not Evidence.ADVISORY
        if surer:
            latch.evidence = trigger.evidence  # the same source again, and this time it counts
        if reconnected or surer:
            latch.isolated = latch.isolated and not reconnected
            latch.open_gate(latch.last_trigger, self._window_ms(latch.zone))
        if latch.sources[trigger.device] is Source.NORMAL and trigger.evidence is Evidence.PERSON:
            latch.silenced_until = None  # a person pressed again: that is a new call, not the same one
        if reconnected or surer or latch.sources[trigger.device] is not Source.ACTIVE:
            latch.sources[trigger.device] = Source.ACTIVE
            await self._record(latch, Phase.RAISED, trigger)
        return latch.occurrence

    async def _test(self, trigger: Trigger) -> str:
        """A point under test: recorded as a test, latched and sounded by nobody."""
        known = self._tests.get(trigger.device)
        if known is not None:
            return known[0]
        latch = fresh(secrets.token_hex(8), trigger, self._clock)
        self._tests[trigger.device] = latch.occurrence, trigger
        await self._store(latch.message(Phase.RAISED, trigger), {}, trigger.up)
        return latch.occurrence

    async def _record(
        self,
        latch: Latch,
        phase: Phase,
        trigger: Trigger | None = None,
        *,
        device: str | None = None,
        by: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Disk first, then the sounders."""
        body = latch.message(phase, trigger, device=device, by=by, reason=reason)
        kept = latch.model_dump_json() if phase is not Phase.RESET else None
        await self._store(body, {_NOTE + latch.occurrence: kept}, trigger.up if trigger else None)
        self._sound(trigger.frame if trigger else None)
        log.info("alarm %s %s: %s %s", latch.occurrence, phase, body.device, latch.cause)

    async def _store(self, body: Alarm, notes: dict[str, str | None], up: int | None = None) -> None:
        # An alarm overtakes the inventory, so the hub may not know its device yet.
        body = body.model_copy(update={"place": self._places.get(body.device)})
        stored = asyncio.ensure_future(self._outbox.append(MessageClass.ALARM, body, up, notes))
        done, _ = await asyncio.wait({stored}, timeout=DISK_S)
        if not done:
            log.error("the disk has not taken an alarm within %.0f s: it rings all the same", DISK_S)
            self._unfinished.add(stored)
            stored.add_done_callback(self._unfinished.discard)
        elif stored.exception() is not None:
            log.error("an alarm could not be stored: it rings all the same", exc_info=stored.exception())

    def _sound(self, frame: int | None = None) -> None:
        """Tell every output what to play: of all alarms that want it, the gravest."""
        wanted: dict[str, Sound] = {}
        if self._clock.up_ms() < self._self_test_until:
            wanted = dict(self._chirps)
        for latch in self._latches.values():
            call = latch.call
            if call is None or latch.silenced_until is not None:
                continue
            zone = self._zone(latch.zone)
            for output in [*zone.house, *(zone.neighbours if latch.neighbours else ())]:
                now = wanted.get(output)
                if now is None or RANK.index(call) < RANK.index(now.pattern):
                    holds = latch.drill or latch.holds
                    wanted[output] = Sound(call, latch.occurrence, frame, zone.name, latch.drill, holds)
        self._sounders.play(wanted)
        for listener in self._listeners:
            listener()

    def _of(self, trigger: Trigger) -> Latch | None:
        """The alarm it belongs to; that of a disabled point keeps apart from one that sounds."""
        same = [latch for latch in self._latches.values() if trigger.device in latch.sources]
        same = [latch for latch in same if latch.category is trigger.category]
        apart = [latch for latch in same if latch.isolated] if trigger.disabled else same
        return min(apart, key=lambda latch: latch.isolated, default=None)

    def _counts_twice(self, latch: Latch, trigger: Trigger) -> bool:
        if self._zone(latch.zone).coincidence is not Coincidence.ONE_POINT_TWICE:
            return False
        return latch.twice(trigger, self._clock.up_ms(), self._coincidence_ms(latch.zone))

    def _with(self, device: str, not_yet: Source) -> Iterable[Latch]:
        latches = list(self._latches.values())
        found = [latch for latch in latches if latch.sources.get(device, not_yet) is not not_yet]
        if not_yet is Source.NORMAL:
            return found
        return [latch for latch in found if latch.sources[device] is not Source.DISABLED]

    def _chosen(self, occurrence: str | None) -> list[Latch]:
        chosen = [latch for latch in self._latches.values() if occurrence in (None, latch.occurrence)]
        if not chosen:
            raise Refused("không có báo động nào như vậy ở trạm này (no such alarm here)")
        return chosen

    def _window_ms(self, zone: str | None) -> int:
        setting = self._cancel_window_s
        return round((self._zone(zone).cancel_window_s if setting is None else setting) * 1000)

    def _coincidence_ms(self, zone: str | None) -> int:
        """How close in time two sources belong together; 0 where coincidence is off."""
        section = self._zone(zone)
        if section.coincidence is Coincidence.OFF:
            return 0
        return round((section.coincidence_s if self._coincidence_s is None else self._coincidence_s) * 1000)

    @property
    def _chirps_allowed(self) -> bool:
        trusted = self._clock.quality() is not ClockQuality.UNKNOWN
        return not trusted or allowed(PatternKey.SELF_TEST, self._clock.utc_ms())
