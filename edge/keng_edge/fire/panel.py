"""What a fire panel says, by whichever port: points become devices, alarms alarms, its own keys the panel's."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from keng_bridges.panel_profile import Meaning, Told, fold
from keng_edge.devices import Node, Trigger
from keng_edge.fire.config import PointSection
from keng_edge.fire.sources import MEANINGS, trigger
from keng_edge.fire.sources import Meaning as Source
from keng_wire.alarm import Evidence
from keng_wire.conditions import Condition, DeviceKind, Mark
from keng_wire.event import DeviceChanged, PanelAct

log = logging.getLogger("keng.fire")

PLACES = 2000
_ISOLATED = frozenset({Mark.DISABLED})
_WORST_FIRST = (Condition.ALARM, Condition.PRE, Condition.NORMAL)


class Panel(Protocol):
    """What a section says of a panel. Its points may be named by words of the text (`by_words`), or by a zone alone."""

    @property
    def id(self) -> str:
        """The panel as a device."""
        ...

    @property
    def zone(self) -> str | None:
        """Inherited by its points."""
        ...

    @property
    def points(self) -> Mapping[str, PointSection]:
        """Name at the panel → device."""
        ...

    by_words: ClassVar[bool]
    by_zone: ClassVar[bool]


@dataclass(slots=True)
class _Standing:
    """How one place of the panel stands, as far as lines have told since the start; `device` is what it is shown as."""

    device: str
    condition: Condition = Condition.UNKNOWN
    marks: frozenset[Mark] = frozenset()


class PanelVoice:
    """One panel. What it has not mentioned is unknown, and what it said stays until it says otherwise."""

    def __init__(self, section: Panel, node: Node) -> None:
        self._section, self._node = section, node
        self._places: dict[str, _Standing] = {}

    async def hear(self, told: Told, frame: int, source: Source | None = None, *, keep: bool = False) -> None:
        """Take one line or call. `source` says what its alarm is where that is not the point's kind.

        With `keep`, and always where nobody understands it, it becomes an event of its own: on disk when this returns,
        as an alarm is.
        """
        meaning = told.meaning
        if meaning is None:
            log.info("panel %s: not understood: %s", self._section.id, told.text)
            await self._keep(self._section.id, f"dòng không hiểu (line not understood): {told.text}")
            return
        point = self._point(told)
        standing = self._place(told, point)
        new_alarm = meaning.condition is Condition.ALARM and not (
            meaning.act and standing.condition is Condition.ALARM  # only acknowledged at the panel
        )
        changed = self._change(told, meaning, standing)
        if new_alarm and (point is None or point.role == "alarm"):
            await self._node.alarm(self._trigger(told, point, meaning.marks, frame, source))
        if meaning.act is not None:
            await self._node.panel_act(standing.device, PanelAct(meaning.act), told.text)
        for device in changed:
            await self._report(device, told.text)
        if keep:
            await self._keep(standing.device, told.text)

    async def restate(self) -> None:
        """Say again how everything stands: the panel is heard."""
        for device in (self._section.id, *(point.id for point in self._section.points.values())):
            await self._report(device)

    async def lose(self, words: str) -> None:
        """Nothing can be known of any point while the panel is not heard."""
        for point in self._section.points.values():
            await self._node.report(point.id, Condition.UNKNOWN, [Mark.COMMS_LOST], words)

    def _point(self, told: Told) -> PointSection | None:
        """The configured point: named by its zone and point together, by either, or by words of the text."""
        points = self._section.points
        names = (f"{told.zone} {told.point}", told.point, told.zone if self._section.by_zone else None)
        exact = next((points[name] for name in names if name is not None and name in points), None)
        if exact is not None or not self._section.by_words:
            return exact
        text = fold(told.text)
        return next((point for name, point in points.items() if fold(name) in text), None)

    def _place(self, told: Told, point: PointSection | None) -> _Standing:
        device = point.id if point is not None else self._section.id
        name = f"{device} {told.place}"
        if name not in self._places and len(self._places) >= PLACES:
            name = f"{device} panel"
        return self._places.setdefault(name, _Standing(device))

    def _change(self, told: Told, meaning: Meaning, standing: _Standing) -> set[str]:
        """Take the meaning in; the devices it concerns. A reset that names no place is one of the whole panel.

        An alarm that is not said to be isolated is of a point that has been switched on, even if we missed that.
        """
        rings = meaning.condition is Condition.ALARM and meaning.act is None
        switched_on = _ISOLATED if rings else frozenset[Mark]()
        everything = meaning.act == "reset" and told.place == "panel"
        concerned = list(self._places.values()) if everything else [standing]
        for one in concerned:
            one.condition = meaning.condition or one.condition
            one.marks = one.marks - meaning.clears - switched_on | meaning.marks
        return {one.device for one in concerned}

    def _trigger(
        self, told: Told, point: PointSection | None, marks: frozenset[Mark], frame: int, source: Source | None
    ) -> Trigger:
        name = re.sub(r"[^a-z0-9_.-]+", "-", fold(told.place).lower()).strip("-._")[:40] or None
        if point is not None and source is None:
            return trigger(point, self._section.zone, marks, name=name, frame=frame, raw=told.text)
        category, severity, cause, evidence = source or MEANINGS[DeviceKind.FIRE_PANEL]
        return Trigger(
            device=point.id if point is not None else self._section.id,
            category=category,
            severity=severity,
            cause=cause,
            evidence=Evidence.ADVISORY if point is not None and point.advisory else evidence,
            point=name,
            zone=(point.zone if point is not None else None) or self._section.zone,
            frame=frame,
            test=Mark.TEST in marks,
            disabled=Mark.DISABLED in marks,
            raw=told.text,
        )

    async def _keep(self, device: str, words: str) -> None:
        """An event with the words of the panel, which changes nothing."""
        condition, marks = self._stands(device)
        await self._node.event(
            DeviceChanged(device=device, condition=condition, marks=sorted(marks), detail=words[:200])
        )

    async def _report(self, device: str, detail: str | None = None) -> None:
        condition, marks = self._stands(device)
        await self._node.report(device, condition, marks, detail)

    def _stands(self, device: str) -> tuple[Condition, frozenset[Mark]]:
        """The worst of the device's places; the panel itself has all those that are no device of their own."""
        own = [standing for standing in self._places.values() if standing.device == device]
        conditions = {standing.condition for standing in own}
        worst = next((condition for condition in _WORST_FIRST if condition in conditions), Condition.UNKNOWN)
        return worst, frozenset[Mark]().union(*(standing.marks for standing in own))
