"""From the hints of fire of one camera to the node's events: an occurrence a sign that begins, has a still, and ends.

They are events and not alarms: the judge of alarms, which rings, never hears of them.
"""

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING

from keng_edge.cameras.fire_hint import FireHint
from keng_edge.cameras.still import boxed, snapshot
from keng_edge.devices import Node
from keng_wire.event import Snapshot
from keng_wire.fire_hint import FireHinted, FireSign

if TYPE_CHECKING:
    from keng_edge.cameras.config import CameraSection

log = logging.getLogger("keng.camera")


class FireNotes:
    """One camera's."""

    def __init__(self, section: "CameraSection", node: Node) -> None:
        self._section, self._node = section, node
        self._occurrences: dict[FireSign, str] = {}
        """Of the hints that stand."""

    async def tell(self, hint: FireHint) -> None:
        """Store the event; the still follows it."""
        if hint.begins:
            self._occurrences[hint.sign] = secrets.token_hex(8)
            log.info("camera %s: it looks like fire, by %s", self._section.id, hint.sign)
        occurrence = self._occurrences.get(hint.sign)
        if occurrence is None:
            return
        ago = round((hint.frame.at - hint.since) * 1000)
        await self._node.event(self._hinted(hint.sign, occurrence, active=hint.begins, ago=ago))
        if hint.begins:
            await self._node.event(await asyncio.to_thread(_picture, hint, self._section.id, occurrence))
        else:
            del self._occurrences[hint.sign]

    async def close(self) -> None:
        """Nobody looks any more: the hints that stand are over."""
        while self._occurrences:
            sign, occurrence = self._occurrences.popitem()
            await self._node.event(self._hinted(sign, occurrence, active=False, ago=0))

    def _hinted(self, sign: FireSign, occurrence: str, *, active: bool, ago: int) -> FireHinted:
        section = self._section
        return FireHinted(
            device=section.id, occurrence=occurrence, active=active, sign=sign, ago=ago, zone=section.zone
        )


def _picture(hint: FireHint, device: str, occurrence: str) -> Snapshot:
    """With a frame round the place that looks like fire."""
    return snapshot(device, occurrence, boxed(hint.frame.picture(), [hint.box] if hint.box else []))
