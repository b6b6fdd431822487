"""The camera: one supervised task that turns somebody in an area into an alarm and a still."""

import asyncio
import logging

from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.eyes import eyes
from keng_edge.cameras.frame import Frame
from keng_edge.cameras.reader import Reader
from keng_edge.cameras.sightings import Sighting, Step
from keng_edge.cameras.source import frames
from keng_edge.cameras.still import still
from keng_edge.devices import Node, Trigger
from keng_edge.errors import DeviceError
from keng_wire.alarm import Category, Cause, Evidence, Severity
from keng_wire.conditions import Condition
from keng_wire.event import SNAPSHOT_LIMIT, Snapshot

log = logging.getLogger("keng.camera")

POLL_S = 0.02
"""How often the newest frame is asked for: a tenth of the time between two looks."""


class Camera:
    """A camera of a node.

    Motion alone is a hint (`Evidence.ADVISORY`): it asks a person to look and never rings the neighbours by itself.
    """

    longest_pause_s = 6.0
    """Pictures are back within 10 s after the camera is, opening it included."""

    def __init__(self, config: CameraSection, node: Node) -> None:
        self._config = config
        self._node = node
        self._pipeline = eyes(config)
        self._intruded: set[str] = set()
        self._heard = False

    async def run_once(self) -> None:
        """Watch until the source fails; DeviceError says why and what to do."""
        address, clock = self._config.address(), self._node.clock
        self._heard = False
        with Reader(lambda: frames(address, clock.up_ms, self._config.loop), self._config.id) as reader:
            last = clock.up_ms()
            while True:
                ended, frame = reader.ended, reader.take()
                if frame is not None:
                    last = clock.up_ms()
                    await self._see(frame)
                elif ended:
                    return await self._end(reader.error)
                elif clock.up_ms() - last > self._config.silence_s * 1000:
                    raise DeviceError(f"source: {address.shown} gave no picture for {self._config.silence_s:g} s")
                else:
                    await clock.sleep(POLL_S)

    async def _see(self, frame: Frame) -> None:
        if self._heard:
            self._node.seen(self._config.id)
        else:
            self._heard = True
            await self._report()
        for found in await asyncio.to_thread(self._pipeline.feed, frame):
            if isinstance(found, Sighting):
                await self._tell(found)

    async def _tell(self, sighting: Sighting) -> None:
        if sighting.step is Step.BEGIN:
            await self._alarm(sighting)
        elif sighting.step is Step.END:
            self._intruded.discard(sighting.area)
            await self._report()

    async def _alarm(self, sighting: Sighting) -> None:
        self._intruded.add(sighting.area)
        occurrence = await self._node.alarm(
            Trigger(
                device=self._config.id,
                point=sighting.area,
                zone=self._config.zone,
                category=Category.SECURITY,
                severity=Severity.HIGH,
                cause=Cause.INTRUSION,
                evidence=Evidence.ADVISORY,
                frame=sighting.now.frame.up,
                up=sighting.now.frame.up,
            )
        )
        await self._report()
        await self._node.event(await asyncio.to_thread(self._snapshot, sighting.best.frame, occurrence))

    def _snapshot(self, frame: Frame, occurrence: str) -> Snapshot:
        made = still(frame.picture(), SNAPSHOT_LIMIT)
        return Snapshot(
            device=self._config.id,
            occurrence=occurrence,
            sha256=made.sha256,
            width=made.width,
            height=made.height,
            jpeg=made.base64,
        )

    async def _report(self) -> None:
        await self._node.report(self._config.id, Condition.ALARM if self._intruded else Condition.NORMAL)

    async def _end(self, error: Exception | None) -> None:
        if isinstance(error, DeviceError):
            raise DeviceError(f"source: {error}", permanent=error.permanent)
        if error is not None:
            raise error
        log.info("camera %s: the file is at its end; `loop = true` would play it again", self._config.id)
        while True:  # from here the node's own watch over silence says that nothing comes any more
            await self._node.clock.sleep(60)
