"""How every device of the node stands, and which have been silent too long."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from keng_edge.clock import Clock
from keng_wire.conditions import Condition, Mark
from keng_wire.event import DeviceChanged
from keng_wire.status import DeviceState


@dataclass(slots=True)
class _Standing:
    deadline: int
    heard: int
    condition: Condition = Condition.UNKNOWN
    marks: frozenset[Mark] = frozenset()
    seen: int | None = None


class Register:
    """Devices by id, unknown at first. Silence past its deadline (s) makes one lost, and only a report ends that."""

    def __init__(self, deadlines: dict[str, float], clock: Clock) -> None:
        self._clock = clock
        now = clock.up_ms()
        self._standing = {name: _Standing(round(seconds * 1000), now) for name, seconds in deadlines.items()}

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
        standing.condition, standing.marks = condition, found
        return DeviceChanged(
            device=device, condition=condition, marks=sorted(found), detail=(detail or "")[:200] or None
        )

    def seen(self, device: str) -> None:
        """A sign of life that says nothing else."""
        standing = self._standing.get(device)
        if standing is not None:
            self._heard(standing)

    def silent(self) -> list[str]:
        """The devices whose deadline has passed and that are not marked as lost yet."""
        now = self._clock.up_ms()
        return [
            name
            for name, standing in self._standing.items()
            if now - standing.heard > standing.deadline and Mark.COMMS_LOST not in standing.marks
        ]

    def marks(self, device: str) -> frozenset[Mark]:
        """The marks a device has now."""
        standing = self._standing.get(device)
        return standing.marks if standing else frozenset()

    def states(self) -> list[DeviceState]:
        """All devices, for the heartbeat."""
        return [
            DeviceState(
                device=name,
                condition=standing.condition,
                marks=sorted(standing.marks),
                seen=standing.seen,
                supervision=supervision(standing.deadline / 1000),
            )
            for name, standing in self._standing.items()
        ]

    def _heard(self, standing: _Standing) -> None:
        standing.heard, standing.seen = self._clock.up_ms(), max(0, self._clock.utc_ms())


def supervision(deadline_s: float) -> Literal["A", "B", "C", "U"]:
    """The class a person reads: lost is shown within 100 s, 2 h, 25 h, or not promised."""
    if deadline_s <= 100:
        return "A"
    if deadline_s <= 7_200:
        return "B"
    return "C" if deadline_s <= 90_000 else "U"
