"""A Kẻng bridge board: its points become devices, its alarms alarms, and it can be told to sound."""

import asyncio
import logging
from typing import Any

from pydantic import ValidationError

from keng_bridges.bridge_link import (
    Described,
    Fault,
    FaultKind,
    Identified,
    Memory,
    Moment,
    Output,
    PointEvent,
    PointState,
    Session,
    Snapshot,
    State,
    Telemetry,
)
from keng_bridges.bridge_serial import BAUD, BridgePort
from keng_bridges.errors import BridgeError
from keng_bridges.serial_port import SerialPort
from keng_edge.devices import Measured, Node, Trigger
from keng_edge.errors import OutputAway, OutputError
from keng_edge.fire.config import BridgeBoardSection, PointSection
from keng_edge.fire.sources import OTHER, trigger
from keng_edge.kept import Kept
from keng_wire.conditions import Condition, Mark

log = logging.getLogger("keng.fire")

LOOK_S = 5.0
SUPPLY_EVERY_MS = 300_000


class BridgeBoard:
    """One board. The session outlives the port, so a pulled cable loses nothing; `set` serves the sounders."""

    def __init__(self, section: BridgeBoardSection, node: Node) -> None:
        self._section, self._node = section, node
        folder = node.data / section.id
        folder.mkdir(parents=True, exist_ok=True)
        self._kept = Kept(folder / "link.json")
        self._session = Session(self._moment(), _memory(self._kept))
        self._port: BridgePort | None = None
        self._faults: dict[FaultKind, str] = {}
        self._stood: dict[str, PointState] = {}
        self._supply_told = -SUPPLY_EVERY_MS
        self._unsaved = False

    async def run_once(self) -> None:
        """Serve the board until its port goes (PortError)."""
        async with await SerialPort.open(self._section.port, BAUD) as port:
            self._port = BridgePort(port, self._session, self._moment)
            looking = asyncio.create_task(self._look_for_life(), name=f"{self._section.id} life")
            try:
                async for output in self._port.outputs():
                    await self._take(self._port, output)
            finally:
                self._port = None
                looking.cancel()

    async def set(self, point: str, value: int, auto_off_ms: int | None = None) -> None:
        """Switch a sounder or lamp of the board and wait for its answer."""
        if self._port is None:
            raise OutputAway(f"board {self._section.id} is not connected")
        try:
            result = await self._port.set(point, value, auto_off_ms)
        except BridgeError as error:
            raise OutputError(str(error)) from None
        if not result.ok:
            raise OutputError(f"board {self._section.id}, {point}: {result.error}")

    async def _take(self, port: BridgePort, output: Output) -> None:
        match output:
            case PointEvent():
                await self._event(port, output)
            case Snapshot():
                await self._snapshot(output)
            case Fault():
                await self._fault(output)
            case Telemetry():
                await self._telemetry(output)
            case Identified(board, exchanged):
                log.info("board %s: %s %s, hardware %s", self._section.id, board.model, board.firmware, board.hardware)
                if exchanged:
                    log.info("board %s was exchanged for another one", self._section.id)
                facts = {"hardware": board.hardware, "model": board.model, "firmware": board.firmware}
                self._node.identified(self._section.id, facts)
            case Described(points):
                await self._compare([point.name for point in points])
            case _:
                pass

    async def _event(self, port: BridgePort, event: PointEvent) -> None:
        """Committed, then sounding, then acknowledged; a failure hands out the board's next repeat again."""
        try:
            await self._apply(event.state, event)
        except BaseException:
            if event.number is not None:
                self._session.release(event.boot, event.number)
            raise
        await port.acknowledge(event)
        if event.doubt:
            log.info("board %s: %s of %s: %s", self._section.id, event.state.state, event.state.point, event.doubt)
        self._unsaved = True

    async def _apply(self, state: PointState, event: PointEvent | None = None) -> None:
        """Take how a point stands; with an event an alarm is a new one, without it is one that goes on."""
        point = self._section.points.get(state.point)
        report = state.report()
        alarmed = state.state is State.ALARM
        if point is None:
            if alarmed and event is not None:
                await self._node.alarm(self._nameless(state, event))
            return
        if alarmed and point.role == "alarm":
            await self._node.alarm(self._trigger(point, state, event))
        elif alarmed and point.role == "cancel" and event is not None:
            await self._node.cancel(point.name, point.zone or self._section.zone)
        if event is None or event.current:
            self._stood[state.point] = state
        else:  # a late repeat: since then the point has changed again
            report = self._stood.get(state.point, state).report()
        await self._node.report(point.id, report.condition, report.marks, report.detail)

    def _trigger(self, point: PointSection, state: PointState, event: PointEvent | None) -> Trigger:
        return trigger(
            point,
            self._section.zone,
            state.report().marks,
            name=state.point,
            frame=_up(event.received) if event else None,
            up=_up(event.happened) if event else None,
            value=None if state.value is None else float(state.value),
            raw=(event.raw or None) if event else None,
        )

    def _nameless(self, state: PointState, event: PointEvent) -> Trigger:
        """An alarm of a point that nobody configured is an alarm of the board."""
        return Trigger(
            self._section.id,
            *OTHER,
            point=state.point,
            zone=self._section.zone,
            frame=_up(event.received),
            up=_up(event.happened),
        )

    async def _snapshot(self, snapshot: Snapshot) -> None:
        for state in snapshot.states:
            await self._apply(state)
        self._faults.pop(FaultKind.COMMS_LOST, None)
        await self._report_board()
        self._unsaved = True

    async def _fault(self, fault: Fault) -> None:
        if fault.active:
            for name in fault.points:
                if point := self._section.points.get(name):
                    await self._node.report(point.id, Condition.UNKNOWN, [Mark.COMMS_LOST], fault.detail)
            self._faults[fault.kind] = fault.detail
        else:
            self._faults.pop(fault.kind, None)
        await self._report_board()

    async def _report_board(self) -> None:
        marks = {Mark.COMMS_LOST if kind is FaultKind.COMMS_LOST else Mark.FAULT for kind in self._faults}
        words = "; ".join(f"{kind}: {detail}" for kind, detail in self._faults.items())
        await self._node.report(self._section.id, Condition.NORMAL, marks, words or None)

    async def _telemetry(self, telemetry: Telemetry) -> None:
        up = _up(telemetry.happened)
        point = self._section.points.get(telemetry.point)
        if point is not None and point.quantity is not None:
            await self._node.readings([Measured(point.id, point.quantity, float(telemetry.value), up)])
        elif not telemetry.point and up - self._supply_told >= SUPPLY_EVERY_MS:
            self._supply_told = up
            await self._node.readings([Measured(self._section.id, "supply_voltage", float(telemetry.value) / 1000, up)])

    async def _compare(self, names: list[str]) -> None:
        """A configured point that the board does not have can never raise an alarm: that is a fault."""
        for name, point in self._section.points.items():
            if name not in names:
                words = f"bo không có điểm {name} (the board has {', '.join(names)})"
                await self._node.report(point.id, Condition.UNKNOWN, [Mark.FAULT], words)

    async def _look_for_life(self) -> None:
        """Any valid frame is a sign of life of the board and of all points it stands for.

        What is known of the board is saved here too, off the way of an alarm: should the last seconds be lost, a
        repeat only joins the alarm that is latched already.
        """
        frames = -1
        while True:
            if self._session.counters.frames != frames:
                frames = self._session.counters.frames
                for name in (self._section.id, *(self._section.points[name].id for name in self._stood_points())):
                    self._node.seen(name)
            if self._unsaved:
                self._unsaved = False
                await asyncio.to_thread(self._save)
            await self._node.clock.sleep(LOOK_S)

    def _stood_points(self) -> list[str]:
        return [name for name in self._stood if name in self._section.points]

    def _save(self) -> None:
        try:
            self._kept.save(self._session.memory().model_dump(mode="json"))
        except OSError as error:
            log.info("board %s: what is known of it cannot be stored: %s", self._section.id, error)

    def _moment(self) -> Moment:
        return Moment(self._node.clock.up_ms() / 1000, self._node.clock.utc_ms())


def _up(moment: Moment) -> int:
    return round(moment.monotonic * 1000)


def _memory(kept: Kept) -> Memory | None:
    stored: Any = kept.load()
    try:
        return None if stored is None else Memory.model_validate(stored)
    except ValidationError:
        return None  # the first snapshot tells everything again
