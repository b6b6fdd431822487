"""A node with nothing behind it: what a device says is kept to be shown, and nothing is stored or sent."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from keng_edge.clock import Clock
from keng_edge.devices import Measured, Trigger
from keng_edge.line import Line
from keng_wire.conditions import ClockQuality, Condition, Mark
from keng_wire.event import Event, PanelAct

TURN_S = 1.0
"""A meter waits for its turn on the clock; a technician does not. Shorter pauses are the device's own and are kept."""


class Impatient:
    """The clock of this machine, on which every long wait is over at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @property
    def boot(self) -> str:
        """Of this machine."""
        return self._clock.boot

    def utc_ms(self) -> int:
        """Of this machine."""
        return self._clock.utc_ms()

    def up_ms(self) -> int:
        """Of this machine."""
        return self._clock.up_ms()

    def quality(self) -> ClockQuality:
        """Of this machine."""
        return self._clock.quality()

    async def sleep(self, seconds: float) -> None:
        """A pause, or nothing."""
        await self._clock.sleep(seconds if seconds <= TURN_S else 0.0)


class Technician:
    """`keng_edge.devices.Node` for one reading."""

    def __init__(self, clock: Clock, data: Path) -> None:
        self._clock, self._data = Impatient(clock), data
        self.rows: list[Measured] = []
        self.told: dict[str, tuple[Condition, frozenset[Mark], str | None]] = {}
        self.events: list[Event] = []

    @property
    def clock(self) -> Clock:
        """See `Impatient`."""
        return self._clock

    @property
    def data(self) -> Path:
        """Where a device keeps what must not be forgotten, as the counters of its keys."""
        return self._data

    async def report(
        self, device: str, condition: Condition, marks: Iterable[Mark] = (), detail: str | None = None
    ) -> None:
        """Kept: the last word counts."""
        self.told[device] = (condition, frozenset(marks), detail)

    def seen(self, device: str) -> None:
        """Nobody asks."""

    async def alarm(self, trigger: Trigger) -> str:
        """Told as a condition; nothing rings."""
        await self.report(trigger.device, Condition.ALARM)
        return "0" * 16

    async def readings(self, rows: Sequence[Measured]) -> None:
        """Kept."""
        self.rows.extend(rows)

    async def event(self, body: Event) -> int:
        """Kept."""
        self.events.append(body)
        return len(self.events)

    def line(self, port: str) -> Line:
        """Nobody else is on the line."""
        return Line()

    async def panel_act(self, device: str, act: PanelAct, detail: str | None = None) -> int:
        """Nobody asks."""
        return 1

    def identified(self, device: str, facts: Mapping[str, str]) -> None:
        """Nobody asks."""

    async def cancel(self, by: str, zone: str | None) -> None:
        """Nothing rings."""
