"""Cheap 433 MHz alarms through rtl_433: advisory always, for anybody's remote may sound like one of them."""

import logging
from collections import OrderedDict

from keng_bridges.errors import PayloadError
from keng_bridges.rtl_433 import REMEMBERED, Repeats, decode
from keng_bridges.rtl_433 import Heard as Sender
from keng_edge.devices import Node
from keng_edge.errors import DeviceError
from keng_edge.fire.gateway_points import HOLD_MS, GatewayPoints, Said
from keng_edge.fire.radio_config import Rtl433Section
from keng_edge.mqtt import Heard, listen
from keng_wire.conditions import Condition

log = logging.getLogger("keng.fire")


class Rtl433:
    """One receiver. Only senders on its list count; nobody watches their silence (class U)."""

    def __init__(self, section: Rtl433Section, node: Node) -> None:
        self._section, self._node = section, node
        self._points = GatewayPoints(section, section.devices, node, advisory=True)
        self._repeats = Repeats()
        self._codes: dict[str, int] = {}
        self._strangers: OrderedDict[str, None] = OrderedDict()

    async def run_once(self) -> None:
        """Listen until the broker goes (DeviceError)."""
        base = self._section.base_topic
        topics = [f"{base}/events", f"{base}/+/events"]
        try:
            await listen(self._section, topics, self._hear, self._node.clock, self._alive)
        except DeviceError:
            await self._points.unreached()
            raise

    async def _alive(self) -> None:
        """The connection is all that is known: a radio without senders is as silent as a dead one."""
        await self._points.reached()
        now = self._node.clock.up_ms()
        for name in [name for name, since in self._codes.items() if now - since >= HOLD_MS]:
            del self._codes[name]
            await self._points.forget(name, "mã báo cháy không nói khi nào hết (its code never says that it is over)")

    async def _hear(self, heard: Heard) -> None:
        try:
            sender = decode(heard.topic, heard.payload)
        except PayloadError as error:
            log.info("rtl_433 %s: %s", self._section.id, error)
            return
        if sender is None or not self._repeats.fresh(sender, heard.frame):
            return
        if sender.name in self._section.devices:
            if sender.bare and not heard.retained:
                self._codes[sender.name] = heard.frame
            await self._points.take(sender.name, self._said(sender, heard), heard.frame)
        elif sender.name not in self._strangers:
            self._strangers[sender.name] = None
            if len(self._strangers) > REMEMBERED:
                self._strangers.popitem(last=False)
            log.info("rtl_433 %s: heard %s, which is not on the list", self._section.id, sender.name)

    def _said(self, sender: Sender, heard: Heard) -> Said:
        """What a message says. A bare code that the broker remembers was an act, and is nobody's any more."""
        device = self._section.devices[sender.name]
        tells = None if heard.retained and sender.bare else sender.condition
        return Said(
            condition=tells,
            marks=sender.marks,
            cleared=sender.cleared,
            pressed=device.role == "cancel" and tells is Condition.ALARM and not heard.retained,
            measurements=sender.measurements,
            retained=heard.retained,
            raw=heard.raw,
        )
