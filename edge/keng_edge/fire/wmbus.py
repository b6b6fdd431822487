"""Smoke alarms on the wireless M-Bus, through a receiver stick on a serial port."""

import logging
from pathlib import Path

from keng_bridges.errors import BridgeError, NoAnswer, PayloadError
from keng_bridges.serial_port import SerialPort
from keng_bridges.wmbus import Telegram
from keng_bridges.wmbus_smoke import Report, model_of, read_smoke
from keng_bridges.wmbus_stick import Bare, HexLines
from keng_edge.devices import Node
from keng_edge.errors import DeviceError
from keng_edge.fire.gateway_points import Absence, GatewayPoints, Said
from keng_edge.fire.wmbus_config import LONGEST_SILENCE_S, WmbusSection
from keng_edge.kept import Kept
from keng_edge.supervision import Pauses
from keng_wire.conditions import Condition, Mark

log = logging.getLogger("keng.fire")

LOOK_S = 1.0
MISSED = 3
LONGEST_MS = round(LONGEST_SILENCE_S * 1000)
OWN_MARKS = frozenset({Mark.FAULT, Mark.TEST, Mark.TAMPER, Mark.LOW_BATTERY, Mark.DIRTY, Mark.END_OF_LIFE})
SILENT = "quá hạn không nghe thấy (not heard for three of its longest pauses)"


class Wmbus:
    """One stick. A smoke alarm is lost after three of its longest pauses, and after 25 hours at most."""

    def __init__(self, section: WmbusSection, node: Node) -> None:
        self._section, self._node = section, node
        self._points = GatewayPoints(section, section.points, node)
        self._keys = {name: _key(point.key_file) for name, point in section.points.items() if point.key_file}
        now = node.clock.up_ms()
        self._pauses = {name: Pauses(LONGEST_MS) for name in section.points}
        self._heard = dict.fromkeys(section.points, now)
        folder = node.data / section.id
        folder.mkdir(parents=True, exist_ok=True)
        self._kept = Kept(folder / "alarm_counts.json")
        kept = self._kept.load()
        self._counts: dict[str, int] = kept if isinstance(kept, dict) else {}

    async def run_once(self) -> None:
        """Listen until the port goes (PortError)."""
        stick = HexLines() if self._section.lines == "hex" else Bare()
        try:
            async with await SerialPort.open(self._section.port, self._section.baud) as port:
                while True:
                    await self._points.reached()
                    await self._listen(port, stick)
                    await self._look()
        except BridgeError:
            await self._points.unreached()
            raise

    async def _listen(self, port: SerialPort, stick: HexLines | Bare) -> None:
        try:
            data = await port.read(LOOK_S)
        except NoAnswer:
            if isinstance(stick, Bare):
                stick.silence()
            return
        for telegram in stick.received(data):
            await self._take(telegram)

    async def _take(self, telegram: Telegram) -> None:
        name, frame = telegram.sender.number, self._node.clock.up_ms()
        raw = telegram.payload.hex()
        if name not in self._section.points:
            if model_of(telegram) is not None and _condition(telegram) is Condition.ALARM:
                await self._points.stranger(name, frame, raw)
            return
        self._heard[name] = frame
        self._pauses[name].heard(frame)
        try:
            report = read_smoke(telegram, self._keys.get(name))
        except PayloadError as error:
            log.info("wmbus %s: %s", self._section.id, error)
            said = Said(Condition.UNKNOWN, frozenset({Mark.FAULT}), detail=str(error)[:200], raw=raw)
            await self._points.take(name, said, frame)
            return
        await self._points.take(name, self._said(name, report, raw), frame)
        self._remember(name, report.alarms)

    def _remember(self, name: str, alarms: int | None) -> None:
        """Only now, when the alarm is on the disk: after a crash it is rather told twice than never."""
        if alarms is None or alarms == self._counts.get(name):
            return
        self._counts[name] = alarms
        try:
            self._kept.save(self._counts)
        except OSError as error:
            log.info("wmbus %s: the counts of alarms cannot be saved: %s", self._section.id, error)

    def _said(self, name: str, report: Report, raw: str) -> Said:
        """An alarm is what the model calls one, or a count of alarms that has grown since the last telegram."""
        before = self._counts.get(name)
        grown = report.alarms is not None and before is not None and report.alarms > before
        condition = Condition.ALARM if grown else report.condition
        detail = f"số lần báo cháy {before} → {report.alarms} (alarms counted)" if grown else report.status
        return Said(condition, report.marks, OWN_MARKS - report.marks, detail=detail, raw=raw)

    async def _look(self) -> None:
        now = self._node.clock.up_ms()
        for name, heard in self._heard.items():
            longest = self._pauses[name].longest
            if longest is not None and now - heard > min(MISSED * longest, LONGEST_MS):
                await self._points.absent(name, Absence.OFFLINE, SILENT, forget=True)


def _condition(telegram: Telegram) -> Condition:
    try:
        return read_smoke(telegram).condition
    except BridgeError:
        return Condition.UNKNOWN


def _key(file: Path) -> bytes:
    try:
        key = bytes.fromhex(file.read_text().strip())
    except (OSError, ValueError) as error:
        raise DeviceError(f"key_file {file}: {type(error).__name__}", permanent=True) from None
    if len(key) != 16:
        raise DeviceError(f"key_file {file}: 32 hex digits are wanted", permanent=True)
    return key
