"""The pager port of a fire panel: we are its pager station, and answer so that it shows no fault."""

from keng_bridges.errors import BridgeError, NoAnswer
from keng_bridges.espa444 import ACK, NAK, Block, Reader, Station, told
from keng_bridges.panel_profile import load
from keng_bridges.serial_port import SerialPort
from keng_edge.devices import Node
from keng_edge.fire.panel import PanelVoice
from keng_edge.fire.panel_config import Espa444Section

UNFINISHED_S = 2.0
"""A block that has no end by then is refused, so that the panel sends it again."""
ALIVE_EVERY_MS = 5000


class Espa444:
    """One panel. A call is acknowledged when it is stored, and not before."""

    def __init__(self, section: Espa444Section, node: Node) -> None:
        self._section, self._node = section, node
        self._panel = load(section.panel)
        self._voice = PanelVoice(section, node)
        self._heard = self._told = 0

    async def run_once(self) -> None:
        """Listen and answer until the port goes (PortError) or the panel is silent too long (NoAnswer)."""
        section, serial = self._section, self._section.serial
        reader, station = Reader(), Station(section.station, section.poll_answer)
        self._heard, self._told = self._node.clock.up_ms(), -ALIVE_EVERY_MS
        self._node.identified(section.id, {"panel": f"{section.panel} {self._panel.digest}"})
        try:
            async with await SerialPort.open(section.port, serial.baud, bits=serial.bits, parity=serial.parity) as port:
                while True:
                    await self._listen(port, reader, station)
        except BridgeError:
            await self._voice.lose("cổng nhắn tin của tủ (pager port of the panel)")
            raise

    async def _listen(self, port: SerialPort, reader: Reader, station: Station) -> None:
        try:
            data = await port.read(UNFINISHED_S)
        except NoAnswer:
            if reader.flush():
                await port.write(bytes([NAK]))
            self._give_up_when_silent()
            return
        frame = self._node.clock.up_ms()
        for _, item in reader.feed(data):
            answer = await self._call(item, frame) if isinstance(item, Block) else station.answer(item)
            if answer:
                await port.write(answer)
                await self._alive(frame)

    async def _call(self, block: Block, frame: int) -> bytes:
        """Stored, then acknowledged; a call that could not be stored is asked for again."""
        if block.header != "1":
            return bytes([ACK])
        try:
            await self._voice.hear(told(block, self._panel), frame)
        except (BridgeError, OSError):
            return bytes([NAK])
        return bytes([ACK])

    async def _alive(self, frame: int) -> None:
        """The panel asks several times a second; that it lives is told every few seconds."""
        self._heard = frame
        if frame - self._told >= ALIVE_EVERY_MS:
            self._told = frame
            await self._voice.restate()

    def _give_up_when_silent(self) -> None:
        silent_s = (self._node.clock.up_ms() - self._heard) / 1000
        if silent_s >= self._section.lost_after_s:
            raise NoAnswer(f"{self._section.port}: tủ không hỏi đã {silent_s:.0f} s (the panel has not asked)")
