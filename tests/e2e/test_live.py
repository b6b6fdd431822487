"""Pictures for those who look, from a node's camera to the hub by real HTTPS: leases, right of way, a hub that goes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from keng_edge.cameras.camera import Camera
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.evidence.carrier import Carrier, Progress
from keng_edge.cameras.evidence.spool import Note, Shelf
from keng_edge.cameras.evidence.uploads import Uploads
from keng_edge.cameras.live import GONE_MS, LONGEST_MS, Live, Picture
from keng_edge.config import UplinkSection
from keng_edge.errors import DeviceError
from keng_edge.uplink import tls
from keng_hub.cameras.registry import CameraKey
from keng_wire.event import Event, Media
from support.camera_node import CameraNode
from support.clips import walker, write_clip
from support.fake_clock import FakeClock
from support.media_hub import CLIP, NOW, MediaHub, announced, serving
from support.processes import until

CAMERA = CameraKey("ngo-3", "cam-1")


class Film:
    """A device whose every picture is another one: 1 x 1, 2 x 1, 3 x 1 pixels."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.asked = clock, 0

    def picture(self, after: int) -> Picture | None:
        self.asked += 1
        if self.clock.up <= after:
            return None
        made = BytesIO()
        Image.new("RGB", (self.asked, 1)).save(made, "JPEG")
        return Picture(made.getvalue(), self.clock.up, 2)


class Node:
    """What a node has of the live view; `waits` is an alarm on its way."""

    def __init__(self, hub: MediaHub) -> None:
        self.hub, self.clock, self.waits = hub, FakeClock(), False
        self.files, self.serial = hub.node("ngo-3")
        self.film = Film(self.clock)
        self.live = Live(self.connect, self.clock, lambda: self.waits)

    def connect(self) -> Carrier:
        ca, certificate, key = self.files
        section = UplinkSection(host="127.0.0.1", ca_file=ca, certificate_file=certificate, key_file=key)
        context = tls(section)
        assert context is not None
        return Carrier("127.0.0.1", self.hub.port, context, 5)

    async def work(self, ms: int, step: int = 100) -> None:
        """So long by both clocks."""
        for _ in range(0, ms, step):
            await self.live.run_once()
            self.clock.pass_ms(step)
            self.hub.now += step

    @property
    def width(self) -> int:
        """Of the picture the hub has: the number of the look it was taken with; 0 for none."""
        newest = self.hub.live.newest(CAMERA)
        return 0 if newest is None else Image.open(BytesIO(newest.jpeg)).width


@pytest.fixture
async def hub(sqlite_url: str, tmp_path: Path) -> AsyncGenerator[MediaHub]:
    made = MediaHub(sqlite_url, tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def node(hub: MediaHub) -> Node:
    return Node(hub)


def shade(picture: Picture | bytes, top: float, bottom: float) -> float:
    """The mean brightness between two heights, given as shares."""
    jpeg = picture.jpeg if isinstance(picture, Picture) else picture
    pixels = np.asarray(Image.open(BytesIO(jpeg)).convert("L"))
    return float(pixels[round(top * len(pixels)) : round(bottom * len(pixels))].mean())


async def test_pictures_of_a_real_camera_arrive_fresh_moving_and_with_the_masks_in_them(
    hub: MediaHub, node: Node, tmp_path: Path
) -> None:
    source = str(write_clip(tmp_path / "clip.mp4", walker(0, 20, y=0.75), 20))
    masks: list[list[tuple[float, float]]] = [[(0, 0), (1, 0), (1, 0.4), (0, 0.4)]]
    facts: dict[str, Any] = {"id": "cam-1", "name": "Camera", "notice_confirmed": "2026-11-01"}
    section = CameraSection(type="camera", source=source, loop=True, masks=masks, **facts)
    own = CameraNode(tmp_path)
    camera = Camera(section, own)
    live = Live(node.connect, own.clock, lambda: False)
    tasks = [asyncio.create_task(camera.run_once()), asyncio.create_task(live.run())]
    hub.live.look(CAMERA, "live 1", 100, hub.now + 60_000)
    seen: list[bytes] = []

    def another() -> bool:
        newest = hub.live.newest(CAMERA)
        if newest is not None and newest.jpeg not in seen[-1:]:
            seen.append(newest.jpeg)
            assert newest.masks == 1
        return len(seen) == 3

    async with serving(hub):
        live.show("cam-1", camera, 60_000)
        await until(another, "three pictures")
        hub.live.leave(CAMERA, "live 1")
        await until(lambda: not live.shown, "the node ends")
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError, DeviceError):
            await task
    assert len(set(seen)) == 3
    assert all(shade(one, 0, 0.35) < 20 < shade(one, 0.5, 1) for one in seen)


async def test_a_lease_ends_by_itself_and_is_never_longer_than_ten_minutes(hub: MediaHub, node: Node) -> None:
    hub.live.look(CAMERA, "live 1", 300, hub.now + 3_600_000)
    async with serving(hub):
        node.live.show("cam-1", node.film, 2_000)
        await node.work(1_900)
        assert node.live.shown == {"cam-1"}
        await node.work(300)
        assert node.live.shown == set()
    asked = node.film.asked
    await node.work(2_000)
    assert node.film.asked == asked
    node.live.show("cam-1", node.film, 10 * LONGEST_MS)
    node.clock.pass_ms(LONGEST_MS)
    await node.live.run_once()
    assert node.live.shown == set()


async def test_a_hub_that_goes_in_the_middle_ends_it_and_the_newest_picture_comes_if_it_is_back_soon(
    hub: MediaHub, node: Node
) -> None:
    hub.live.look(CAMERA, "live 1", 300, hub.now + 3_600_000)
    async with serving(hub):
        node.live.show("cam-1", node.film, LONGEST_MS)
        await node.work(1_000)
        before = node.width
        assert before > 0
    await node.work(3_000)
    assert node.live.shown == {"cam-1"}
    async with serving(hub):
        await node.work(500)
        assert node.width > before + 5  # what came in between was never kept
    await node.work(GONE_MS + 900, 300)
    assert node.live.shown == set()


async def test_an_alarm_or_its_evidence_that_waits_has_the_line_to_itself(hub: MediaHub, node: Node) -> None:
    hub.live.look(CAMERA, "live 1", 100, hub.now + 3_600_000)
    async with serving(hub):
        node.live.show("cam-1", node.film, 60_000)
        await node.work(500)
        sent = node.width
        node.waits = True
        await node.work(2_000)
        assert node.width == sent
        assert node.film.asked == sent
        node.waits = False
        await node.work(200)
        assert node.width > sent


async def test_a_clip_on_its_way_to_the_hub_is_such_evidence(
    hub: MediaHub, node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = announced(CLIP, media="clip")
    Shelf(tmp_path / "spool" / "cam-1", 50_000_000, 0).put(Note(media=media, boot="", up=0, at=0, announced=True), CLIP)
    await hub.announce("ngo-3", media)
    uploads = Uploads(tmp_path / "spool", node.connect, node.clock, no_word, lambda: False)
    busy: list[bool] = []
    bring = Carrier.bring

    def seen(self: Carrier, media: Media, offset: int, piece: bytes) -> Progress:
        busy.append(uploads.busy)
        return bring(self, media, offset, piece)

    monkeypatch.setattr(Carrier, "bring", seen)
    async with serving(hub):
        while not await uploads.run_once():
            pass
    assert len(busy) > 5
    assert all(busy)
    assert not uploads.busy


async def no_word(body: Event) -> int:
    raise NotImplementedError


async def test_a_node_ends_when_the_hub_says_that_nobody_looks(hub: MediaHub, node: Node) -> None:
    async with serving(hub):
        node.live.show("cam-1", node.film, 60_000)
        await node.work(100)
    assert node.live.shown == set()
    assert node.width == 0


async def test_a_node_whose_certificate_was_taken_back_shows_nothing(hub: MediaHub, node: Node) -> None:
    hub.live.look(CAMERA, "live 1", 300, hub.now + 3_600_000)
    async with serving(hub):
        node.live.show("cam-1", node.film, 60_000)
        await node.work(100)
        assert node.width == 1
        hub.authority.revoke([node.serial], NOW)
        await node.work(500)
    assert node.width == 1
    assert node.live.shown == set()


async def test_a_camera_without_a_new_picture_keeps_no_other_one_waiting(hub: MediaHub, node: Node) -> None:
    other, still = CameraKey("ngo-3", "cam-2"), Film(FakeClock(up_ms=0))
    for camera in (CAMERA, other):
        hub.live.look(camera, "wall a", 100, hub.now + 60_000)
    async with serving(hub):
        node.live.show("cam-2", still, 60_000)
        node.live.show("cam-1", node.film, 60_000)
        await node.work(1_000)
    assert node.width > 2
    assert hub.live.newest(other) is None
