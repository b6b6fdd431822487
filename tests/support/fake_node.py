"""A node that only writes down what a device says."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from keng_edge.clock import Clock
from keng_edge.devices import Measured, Trigger
from keng_edge.line import Line
from keng_wire.conditions import Condition, Mark
from keng_wire.event import Event, PanelAct


class FakeNode:
    """`keng_edge.devices.Node` for tests of devices."""

    def __init__(self, clock: Clock, data: Path) -> None:
        self._clock = clock
        self._data = data
        self.reports: list[tuple[str, Condition, frozenset[Mark], str | None]] = []
        self.alarms: list[Trigger] = []
        self.rows: list[Measured] = []
        self.events: list[Event] = []
        self.signs: list[str] = []
        self.lines: dict[str, Line] = {}
        self.cancels: list[tuple[str, str | None]] = []
        self.panel_acts: list[tuple[str, PanelAct, str | None]] = []
        self.identities: dict[str, dict[str, str]] = {}

    @property
    def clock(self) -> Clock:
        """The clock of the test."""
        return self._clock

    @property
    def data(self) -> Path:
        """The folder of the test."""
        return self._data

    async def report(
        self, device: str, condition: Condition, marks: Iterable[Mark] = (), detail: str | None = None
    ) -> None:
        """Kept in `reports`."""
        self.reports.append((device, condition, frozenset(marks), detail))

    def seen(self, device: str) -> None:
        """Kept in `signs`."""
        self.signs.append(device)

    async def alarm(self, trigger: Trigger) -> str:
        """Kept in `alarms`; the occurrence is its place there."""
        self.alarms.append(trigger)
        return f"{len(self.alarms):016x}"

    async def readings(self, rows: Sequence[Measured]) -> None:
        """Kept in `rows`."""
        self.rows.extend(rows)

    async def event(self, body: Event) -> int:
        """Kept in `events`."""
        self.events.append(body)
        return len(self.events)

    def line(self, port: str) -> Line:
        """One of its own for each port."""
        return self.lines.setdefault(port, Line())

    async def cancel(self, by: str, zone: str | None) -> None:
        """Kept in `cancels`."""
        self.cancels.append((by, zone))

    async def panel_act(self, device: str, act: PanelAct, detail: str | None = None) -> int:
        """Kept in `panel_acts`."""
        self.panel_acts.append((device, act, detail))
        return len(self.panel_acts)

    def identified(self, device: str, facts: Mapping[str, str]) -> None:
        """Kept in `identities`."""
        self.identities[device] = dict(facts)

    def last(self, device: str) -> tuple[Condition, frozenset[Mark]]:
        """How the device stands by its last report."""
        return next((condition, marks) for name, condition, marks, _ in reversed(self.reports) if name == device)
