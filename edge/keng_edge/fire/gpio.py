"""Dry contacts on the pins of the node: alarm and fault relays of a panel, buttons, door contacts."""

import asyncio
import contextlib
from collections.abc import Mapping

from keng_edge.devices import Node
from keng_edge.errors import DeviceError
from keng_edge.fire.gpio_config import GpioInputsSection, GpioPointSection
from keng_edge.fire.gpio_lines import Chips, Gpiod, Lines
from keng_edge.fire.sources import trigger
from keng_wire.conditions import Condition, Mark

DEBOUNCE_S = 0.1
LOOK_S = 1.0  # however quiet the edges are


class GpioInputs:
    """All contacts of one chip. An edge wakes; what counts is the level, read twice 100 ms apart and once a second."""

    def __init__(self, section: GpioInputsSection, node: Node, chips: Chips | None = None) -> None:
        self._section, self._node = section, node
        self._chips = chips or Gpiod()
        self._levels: dict[str, bool] = {}
        self._stood: dict[str, tuple[Condition, frozenset[Mark]]] = {}

    async def run_once(self) -> None:
        """Watch until the chip goes (DeviceError)."""
        section = self._section
        self._levels.clear()  # a contact that is set off when the node starts is an alarm
        self._stood.clear()
        try:
            with contextlib.closing(self._chips.request(section.chip, section.lines(), section.closed)) as lines:
                while True:
                    await self._look(lines)
                    await self._edge(lines)
        except OSError as error:
            reason = f"GPIO {section.chip}: {error.strerror or error}"
            for point in section.points.values():
                await self._node.report(point.id, Condition.UNKNOWN, [Mark.COMMS_LOST], reason[:200])
            raise DeviceError(reason) from None

    async def _look(self, lines: Lines) -> None:
        """Take what holds. A contact that chatters keeps its old level, and is looked at again at once."""
        clock = self._node.clock
        frame, first = clock.up_ms(), dict(lines.levels())
        while first != self._levels:
            await clock.sleep(DEBOUNCE_S)
            lines.drain()
            second = dict(lines.levels())
            held = {line: level for line, level in second.items() if first[line] == level}
            if held != {line: self._levels.get(line) for line in held}:
                self._levels |= held
                await self._take(frame)
            first, frame = second, clock.up_ms()
            if len(held) == len(second):
                break
        await self._still_there()

    async def _edge(self, lines: Lines) -> None:
        """Until a line changes, a second at most."""
        changed, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.add_reader(lines.fileno(), changed.set)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await changed.wait()
        finally:
            loop.remove_reader(lines.fileno())

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
    """How a point stands; a panel with a fault is not known to be normal."""
    closed = levels.get(point.line)
    faulty = point.fault_line is not None and levels.get(point.fault_line) != (point.fault_contact == "nc")
    marks = frozenset([Mark.FAULT]) if faulty else frozenset[Mark]()
    if closed is not None and closed != (point.contact == "nc"):
        return Condition.ALARM, marks
    return Condition.UNKNOWN if faulty or closed is None else Condition.NORMAL, marks
