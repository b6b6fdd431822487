"""The sheet of paper that goes from step to step: the readings of one meter, and what was found out about them."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from keng_hub.meterdata.flags import Answer, Flag, Kind, Reason
from keng_hub.meterdata.parameters import INTERVAL_MS, Parameters
from keng_hub.meterdata.tariffs import Period, Tariffs
from keng_hub.store.days import DAY_MS

REGISTERS = ("energy_import", "energy_export")
"""Registers that become accepted intervals."""
RATES = tuple(f"energy_import_t{number}" for number in range(1, 5))
PHASES = tuple(f"power_l{number}" for number in range(1, 4))
VOLTAGES = tuple(f"voltage_l{number}" for number in range(1, 4))
DRIFT = "clock_drift"
QUANTITIES = (*REGISTERS, *RATES, "power", *PHASES, *VOLTAGES, DRIFT)
"""What of a meter's raw readings goes onto its sheet."""
PER_DAY = DAY_MS // INTERVAL_MS
SLACK_MS = 30_000
"""So much longer a step may have taken than the stamps say: reading a meter takes a while."""


class MeterId(NamedTuple):
    """A meter is a device of a node."""

    node: str
    device: str


@dataclass(slots=True)
class Reading:
    """One raw value with what the steps say of it; `placed` is False when it counts for nothing."""

    at: int
    value: float
    raw_quality: int = 0
    flag: Flag = Flag.MEASURED
    reason: Reason | None = None
    placed: bool = True
    line: int = 0
    """Wh on the register's line, rollovers counted; set by the step that looks at falls."""

    def refuse(self, reason: Reason) -> None:
        """Keep it as raw only. The first reason stays."""
        if self.placed:
            self.flag, self.reason, self.placed = Flag.SUSPECT, reason, False

    def doubt(self, reason: Reason) -> None:
        """Use it, and say that it is suspect."""
        if self.placed and self.reason is None:
            self.flag, self.reason = Flag.SUSPECT, reason


class Anchor(NamedTuple):
    """Where a register stood at its last accepted reading (time, Wh), and at the last known border before it."""

    at: int
    line: int
    border: int | None = None
    border_wh: int = 0


class Key(NamedTuple):
    """What a question is about; the same data always asks the same question."""

    kind: Kind
    register: str
    at: int


class Interval(NamedTuple):
    """Wh of the half hour that begins at `start` (UTC ms); None when nobody knows."""

    start: int
    wh: int | None
    flag: Flag
    reason: Reason | None = None


class Sighting(NamedTuple):
    """The meter told its serial number."""

    at: int
    serial: str


class PastDay(NamedTuple):
    """An accepted day before the sheet: Wh, and how many of its half hours are known."""

    start: int
    wh: int
    known: int


@dataclass(slots=True)
class Voltage:
    """Minutes of one local day, by the voltage of its phases, and the dips below nine tenths."""

    start: int
    known: int = 0
    low: int = 0
    high: int = 0
    sags: int = 0
    minimum: float | None = None
    maximum: float | None = None


@dataclass(slots=True)
class Sheet:
    """One meter over whole local days [start, end); readings from before and behind may stand on it as neighbours."""

    meter: MeterId
    parameters: Parameters
    start: int
    end: int
    now: int
    readings: dict[str, list[Reading]]
    anchors: dict[str, Anchor] = field(default_factory=dict[str, Anchor])
    sightings: list[Sighting] = field(default_factory=list[Sighting])
    answers: Mapping[Key, Answer] = field(default_factory=dict[Key, Answer])
    doubted: Mapping[tuple[str, int], Reason] = field(default_factory=dict[tuple[str, int], Reason])
    """Readings of which their arrival told something: two values for one moment, a stamp in the future."""
    history: list[PastDay] = field(default_factory=list[PastDay])
    like: dict[str, dict[int, int]] = field(default_factory=dict[str, dict[int, int]])
    """Register → start → Wh measured a week before."""
    edits: Mapping[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int])
    """Register and start → Wh that a person put there."""
    before: Mapping[str, Mapping[int, Interval]] = field(default_factory=dict[str, Mapping[int, Interval]])
    """Register → start → what was accepted until now."""
    period_of: Callable[[int], Period] = Tariffs().period
    # What the steps find:
    breaks: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    """Register (empty: all) → moments at which a new register line begins."""
    ends: dict[str, dict[int, Anchor]] = field(default_factory=dict[str, dict[int, Anchor]])
    """Register → start of a day → where it stood at the end of that day."""
    questions: dict[Key, dict[str, Any]] = field(default_factory=dict[Key, dict[str, Any]])
    intervals: dict[str, list[Interval]] = field(default_factory=dict[str, list[Interval]])
    unplaced: dict[str, dict[int, int]] = field(default_factory=dict[str, dict[int, int]])
    """Register → start of the day in which a long gap ended → Wh that were counted in it."""
    splits: dict[str, dict[int, dict[Period, int]]] = field(default_factory=dict[str, dict[int, dict[Period, int]]])
    """Register → start of a day → tariff period → Wh."""
    voltages: list[Voltage] = field(default_factory=list[Voltage])
    replaced: list[tuple[str, Interval]] = field(default_factory=list[tuple[str, Interval]])
    """What was accepted until now and is no longer, by register."""

    def of(self, name: str) -> list[Reading]:
        """The readings of a quantity, oldest first; the list itself."""
        return self.readings.setdefault(name, [])

    def placed(self, name: str) -> list[Reading]:
        """Those that still count."""
        return [one for one in self.of(name) if one.placed]

    def ask(self, kind: Kind, register: str, at: int, **details: object) -> Answer | None:
        """Put a question to people, once; gives the answer when there is one already."""
        key = Key(kind, register, at)
        if key not in self.answers:
            self.questions.setdefault(key, dict(details))
        return self.answers.get(key)

    def line_of(self, register: str, at: int) -> int:
        """The number of the register's line at a moment: readings of two lines are never subtracted."""
        return bisect_right(self.breaks.get("", []), at) + bisect_right(self.breaks.get(register, []), at)

    def days(self) -> Iterable[int]:
        """The local days of the sheet by their start."""
        return range(self.start, self.end, DAY_MS)


def fits(parameters: Parameters, earlier: Reading | Anchor, later: Reading, step: float) -> bool:
    """Whether a register may grow by `step` Wh from one reading to the other with the meter's maximum power."""
    most = parameters.max_power_w * (later.at - earlier.at + SLACK_MS) / 3_600_000 + 2 * parameters.step_wh
    return 0 <= step <= most
