"""The printer port of a fire panel. Only read: our transmit line is not even connected."""

from keng_bridges.errors import BridgeError, NoAnswer
from keng_bridges.panel_printer import LineReader
from keng_bridges.panel_profile import load
from keng_bridges.serial_port import SerialPort
from keng_edge.devices import Node
from keng_edge.fire.panel import PanelVoice
from keng_edge.fire.panel_config import PanelPrinterSection

UNFINISHED_S = 2.0
"""A line that has no end by then is taken as it is."""


class PanelPrinter:
    """One panel. Silence says nothing here, so it is paired with the panel's relays; see docs/node.md."""

    def __init__(self, section: PanelPrinterSection, node: Node) -> None:
        self._section, self._node = section, node
        self._panel = load(section.panel)
        self._voice = PanelVoice(section, node)

    async def run_once(self) -> None:
        """Listen until the port goes (PortError)."""
        section, serial, reader = self._section, self._section.serial, LineReader()
        self._node.identified(section.id, {"panel": f"{section.panel} {self._panel.digest}"})
        try:
            async with await SerialPort.open(section.port, serial.baud, bits=serial.bits, parity=serial.parity) as port:
                await self._voice.restate()
                while True:
                    await self._listen(port, reader)
        except BridgeError:
            await self._voice.lose("cổng máy in của tủ (printer port of the panel)")
            raise

    async def _listen(self, port: SerialPort, reader: LineReader) -> None:
        try:
            data = await port.read(UNFINISHED_S)
        except NoAnswer:
            lines = list(reader.flush())
        else:
            lines = list(reader.feed(data))
        frame = self._node.clock.up_ms()
        for line in lines:
            await self._voice.hear(self._panel.read(line), frame)
