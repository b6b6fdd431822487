"""One alarm from its first detection to its reset, and the rules of who rings for it; no time passes in here.

The rules are the gate rules of the village: the house itself rings at once for everything; the neighbours ring at once
for a button or two independent detectors, after the cancel window for a single one, and never for an advisory source
alone. An alarm ends only by the reset of a named person, and what cannot be heard is never taken for normal.
"""

from enum import StrEnum

from pydantic import BaseModel

from keng_edge.clock import Clock
from keng_edge.devices import Trigger
from keng_edge.patterns import PatternKey
from keng_wire.alarm import Alarm, Category, Cause, Evidence, Phase, Severity

PERSON_MS = 120_000
"""A button and a detector belong together within this time where coincidence is off."""
SILENCE_MS = 600_000
"""A silence lasts so long at most; then what still holds sounds again."""


class Source(StrEnum):
    """How a source of an alarm stands now."""

    ACTIVE = "active"
    NORMAL = "normal"
    UNKNOWN = "unknown"
    DISABLED = "disabled"  # switched off by a person since: it holds nothing back and says nothing


_CALLS = {
    Category.FIRE: PatternKey.FIRE,
    Category.MEDICAL: PatternKey.SOS,
    Category.SECURITY: PatternKey.SECURITY,
}


class Latch(BaseModel):
    """The state of one occurrence, as it is stored. All times are ms since the boot `boot`.

    `spread_at` is the end of a running cancel window. `isolated`: from a source that is switched off by a person;
    shown, and silent. `audible`: whether this zone rings for this category at all.
    """

    occurrence: str
    boot: str
    category: Category
    severity: Severity
    cause: Cause
    evidence: Evidence
    device: str
    point: str | None = None
    zone: str | None = None
    sources: dict[str, Source] = {}
    last_trigger: int = 0
    spread_at: int | None = None
    neighbours: bool = False
    cancelled: bool = False
    silenced_until: int | None = None
    isolated: bool = False
    audible: bool = True
    drill: bool = False

    @property
    def call(self) -> PatternKey | None:
        """What it sounds like; None for what is only shown."""
        if self.isolated or not self.audible:
            return None
        return PatternKey.DRILL if self.drill else _CALLS.get(self.category)

    @property
    def active(self) -> bool:
        """Whether a source is known to hold; then it cannot be reset."""
        return Source.ACTIVE in self.sources.values()

    @property
    def holds(self) -> bool:
        """Whether a source holds or may hold: unknown is not normal."""
        return any(source in (Source.ACTIVE, Source.UNKNOWN) for source in self.sources.values())

    def joins(self, trigger: Trigger, now: int, coincidence_ms: int) -> bool:
        """Whether `trigger` of another source belongs to this alarm: same zone, same matter, close in time.

        Without coincidence (0 ms) only a person joins: a button is never a matter of coincidence.
        """
        if trigger.device in self.sources or self.drill or self.isolated or trigger.disabled:
            return False
        if coincidence_ms == 0 and Evidence.PERSON not in (self.evidence, trigger.evidence):
            return False
        if trigger.zone != self.zone or trigger.category is not self.category:
            return False
        if trigger.evidence is Evidence.ADVISORY and self.evidence is Evidence.ADVISORY:
            return False
        return now - self.last_trigger <= (coincidence_ms or PERSON_MS)

    def twice(self, trigger: Trigger, now: int, within_ms: int) -> bool:
        """Whether this is the one source's second alarm within the time, after it had gone back to normal."""
        counts = self.evidence is Evidence.SINGLE_DETECTOR and self.category is not Category.SECURITY
        back = self.sources.get(trigger.device) is Source.NORMAL
        return counts and back and not self.isolated and now - self.last_trigger <= within_ms

    def join(self, trigger: Trigger, now: int) -> None:
        """A second detector or a button: now it is sure, whatever was cancelled or silenced before."""
        person = Evidence.PERSON in (self.evidence, trigger.evidence)
        self.evidence = Evidence.PERSON if person else Evidence.TWO_DETECTORS
        self.sources[trigger.device] = Source.ACTIVE
        self.last_trigger = now
        self.spread_at, self.silenced_until, self.cancelled = None, None, False
        self.neighbours = True

    def confirm(self, device: str, now: int) -> None:
        """The same source twice: the neighbours ring, and how sure it is stays as it was."""
        self.sources[device], self.last_trigger = Source.ACTIVE, now
        self.spread_at, self.silenced_until, self.cancelled, self.neighbours = None, None, False, True

    def open_gate(self, now: int, window_ms: int) -> bool:
        """Decide about the neighbours when it begins (or begins again); true if the window runs out at once.

        One source alone never calls them for security: by custom the duty officer or the village head does.
        """
        if self.neighbours or self.isolated or self.evidence is Evidence.ADVISORY:
            return False
        if self.category is Category.SECURITY and self.evidence is Evidence.SINGLE_DETECTOR:
            return False
        if self.evidence is Evidence.SINGLE_DETECTOR:
            self.spread_at = now + window_ms
            return window_ms == 0
        self.neighbours = True
        return False

    def spread_due(self, now: int) -> bool:
        """Whether nobody cancelled within the window."""
        return self.spread_at is not None and now >= self.spread_at

    def spread(self) -> None:
        """The window has run out: the neighbours ring, and the house with them even if it was silenced."""
        self.spread_at, self.neighbours, self.silenced_until = None, True, None

    def cancel(self, now: int) -> None:
        """A person at the house says that it is nothing: quiet, and no neighbours, for the length of a silence."""
        self.spread_at, self.cancelled, self.silenced_until = None, True, now + SILENCE_MS

    def silence(self, now: int) -> None:
        """The sounders stop; the alarm stays."""
        self.silenced_until = now + SILENCE_MS

    def silence_over(self, now: int, window_ms: int) -> bool:
        """At the end of a silence: true if it sounds again because a source holds or cannot be heard."""
        if self.silenced_until is None or now < self.silenced_until:
            return False
        if not self.holds:
            self.silenced_until = now + SILENCE_MS
            return False
        self.silenced_until = None
        if self.cancelled:
            self.cancelled = False
            self.open_gate(now, window_ms)
        return True

    def restarted(self, boot: str, now: int) -> None:
        """The node came up again: nothing is known of the sources, and times of another boot mean nothing.

        A window that was running is over (nobody can have cancelled); a silence goes on for its full length at most.
        """
        self.sources = dict.fromkeys(self.sources, Source.UNKNOWN)
        if self.boot == boot:
            return
        self.boot, self.last_trigger = boot, now
        self.spread_at = None if self.spread_at is None else now
        self.silenced_until = None if self.silenced_until is None else now + SILENCE_MS

    def message(
        self,
        phase: Phase,
        trigger: Trigger | None = None,
        *,
        device: str | None = None,
        by: str | None = None,
        reason: str | None = None,
    ) -> Alarm:
        """One step of this alarm for the hub: of the source that `trigger` or `device` names, else of the first one."""
        source = trigger.device if trigger else device or self.device
        point = trigger.point if trigger else self.point if source == self.device else None
        return Alarm(
            occurrence=self.occurrence,
            phase=phase,
            category=self.category,
            severity=self.severity,
            cause=trigger.cause if trigger else self.cause,
            evidence=self.evidence,
            device=source,
            point=point,
            zone=self.zone,
            frame=trigger.frame if trigger else None,
            value=trigger.value if trigger else None,
            drill=self.drill,
            test=trigger.test if trigger else False,
            isolated=self.isolated,
            tested_by=trigger.tested_by if trigger else None,
            by=by,
            reason=reason,
        )


def fresh(occurrence: str, trigger: Trigger, clock: Clock) -> Latch:
    """A new alarm of one source."""
    return Latch(
        occurrence=occurrence,
        boot=clock.boot,
        category=trigger.category,
        severity=trigger.severity,
        cause=trigger.cause,
        evidence=trigger.evidence,
        device=trigger.device,
        point=trigger.point,
        zone=trigger.zone,
        sources={trigger.device: Source.ACTIVE},
        last_trigger=clock.up_ms(),
        isolated=trigger.disabled,
    )
