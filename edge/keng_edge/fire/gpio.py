"""Dry contacts on the pins of the node: alarm and fault relays of a panel, buttons, door contacts."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Mapping

from keng_edge.devices import Node
from keng_edge.errors import DeviceError
from keng_edge.fire.gpio_config import GpioInputsSection, GpioPointSection
from keng_edge.fire.gpio_lines import Chips, Gpiod, Lines
from keng_edge.fire.sources import trigger
from keng_wire.conditions import Condition, Mark

DEBOUNCE_S = 0.1
LOOK_S = 1.0  # however quiet the edges are
RESTLESS = 50  # looks at a contact that chatters, until it is a fault: five seconds


class GpioInputs:
    """All contacts of one chip. An edge wakes; what counts is the level, read twice 100 ms apart and once a second."""

    def __init__(self, section: GpioInputsSection, node: Node, chips: Chips | None = None) -> None:
        self._section, self._node = section, node
        self._chips = chips or Gpiod()
        self._levels: dict[str, bool] = {}
        self._restless: Counter[str] = Counter()
        self._stood: dict[str, tuple[Condition, frozenset[Mark]]] = {}

    async def run_once(self) -> None:
        """Watch until the chip goes (DeviceError)."""
        section = self._section
        self._levels.clear()  # a contact that is set off when the node starts is an alarm
        self._stood.clear()
        try:
            with contextlib.closing(self._chips.request(section.chip, section.lines(), section.closed)) as lines:
                await self._watch(lines)
        except OSError as error:
            reason = f"GPIO {section.chip}: {error.strerror or error}"
            for point in section.points.values():
                await self._node.report(point.id, Condition.UNKNOWN, [Mark.COMMS_LOST], reason[:200])
            raise DeviceError(reason) from None

    async def _watch(self, lines: Lines) -> None:
        while True:
            steady = await self._look(lines)
            await self._still_there()
            if steady and not await self._edge(lines):
                self._restless.clear()

    async def _look(self, lines: Lines) -> bool:
        """Take what holds for 100 ms; false while a contact does not. Such a one keeps its old level for a while."""
        frame, first = self._node.clock.up_ms(), dict(lines.levels())
        if first == self._levels:
            return True
        await self._node.clock.sleep(DEBOUNCE_S)
        lines.drain()
        before, second = dict(self._levels), dict(lines.levels())
        for line, level in second.items():
            if first[line] == level:
                self._levels[line] = level
                continue
            self._restless[line] += 1
            if self._restless[line] >= RESTLESS:
                self._levels.pop(line, None)  # nobody can tell how it stands
        if self._levels != before:
            await self._take(frame)
        return all(first[line] == level for line, level in second.items())

    async def _edge(self, lines: Lines) -> bool:
        """Until a line changes, a second at most; false if none did."""
        changed, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.add_reader(lines.fileno(), changed.set)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await changed.wait()
        finally:
            loop.remove_reader(lines.fileno())
        return changed.is_set()

    async def _take(self, frame: int) -> None:
        for name, point in self._section.points.items():
            condition, marks = _standing(point, self._levels)
            if self._stood.get(name) == (condition, marks):
                continue
            begins = condition is Condition.ALARM and self._stood.get(name, (None,))[0] is not Condition.ALARM
            if begins and point.role == "alarm":
                raw = f"{point.line} {'closed' if self._levels[point.line] else 'open'}"
                await self._node.alarm(trigger(point, self._section.zone, marks, name=name, frame=frame, raw=raw))
            elif begins and point.role == "cancel":
                await self._node.cancel(point.name, point.zone or self._section.zone)
            self._stood[name] = condition, marks
            await self._node.report(point.id, condition, marks)

    async def _still_there(self) -> None:
        """Signs of life: of the chip, and of the contacts whose panel would say if it died."""
        await self._node.report(self._section.id, Condition.NORMAL)
        for name, point in self._section.points.items():
            if point.fault_line and name in self._stood:
                self._node.seen(point.id)


def _standing(point: GpioPointSection, levels: Mapping[str, bool]) -> tuple[Condition, frozenset[Mark]]:
    """How a point stands; a panel with a fault, or a contact that chatters, is not known to be normal."""
    closed = levels.get(point.line)
    panel = point.fault_line is not None and levels.get(point.fault_line) != (point.fault_contact == "nc")
    faulty = panel or closed is None
    marks = frozenset([Mark.FAULT]) if faulty else frozenset[Mark]()
    if closed is not None and closed != (point.contact == "nc"):
        return Condition.ALARM, marks
    return Condition.UNKNOWN if faulty else Condition.NORMAL, marks
