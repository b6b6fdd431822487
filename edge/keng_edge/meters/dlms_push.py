"""A meter that pushes DLMS/COSEM messages by itself over a serial line; nothing is ever sent to it."""

import logging

from keng_bridges.dlms.cipher import Keys
from keng_bridges.dlms.push import Owner, PushReader
from keng_bridges.dlms.register import Scale
from keng_bridges.dlms.units import CODES
from keng_bridges.errors import NoAnswer
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.serial_port import SerialPort
from keng_bridges.values import Measurement
from keng_edge.devices import Node
from keng_edge.meters import dlms_secrets
from keng_edge.meters.dlms_config import DlmsPushSection
from keng_edge.meters.poll import Plate, drift, hand_over
from keng_wire.conditions import Condition, Mark

log = logging.getLogger("keng.meters")

GAP_S = 1.5
"""Silence that ends a message; meters push in one go."""
DAMAGED = 10
"""Damaged messages in a row that are a fault of the line or of the keys."""


class DlmsPush:
    """Listens as long as the line lives. The port is its own: a meter that pushes shares it with nobody."""

    def __init__(self, section: DlmsPushSection, node: Node) -> None:
        self._section, self._node = section, node
        self._plate = Plate(node, section.id)
        self._stored: dict[str, int] = {}
        self._damaged = 0

    async def run_once(self) -> None:
        """Take what comes; raises `NoAnswer` after three messages that did not come."""
        section, clock = self._section, self._node.clock
        reader = PushReader(self._owner())
        patience = section.missed_polls * section.expect_every_s
        async with (
            self._node.line(section.port),
            await SerialPort.open(section.port, section.baud, parity=section.parity) as port,
        ):
            heard = clock.up_ms()
            while clock.up_ms() - heard < patience * 1000:
                try:
                    items = list(reader.received(await port.read(min(GAP_S, patience))))
                except NoAnswer:
                    items = list(reader.ended())
                for item in items:
                    if await self._take(item):
                        heard = clock.up_ms()
        raise NoAnswer(f"{section.port}: no undamaged push for {patience:g} s")

    async def _take(self, item: Decoded | Damaged) -> bool:
        """Whether it was a sign of life of the meter."""
        if isinstance(item, Damaged):
            self._damaged += 1
            if self._damaged == DAMAGED:
                words = f"tin công tơ bị hỏng liên tục (damaged messages: {item.error})"
                await self._node.report(self._section.id, Condition.UNKNOWN, [Mark.FAULT], words[:200])
            return False
        if "registers" not in item.facts and "ciphering" not in item.facts:
            return False  # a frame that carries no push
        self._damaged = 0
        if item.facts.get("locked"):
            words = "công tơ gửi tin mã hóa, cần khóa (ciphered: its key is needed)"
            await self._node.report(self._section.id, Condition.UNKNOWN, [Mark.FAULT], words)
            return True
        await self._hand_over(item)
        return True

    async def _hand_over(self, item: Decoded) -> None:
        clock, device = self._node.clock, self._section.id
        up = clock.up_ms()
        named = [m for m in item.measurements if m.quantity is not None]
        due = [m for m in named if self._due(m, up)]
        if due or not (named or self._stored):
            await hand_over(self._node, device, due, up, drift(clock, item.at, up) if item.at and due else None)
        else:
            self._node.seen(device)
        await self._plate.tell(item.device)

    def _due(self, value: Measurement, up: int) -> bool:
        """Whether `every_s` has passed since this quantity was stored; some meters talk every two seconds."""
        assert value.quantity is not None
        last = self._stored.get(value.quantity)
        if last is not None and up - last < self._section.every_s * 1000 - 500:
            return False
        self._stored[value.quantity] = up
        return True

    def _owner(self) -> Owner:
        section = self._section
        unicast = dlms_secrets.key(section.encryption_key_file)
        keys = Keys(unicast, dlms_secrets.key(section.authentication_key_file)) if unicast else None
        scales = {code: Scale(scaling.scaler, CODES[scaling.unit]) for code, scaling in section.scales.items()}
        return Owner(keys, scales, section.reversed_zone)
