"""What ESPHome and Tasmota boards have in common at the node: one board, on or off, with contacts on it."""

from collections.abc import Iterable

from keng_bridges.values import Condition, Mark, Measurement
from keng_edge.devices import Measured, Node
from keng_edge.fire.gateway_points import Absence, GatewayPoints, Said
from keng_edge.fire.wifi_config import WifiSection
from keng_edge.mqtt import Heard

GONE = "bo mất kết nối (the board's last will)"


class WifiBoard:
    """One board. Whatever it says now is a sign of life of all that is on it."""

    def __init__(self, section: WifiSection, node: Node) -> None:
        self._section, self._node = section, node
        self.points = GatewayPoints(section, section.points, node)

    async def connected(self) -> None:
        """The broker is there, which says nothing of the board."""

    async def status(self, online: bool, *, retained: bool) -> None:
        """Birth or last will. A remembered birth proves nothing: only what the board says now does."""
        if online:
            for name in self._section.points:
                await self.points.present(name, Absence.OFFLINE)
            if not retained:
                await self.alive()
            return
        for name in self._section.points:
            await self.points.absent(name, Absence.OFFLINE, GONE, forget=not retained)
        await self._node.report(self._section.id, Condition.UNKNOWN, [Mark.COMMS_LOST], GONE)

    async def alive(self) -> None:
        """It spoke just now; its contacts are as they were last told."""
        await self._node.report(self._section.id, Condition.NORMAL)
        for name in self._section.points:
            await self.points.present(name, Absence.OFFLINE)

    async def contact(self, name: str, on: bool | None, heard: Heard) -> None:
        """A contact is on, off, or says a word that nobody understands."""
        point = self._section.points[name]
        well = None if on is None else on is (point.normal == "on")
        condition = Condition.UNKNOWN if well is None else Condition.NORMAL if well else Condition.ALARM
        marks = frozenset((Mark.FAULT,)) if well is None else frozenset[Mark]()
        said = Said(
            condition=condition,
            marks=marks,
            cleared=frozenset((Mark.FAULT,)) - marks,
            pressed=point.role == "cancel" and well is False and not heard.retained,
            detail="không hiểu (not understood)" if well is None else None,
            retained=heard.retained,
            raw=heard.raw,
        )
        await self.points.take(name, said, heard.frame)

    async def measured(self, measurements: Iterable[Measurement]) -> None:
        """Values of the board itself."""
        up = self._node.clock.up_ms()
        rows = [Measured(self._section.id, m.quantity, float(m.value), up) for m in measurements if m.quantity]
        if rows:
            await self._node.readings(rows)
