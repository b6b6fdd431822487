"""A node that writes down what its camera tells it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from keng_edge.clock import Clock, SystemClock
from keng_edge.devices import Measured, Trigger
from keng_edge.line import Line
from keng_wire.conditions import Condition, Mark
from keng_wire.event import Event, PanelAct


class Report(NamedTuple):
    """How a device stands, as it was said."""

    condition: Condition
    marks: tuple[Mark, ...]
    detail: str | None


class CameraNode:
    """What a camera tells its node, in order."""

    def __init__(self, data: Path, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.data = data
        self.triggers: list[Trigger] = []
        self.events: list[Event] = []
        self.reports: list[Report] = []
        self.alive = 0

    async def report(
        self, device: str, condition: Condition, marks: Iterable[Mark] = (), detail: str | None = None
    ) -> None:
        """Kept."""
        self.reports.append(Report(condition, tuple(marks), detail))

    def seen(self, device: str) -> None:
        """Counted."""
        self.alive += 1

    async def alarm(self, trigger: Trigger) -> str:
        """Kept."""
        self.triggers.append(trigger)
        return f"{len(self.triggers):016x}"

    async def readings(self, rows: Sequence[Measured]) -> None:
        """A camera has none."""
        raise NotImplementedError

    async def event(self, body: Event) -> int:
        """Kept."""
        self.events.append(body)
        return len(self.events)

    def line(self, port: str) -> Line:
        """A camera hangs on none."""
        raise NotImplementedError

    async def cancel(self, by: str, zone: str | None) -> None:
        """A camera cancels nothing."""
        raise NotImplementedError

    async def panel_act(self, device: str, act: PanelAct, detail: str | None = None) -> int:
        """A camera is no panel."""
        raise NotImplementedError

    def identified(self, device: str, facts: Mapping[str, str]) -> None:
        """A camera is no fire point."""
        raise NotImplementedError

    @property
    def conditions(self) -> list[Condition]:
        """As they were said."""
        return [report.condition for report in self.reports]

    @property
    def lost(self) -> bool:
        """Whether the camera is lost now."""
        return bool(self.reports) and Mark.COMMS_LOST in self.reports[-1].marks
