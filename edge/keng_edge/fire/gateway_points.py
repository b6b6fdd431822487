"""The points behind one gateway or board: how each stands by what it said, and what that means to the node."""

import logging
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum

from keng_bridges.values import Measurement
from keng_edge.devices import Measured, Node, Trigger
from keng_edge.fire.config import PointSection
from keng_edge.fire.sources import OTHER, trigger
from keng_edge.sections import DeviceSection
from keng_wire.alarm import Evidence
from keng_wire.conditions import Condition, Mark

log = logging.getLogger("keng.fire")

HOLD_MS = 60_000
"""So long an alarm of a source that never says "over" counts as holding (u)."""
EMPTY, FLAT = Decimal(10), Decimal(1)
"""Per cent of battery: of two years ten are 73 days (a warning at least 30 ahead), one is 7 (a fault) (u)."""
UNREACHED = "không kết nối được bộ thu (its gateway cannot be reached)"


class Absence(Enum):
    """Why nothing that a point said before counts now."""

    GATEWAY = "gateway"  # its gateway is gone
    OFFLINE = "offline"  # the gateway does not hear it
    UNJOINED = "unjoined"  # the gateway does not know it

    @property
    def mark(self) -> Mark:
        """How it is shown."""
        return Mark.FAULT if self is Absence.UNJOINED else Mark.COMMS_LOST


@dataclass(frozen=True, slots=True)
class Said:
    """What one message says of one point.

    A `condition` of None says nothing of it. `pressed` is what a person did just now. `retained` is what the broker
    remembered: a known state, never an event. `raw` is the message itself.
    """

    condition: Condition | None = None
    marks: frozenset[Mark] = frozenset()
    cleared: frozenset[Mark] = frozenset()
    pressed: bool = False
    measurements: tuple[Measurement, ...] = ()
    detail: str | None = None
    retained: bool = False
    raw: str | None = None


@dataclass(slots=True)
class _Standing:
    condition: Condition | None = None  # nothing that counts was said yet
    marks: frozenset[Mark] = frozenset()
    battery: frozenset[Mark] = frozenset()  # by per cent, whatever the device itself thinks of it
    detail: str | None = None
    absences: dict[Absence, str] = field(default_factory=dict[Absence, str])


class GatewayPoints:
    """All points of one gateway, by the names that they have there. `advisory`: none of them ever counts alone."""

    def __init__(
        self, gateway: DeviceSection, points: Mapping[str, PointSection], node: Node, *, advisory: bool = False
    ) -> None:
        self._gateway, self._points, self._node, self._advisory = gateway, points, node, advisory
        self._standing = {name: _Standing() for name in points}
        self._reached = node.clock.up_ms()
        self._unreached = False
        self._cried = -HOLD_MS

    async def take(self, name: str, said: Said, frame: int, evidence: Evidence | None = None) -> None:
        """Take what a point says: an alarm first, so that it rings before anything is shown."""
        point, standing = self._points[name], self._standing[name]
        standing.marks = (standing.marks | said.marks) - said.cleared
        standing.battery = _battery(said, standing.battery)
        if said.condition is not None:
            # The button that cancels is never an alarm, however long somebody leans on it.
            standing.condition = Condition.NORMAL if point.role == "cancel" else said.condition
            standing.detail = said.detail
        if not said.retained:
            standing.absences.pop(Absence.OFFLINE, None)
            self._node.seen(point.id)
        if point.role == "cancel" and said.pressed:
            await self._node.cancel(point.name, point.zone or self._gateway.zone)
        elif point.role == "alarm" and (said.pressed or said.condition is Condition.ALARM):
            await self.alarm(name, frame=None if said.retained else frame, raw=said.raw, evidence=evidence)
        await self.report(name)
        await self._measured(point, said)

    async def alarm(self, name: str, *, frame: int | None, raw: str | None, evidence: Evidence | None = None) -> None:
        """Ask for the alarm of a point."""
        point, zone = self._points[name], self._gateway.zone
        marks = self._standing[name].marks
        found = trigger(point, zone, marks, name=point_name(name), frame=frame, raw=raw)
        weight = Evidence.ADVISORY if self._advisory else evidence or found.evidence
        await self._node.alarm(replace(found, evidence=weight))

    async def stranger(self, name: str, frame: int, raw: str | None, evidence: Evidence | None = None) -> None:
        """An alarm of a device that nobody configured is an alarm of the gateway."""
        log.info("%s: alarm of %s, which is not configured", self._gateway.id, name)
        self._cried = frame
        found = Trigger(self._gateway.id, *OTHER, point_name(name), self._gateway.zone, frame, raw=raw)
        await self._node.alarm(replace(found, evidence=evidence or found.evidence))

    async def reached(self, marks: Iterable[Mark] = (), detail: str | None = None) -> None:
        """The gateway is there: it is well, unless a stranger behind it has just cried."""
        self._reached = self._node.clock.up_ms()
        if self._reached - self._cried >= HOLD_MS:
            await self._node.report(self._gateway.id, Condition.NORMAL, marks, detail)
        else:
            self._node.seen(self._gateway.id)
        if self._unreached:
            self._unreached = False
            for standing in self._standing.values():  # each is lost until it speaks: it may have cried meanwhile
                standing.absences.pop(Absence.GATEWAY, None)

    async def unreached(self) -> None:
        """The gateway is not there: after its own deadline nothing behind it is known. Call it as often as you like."""
        silent = self._node.clock.up_ms() - self._reached
        if not self._unreached and silent >= self._gateway.silence_s * 1000:
            self._unreached = True
            for name in self._points:
                await self.absent(name, Absence.GATEWAY, UNREACHED, forget=True)

    async def forget(self, name: str, words: str) -> None:
        """What it said last does not hold any more, and nobody knows how it stands."""
        standing = self._standing[name]
        standing.condition = Condition.UNKNOWN
        await self._node.report(self._points[name].id, Condition.UNKNOWN, standing.marks | standing.battery, words)

    async def absent(self, name: str, why: Absence, words: str, *, forget: bool = False) -> None:
        """Nothing it said counts now; with `forget` only what it says after its return does."""
        standing = self._standing[name]
        standing.absences[why] = words
        if forget:
            standing.condition = None
        await self.report(name)

    async def present(self, name: str, why: Absence) -> None:
        """That reason is over."""
        self._standing[name].absences.pop(why, None)
        await self.report(name)

    async def report(self, name: str) -> None:
        """Say how a point stands; nothing while nothing is known."""
        point, standing = self._points[name], self._standing[name]
        marks = standing.marks | standing.battery
        if standing.absences:
            why = min(standing.absences, key=lambda absence: absence.mark is not Mark.COMMS_LOST)
            await self._node.report(point.id, Condition.UNKNOWN, marks | {why.mark}, standing.absences[why])
        elif standing.condition is not None or marks:
            condition = standing.condition or Condition.UNKNOWN
            await self._node.report(point.id, condition, marks, standing.detail)

    async def _measured(self, point: PointSection, said: Said) -> None:
        up = self._node.clock.up_ms()
        named = ((m.quantity or point.quantity, m.value) for m in said.measurements)
        rows = [Measured(point.id, quantity, float(value), up) for quantity, value in named if quantity]
        if rows and not said.retained:
            await self._node.readings(rows)


def _battery(said: Said, before: frozenset[Mark]) -> frozenset[Mark]:
    """The marks of a battery after a message that may tell its per cent."""
    level = next((one.value for one in said.measurements if (one.quantity, one.unit) == ("battery", "%")), None)
    if level is None:
        return before
    low = frozenset({Mark.LOW_BATTERY}) if level <= EMPTY else frozenset[Mark]()
    return low | {Mark.FAULT} if level <= FLAT else low


def point_name(name: str) -> str | None:
    """A name as the wire contract allows it: an alarm must not fail for a letter (`Khói Bếp` is `khoi-bep`)."""
    bare = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    plain = re.sub(r"[^a-z0-9_.]+", "-", "".join(c for c in bare if not unicodedata.combining(c)))
    return plain.lstrip("-_.")[:40].rstrip("-") or None
