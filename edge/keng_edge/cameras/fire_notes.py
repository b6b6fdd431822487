"""From the hints of fire of one camera to the node's events: one occurrence that begins, has a still, and ends.

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
from keng_wire.fire_hint import FireHinted

if TYPE_CHECKING:
    from keng_edge.cameras.config import CameraSection

log = logging.getLogger("keng.camera")


class FireNotes:
    """One camera's."""

    def __init__(self, section: "CameraSection", node: Node) -> None:
        self._section, self._node = section, node
        self._occurrence: str | None = None

    async def tell(self, hint: FireHint) -> None:
        """Store the event; the still follows it."""
        if hint.begins:
            self._occurrence = secrets.token_hex(8)
            log.info("camera %s: it looks like fire", self._section.id)
        if self._occurrence is None:
            return
        await self._node.event(
            FireHinted(
                device=self._section.id,
                occurrence=self._occurrence,
                active=hint.begins,
                ago=round((hint.frame.at - hint.since) * 1000),
                zone=self._section.zone,
            )
        )
        if hint.begins:
            await self._node.event(await asyncio.to_thread(_picture, hint, self._section.id, self._occurrence))
        else:
            self._occurrence = None

    async def close(self) -> None:
        """Nobody looks any more: a hint that stands is over."""
        if self._occurrence is not None:
            over, self._occurrence = self._occurrence, None
            zone = self._section.zone
            await self._node.event(FireHinted(device=self._section.id, occurrence=over, active=False, ago=0, zone=zone))


def _picture(hint: FireHint, device: str, occurrence: str) -> Snapshot:
    """With a frame round the place that looks like fire."""
    return snapshot(device, occurrence, boxed(hint.frame.picture(), [hint.box] if hint.box else []))
