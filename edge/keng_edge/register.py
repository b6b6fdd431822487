"""How every device of the node stands, since when and by whom, and which have been silent too long."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from keng_edge.clock import Clock
from keng_edge.supervision import Class, Pauses
from keng_wire.conditions import ClockQuality, Condition, Mark
from keng_wire.event import DeviceChanged
from keng_wire.point import MarkDetail
from keng_wire.status import DeviceState


@dataclass(slots=True)
class _Standing:
    pauses: Pauses
    heard: int
    condition: Condition = Condition.UNKNOWN
    marks: frozenset[Mark] = frozenset()
    since: dict[Mark, int | None] = field(default_factory=dict[Mark, int | None])
    detail: str | None = None
    seen: int | None = None
    told: tuple[object, ...] = (Condition.UNKNOWN, (), False)


class Register:
    """Devices by id, unknown at first. Silence past its deadline (s) makes one lost, and only a report ends that.

    `imposed` gives the marks of a device that do not come from itself, `latched` whether an alarm of it waits for its
    reset; both may be set after the register was made.
    """

    def __init__(self, deadlines: dict[str, float], clock: Clock) -> None:
        self._clock = clock
        now = clock.up_ms()
        self._standing = {name: _Standing(Pauses(round(s * 1000)), now) for name, s in deadlines.items()}
        self.imposed: Callable[[str], list[MarkDetail]] = lambda device: []
        self.latched: Callable[[str], bool] = lambda device: False

    def report(
        self, device: str, condition: Condition, marks: Iterable[Mark], detail: str | None = None
    ) -> DeviceChanged | None:
        """Take a report; the event to tell if anything changed. What is lost is unknown, whatever was reported."""
        standing = self._standing.get(device)
        if standing is None:
            return None
        found = frozenset(marks)
        if Mark.COMMS_LOST in found:
            condition = Condition.UNKNOWN
        else:
            self._heard(standing)
        if (condition, found) == (standing.condition, standing.marks):
            return None
        standing.since = {mark: standing.since.get(mark, self._utc()) for mark in found}
        standing.condition, standing.marks, standing.detail = condition, found, (detail or "")[:200] or None
        return self._news(device, standing)

    def refresh(self, device: str) -> DeviceChanged | None:
        """The event to tell if what people did, or an alarm, has changed how a device stands."""
        standing = self._standing.get(device)
        return None if standing is None else self._news(device, standing)

    def seen(self, device: str) -> None:
        """A sign of life that says nothing else."""
        standing = self._standing.get(device)
        if standing is not None:
            self._heard(standing)

    def silent(self) -> list[str]:
        """The devices whose deadline, or that of their class, has passed and that are not marked as lost yet."""
        now = self._clock.up_ms()
        return [
            name
            for name, standing in self._standing.items()
            if now - standing.heard > standing.pauses.limit and Mark.COMMS_LOST not in standing.marks
        ]

    def marks(self, device: str) -> frozenset[Mark]:
        """The marks a device has by its own word."""
        standing = self._standing.get(device)
        return standing.marks if standing else frozenset()

    def condition(self, device: str) -> Condition:
        """How a device stands by its own word."""
        standing = self._standing.get(device)
        return standing.condition if standing else Condition.UNKNOWN

    def supervision(self, device: str) -> Class | None:
        """The class of a device; None for what is not in the register."""
        standing = self._standing.get(device)
        return standing.pauses.letter if standing else None

    def states(self) -> list[DeviceState]:
        """All devices, for the heartbeat."""
        return [self._state(name, standing) for name, standing in self._standing.items()]

    def _state(self, name: str, standing: _Standing) -> DeviceState:
        details = self._details(name, standing)
        longest = standing.pauses.longest
        return DeviceState(
            device=name,
            condition=standing.condition,
            marks=sorted({one.mark for one in details}),
            seen=standing.seen,
            supervision=standing.pauses.letter,
            interval=None if longest is None else round(longest / 1000),
            details=details,
            latched=self.latched(name),
        )

    def _details(self, name: str, standing: _Standing) -> list[MarkDetail]:
        """One for each mark; who set it goes before what the device says."""
        own = {mark: MarkDetail(mark=mark, since=since) for mark, since in standing.since.items()}
        return list((own | {one.mark: one for one in self.imposed(name)}).values())

    def _news(self, device: str, standing: _Standing) -> DeviceChanged | None:
        details, latched = self._details(device, standing), self.latched(device)
        marks = sorted({one.mark for one in details})
        now = (standing.condition, tuple(sorted((d.mark, d.by or "", d.until or 0) for d in details)), latched)
        if now == standing.told:
            return None
        standing.told = now
        return DeviceChanged(
            device=device,
            condition=standing.condition,
            marks=marks,
            detail=standing.detail,
            details=details,
            latched=latched,
        )

    def _heard(self, standing: _Standing) -> None:
        standing.heard, standing.seen = self._clock.up_ms(), max(0, self._clock.utc_ms())
        standing.pauses.heard(standing.heard)

    def _utc(self) -> int | None:
        return None if self._clock.quality() is ClockQuality.UNKNOWN else max(0, self._clock.utc_ms())
