"""The camera: one supervised task that turns what its eyes find into alarms and events."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime

from keng_edge.cameras import live_picture
from keng_edge.cameras.address import Address
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.decoding import OnPacket
from keng_edge.cameras.detector.detection import SharesDetector
from keng_edge.cameras.evidence.large_stream import LargeStream
from keng_edge.cameras.eyes import Eyes
from keng_edge.cameras.fire_hint import FireHint
from keng_edge.cameras.fire_notes import FireNotes
from keng_edge.cameras.frame import Frame
from keng_edge.cameras.health import HealthChange
from keng_edge.cameras.health.kept_view import KeptView
from keng_edge.cameras.live import Picture
from keng_edge.cameras.own_alarms import OwnAlarms
from keng_edge.cameras.plan import is_active, planned, seen_with
from keng_edge.cameras.reader import Reader
from keng_edge.cameras.sightings import Sighting
from keng_edge.cameras.source import frames
from keng_edge.cameras.telling import Telling, village_time
from keng_edge.devices import Node
from keng_edge.errors import DeviceError
from keng_wire.camera import CameraPlan
from keng_wire.conditions import ClockQuality

log = logging.getLogger("keng.camera")

POLL_S = 0.02
"""How often the newest frame is asked for: a tenth of the time between two looks."""
FIRST_PICTURE_S = 15.0
"""May pass until the first picture of a stream."""


class Camera:
    """A camera of a node.

    Motion alone is a hint (`Evidence.ADVISORY`): it asks a person to look and never rings the neighbours by itself.
    """

    longest_pause_s = 6.0
    """Pictures are back within 10 s after the camera is, opening it included."""

    def __init__(self, config: CameraSection, node: Node) -> None:
        self._file = config
        self._node = node
        self._fire_notes = FireNotes(config, node)
        self._detector = node.detector() if isinstance(node, SharesDetector) else None
        self._wanted = config, is_active(config, None)
        self._use(*self._wanted)
        self._heard = False
        self._newest: Frame | None = None

    def _use(self, config: CameraSection, active: bool) -> None:
        node = self._node
        self._config, self.active = config, active
        self._telling = Telling(config, node, active)
        self._eyes = Eyes(seen_with(config, active), detector=self._detector if active else None, local=self._local)
        self._view = KeptView(node.data / config.id, config, self._eyes.health.view, node.clock.up_ms)
        self._own = OwnAlarms(config, node, self._telling, active)

    async def run_once(self) -> None:
        """Watch until the source fails; DeviceError says why and what to do."""
        try:
            await self._renew()
            self._own.start()
            await self._watch()
        except asyncio.CancelledError:
            self._own.stop()
            self._view.close()  # only at a stop: a camera that comes and goes would wear the card out
            raise

    async def _watch(self) -> None:
        address, clock = self._config.address(), self._node.clock
        self._heard, self._newest = False, None
        evidence = self._telling.evidence
        on_packet = evidence.packet if evidence is not None and self._config.clip_source is None else None
        with (
            Reader(lambda: self._frames(address, on_packet), self._config.id) as reader,
            LargeStream(self._config, evidence),
        ):
            last = clock.up_ms()
            while self._up_to_date:
                await self._own.tell()
                ended = reader.ended
                if reader.has_frame:
                    last = clock.up_ms()
                    await self._see(reader)
                elif ended:
                    return await self._end(reader.error)
                elif clock.up_ms() - last > (patience := self._patience_s(address)) * 1000:
                    raise DeviceError(f"source: {address.shown} gave no picture for {patience:g} s")
                else:
                    await clock.sleep(POLL_S)

    def _patience_s(self, address: Address) -> float:
        """For the next picture; the first one of a stream comes after its opening, which may take long by itself."""
        return FIRST_PICTURE_S if address.is_stream and not self._heard else self._config.silence_s

    @property
    def cameras(self) -> Mapping[str, bool]:
        """Itself."""
        return {self._file.id: self._file.notice_confirmed is not None}

    def plan(self, camera: str, plan: CameraPlan | None) -> CameraPlan:
        """From the next picture on; the stream is opened anew, so that masks hold from its first one."""
        active = is_active(self._file, plan)
        self._wanted = self._wanted[0], active
        self._wanted = planned(self._file, plan), active
        return self.in_force(camera)

    def in_force(self, camera: str) -> CameraPlan:
        """As it will be with the next picture."""
        section, active = self._wanted
        return CameraPlan(
            active=active,
            areas=section.areas,
            lines=section.lines,
            masks=section.masks,
            day_hours=section.day_hours,
            market_days=section.market_days,
        )

    @property
    def _up_to_date(self) -> bool:
        return self._wanted == (self._config, self.active)

    async def _renew(self) -> None:
        """Take up another plan; what goes on ends first, as it was begun."""
        if self._up_to_date:
            return
        for sighting in self._eyes.close():
            await self._telling.sighting(sighting)
        await self._fire_notes.close()
        await self._own.close()
        # A memory card may take its time, and so may a model of fire.
        await asyncio.to_thread(self._view.close)
        await asyncio.to_thread(self._use, *self._wanted)

    def picture(self, after: int) -> Picture | None:
        """For those who look at it now, with the masks in it."""
        newest = self._newest if self._up_to_date and self.active else None
        return live_picture.of(newest, after, self._node.clock.up_ms(), len(self._config.masks))

    def relearn(self) -> None:
        """A person has seen that the view is right: what the camera shows next is how it is to look."""
        self._eyes.health.relearn()
        self._view.forget()

    def _frames(self, address: Address, on_packet: OnPacket | None) -> Iterator[Frame]:
        return frames(address, self._node.clock.up_ms, self._config.loop, on_packet, self._eyes.masks)

    async def _see(self, reader: Reader) -> None:
        if self._heard:
            self._node.seen(self._config.id)
        else:
            self._heard = True
            await self._telling.condition()
        for found in await asyncio.to_thread(self._look, reader):
            await self._tell(found)

    def _look(self, reader: Reader) -> list[object]:
        """At the frame that is the newest now: others may have kept this thread waiting."""
        frame = reader.take()
        if frame is None:
            return []
        self._newest = frame
        found = self._eyes.feed(frame)
        self._view.keep()
        return found

    async def _tell(self, found: object) -> None:
        match found:
            case Sighting():
                await self._telling.sighting(found)
            case FireHint():
                await self._fire_notes.tell(found)
            case HealthChange():
                await self._telling.health(found)
            case _:
                pass

    def _local(self, frame: Frame) -> datetime | None:
        """The village's time of a frame, if this node knows it; areas with hours are else watched at all hours."""
        clock = self._node.clock
        return None if clock.quality() is ClockQuality.UNKNOWN else village_time(clock, frame)

    async def _end(self, error: Exception | None) -> None:
        if isinstance(error, DeviceError):
            raise DeviceError(f"source: {error}", permanent=error.permanent)
        if error is not None:
            raise error
        for sighting in self._eyes.close():
            await self._telling.sighting(sighting)
        log.info("camera %s: the file is at its end; `loop = true` would play it again", self._config.id)
        while self._up_to_date:  # from here the node's own watch over silence says that nothing comes any more
            await self._node.clock.sleep(5)
