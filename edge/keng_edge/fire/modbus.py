"""A module on RS-485 whose inputs are fire points, asked every two seconds by Modbus RTU."""

from hashlib import sha256

from keng_bridges.errors import NoAnswer
from keng_bridges.modbus import Image, Profile, Sample, load
from keng_bridges.values import PointReport
from keng_edge.devices import Node
from keng_edge.fire.config import PointSection
from keng_edge.fire.modbus_config import ModbusInputsSection
from keng_edge.fire.sources import trigger
from keng_edge.line import Turn
from keng_edge.modbus_unit import ModbusUnit
from keng_wire.conditions import Condition, Mark

POLL_S = 2.0
LONGEST_POLL_S = 20.0
LOST_AFTER = 5  # misses in a row: ten seconds


class ModbusInputs:
    """One module. Its questions go before all meters of the line, unless it has not answered the last one."""

    def __init__(self, section: ModbusInputsSection, node: Node) -> None:
        self._section, self._node = section, node
        self._unit = ModbusUnit(section, load(section.profile), node.line(section.port), Turn.ALARM)
        self._stood: dict[str, Condition] = {}

    async def run_once(self) -> None:
        """Ask for ever; PortError and Refused (the profile does not fit) end it."""
        self._stood.clear()  # what is an alarm now is told again: it only joins the one that is known
        self._node.identified(self._section.id, {"profile": _digest(self._unit.profile)})
        await self._compare()
        while True:
            try:
                sample = await self._unit.read()
            except NoAnswer as error:
                await self._unheard(str(error))
            else:
                await self._take(sample)
            await self._node.clock.sleep(self._pause())

    async def let_go(self) -> None:
        """Reset the detector, if it holds an alarm and its profile says how."""
        if Condition.ALARM in self._stood.values() and self._unit.profile.reset is not None:
            await self._unit.reset()

    def _pause(self) -> float:
        """A lost module is asked ever more rarely: each question costs the line its whole deadline."""
        return min(LONGEST_POLL_S, POLL_S * 2.0 ** max(0, self._unit.misses - LOST_AFTER))

    async def _take(self, sample: Sample) -> None:
        frame = self._node.clock.up_ms()
        for report in sample.points:
            point = self._section.points.get(report.point)
            if point is not None:
                await self._point(point, report, frame)
        await self._node.report(self._section.id, Condition.NORMAL)

    async def _point(self, point: PointSection, report: PointReport, frame: int) -> None:
        """An alarm is judged before it is shown, and remembered only then: an error asks for it again."""
        begins = report.condition is Condition.ALARM and self._stood.get(report.point) is not Condition.ALARM
        if begins and point.role == "alarm":
            zone, raw = self._section.zone, _text(self._unit.heard)
            await self._node.alarm(trigger(point, zone, report.marks, name=report.point, frame=frame, raw=raw))
        elif begins and point.role == "cancel":
            await self._node.cancel(point.name, point.zone or self._section.zone)
        self._stood[report.point] = report.condition
        await self._node.report(point.id, report.condition, report.marks, report.detail)

    async def _unheard(self, reason: str) -> None:
        if self._unit.misses != LOST_AFTER:
            return
        self._stood.clear()
        for name in (self._section.id, *(point.id for point in self._section.points.values())):
            await self._node.report(name, Condition.UNKNOWN, [Mark.COMMS_LOST], reason[:200])

    async def _compare(self) -> None:
        """A configured point that the profile does not have can never raise an alarm: that is a fault."""
        names = {entry.point for entry in self._unit.profile.inputs}
        for name, point in self._section.points.items():
            if name not in names:
                words = f"mẫu thiết bị không có điểm {name} (the profile has {', '.join(sorted(names))})"
                await self._node.report(point.id, Condition.UNKNOWN, [Mark.FAULT], words[:200])


def _digest(profile: Profile) -> str:
    """Another table of registers is another device: its points want a new proof test."""
    return sha256(profile.model_dump_json().encode()).hexdigest()[:16]


def _text(heard: Image) -> str:
    """The inputs as they came: function and address of each, and its bit."""
    return " ".join(f"{function}:{address}={bit}" for (function, address), bit in heard.items())[:500]
