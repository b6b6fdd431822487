"""A camera that sees somebody keeps stills and a clip of the alarm, and only after it told the alarm."""

import asyncio
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

from keng_edge.cameras.camera import Camera
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.evidence import spool
from keng_edge.cameras.evidence.spool import Shelf
from keng_edge.cameras.frame import Frame
from keng_edge.cameras.sightings import Box, ObjectClass, Rule, Sighting, Step, View
from keng_edge.cameras.telling import Telling
from keng_edge.clock import SystemClock
from keng_edge.devices import Trigger
from keng_edge.errors import DeviceError
from keng_wire.event import MediaKind
from support.camera_node import CameraNode
from support.clips import scene, walker
from support.h264 import pictures, write_stream


class QuickClock(SystemClock):
    """Five times as fast."""

    def up_ms(self) -> int:
        return int(time.monotonic() * 5_000)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 5)


class NodeWithMedia(CameraNode):
    """Its hub takes media."""

    def shelf(self, device: str) -> Shelf | None:
        return Shelf(self.data / "media" / device, 50_000_000, 0)

    async def alarm(self, trigger: Trigger) -> str:
        assert spool.waiting(self.data / "media") == []  # never before the alarm
        return await super().alarm(trigger)


def sighting(step: Step, area: str) -> Sighting:
    picture = scene()
    frame = Frame(5.0, 5_000, lambda: picture[:, :, 0], lambda: picture)
    now = View(frame, (Box(0.4, 0.4, 0.6, 0.8),))
    end = 5.0 if step is Step.END else None
    return Sighting(f"{len(area):016x}", Rule.PRESENCE, area, ObjectClass.UNKNOWN, None, step, 4.0, end, now, now)


async def test_a_sighting_that_is_no_alarm_leaves_pictures_where_its_area_wants_them(tmp_path: Path) -> None:
    square = [(0, 0), (1, 0), (1, 1), (0, 1)]
    areas = [
        {"id": "san", "points": square, "rules": ["presence"], "evidence": True},
        {"id": "duong", "points": square, "rules": ["presence"]},
    ]
    given = {"type": "camera", "id": "cam-1", "name": "Camera", "source": "a.mp4", "areas": areas}
    node = NodeWithMedia(tmp_path, QuickClock())
    telling = Telling(CameraSection.model_validate(given), node)
    for area in ("san", "duong"):
        for step in (Step.BEGIN, Step.END):
            await telling.sighting(sighting(step, area))
    assert telling.evidence is not None
    telling.evidence.wait()
    kept = [one.note.media for one in spool.waiting(tmp_path / "media")]
    assert {one.occurrence for one in kept} == {f"{3:016x}"}
    assert {one.media for one in kept} == {MediaKind.STILL, MediaKind.BOXED}
    assert len(node.events) == 4


async def test_an_intrusion_leaves_stills_and_a_clip_of_its_alarm(tmp_path: Path) -> None:
    source = write_stream(tmp_path / "stream.mp4", walker(8, 13), 26)
    section = CameraSection(
        type="camera", id="cam-1", name="Camera", source=str(source), cooldown_s=2, notice_confirmed=date(2026, 11, 1)
    )
    node = NodeWithMedia(tmp_path, QuickClock())
    task = asyncio.create_task(Camera(section, node).run_once())
    try:
        async with asyncio.timeout(20):
            while not any(  # noqa: ASYNC110 - a folder tells nobody
                one.note.media.media is MediaKind.CLIP for one in spool.waiting(tmp_path / "media")
            ):
                await asyncio.sleep(0.05)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, DeviceError):
            await task
    entries = spool.waiting(tmp_path / "media")
    assert {one.note.media.occurrence for one in entries} == {f"{1:016x}"}
    kinds = [one.note.media.media for one in entries]
    assert kinds.count(MediaKind.STILL) >= 3
    [clip] = [one for one in entries if one.note.media.media is MediaKind.CLIP]
    assert clip.note.up < node.triggers[0].up - 4_000  # type: ignore[operator]  # a camera says when
    assert len(pictures(clip.file)) > 100
