"""Live pictures at the hub: taken only while somebody looks, only from the camera's own node, one at a time."""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator
from http.client import HTTPSConnection
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from keng_hub.cameras.registry import CameraKey
from keng_hub.media.live import KEEP_MS, LARGEST, LivePictures, NotAPicture
from support.media_hub import NOW, MediaHub, NodeFiles, serving

CAMERA = CameraKey("ngo-3", "cam-1")


def jpeg(width: int = 64, height: int = 36) -> bytes:
    made = BytesIO()
    Image.new("RGB", (width, height)).save(made, "JPEG")
    return made.getvalue()


@pytest.fixture
async def hub(sqlite_url: str, tmp_path: Path) -> AsyncGenerator[MediaHub]:
    made = MediaHub(sqlite_url, tmp_path)
    async with serving(made):
        yield made
    made.database.close()


@pytest.fixture
def node(hub: MediaHub) -> NodeFiles:
    return hub.node("ngo-3")[0]


def _show(hub: MediaHub, files: NodeFiles, body: bytes, device: str, headers: dict[str, str]) -> tuple[int, Any]:
    context = ssl.create_default_context(cafile=hub.authority.certificate_file)
    context.load_cert_chain(files.certificate, files.key)
    connection = HTTPSConnection("127.0.0.1", hub.port, context=context, timeout=20)
    try:
        connection.request("POST", f"/pictures/{device}", body, {"Picture-Age": "100", "Picture-Masks": "1"} | headers)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text)["pause"] if answer.status == 200 else None
    finally:
        connection.close()


async def show(hub: MediaHub, files: NodeFiles, body: bytes, device: str = "cam-1", **headers: str) -> tuple[int, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await asyncio.to_thread(_show, hub, files, body, device, named)


async def test_a_picture_is_taken_while_somebody_looks_and_not_else(hub: MediaHub, node: NodeFiles) -> None:
    assert await show(hub, node, jpeg()) == (200, None)
    assert hub.live.newest(CAMERA) is None
    hub.live.look(CAMERA, "live 1", 300, hub.now + 1_000)
    assert await show(hub, node, jpeg()) == (200, 300)
    picture = hub.live.newest(CAMERA)
    assert picture is not None
    assert (picture.jpeg, picture.taken, picture.masks) == (jpeg(), hub.now - 100, 1)
    hub.now += 1_001
    assert await show(hub, node, jpeg()) == (200, None)


async def test_a_node_gives_no_picture_of_a_camera_of_another_node(hub: MediaHub, node: NodeFiles) -> None:
    hub.live.look(CameraKey("ngo-9", "cam-9"), "live 1", 300, hub.now + 1_000)
    assert await show(hub, node, jpeg(), "cam-9") == (200, None)
    assert hub.live.newest(CameraKey("ngo-9", "cam-9")) is None


async def test_a_certificate_that_was_taken_back_shows_nothing(hub: MediaHub) -> None:
    files, serial = hub.node("ngo-3")
    hub.live.look(CAMERA, "live 1", 300, hub.now + 1_000)
    hub.authority.revoke([serial], NOW)
    assert await show(hub, files, jpeg()) == (403, None)
    assert hub.live.newest(CAMERA) is None


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 413),
        (jpeg() + b"\0" * LARGEST, {}, 413),
        (b"no picture", {}, 415),
        (jpeg()[:-2], {}, 415),
        (b"\xff\xd8\xff\xe0 nonsense \xff\xd9", {}, 415),
        (jpeg(5000, 10), {}, 415),
        (jpeg(), {"Picture_Age": "-1"}, 400),
        (jpeg(), {"Picture_Masks": "many"}, 400),
    ],
)
async def test_garbage_and_what_is_too_large_is_refused(
    hub: MediaHub, node: NodeFiles, body: bytes, headers: dict[str, str], status: int
) -> None:
    hub.live.look(CAMERA, "live 1", 300, hub.now + 1_000)
    assert await show(hub, node, body, **headers) == (status, None)
    assert hub.live.newest(CAMERA) is None


class Clock:
    """Stands where a test puts it."""

    now = 1_795_000_000_000

    def __call__(self) -> int:
        return self.now


def test_the_fastest_look_sets_the_pause_and_each_ends_by_itself() -> None:
    clock = Clock()
    live = LivePictures(clock)
    live.look(CAMERA, "wall a", 15_000, clock.now + 45_000)
    live.look(CAMERA, "live 1", 300, clock.now + 10_000)
    assert live.pause(CAMERA) == 300
    clock.now += 10_001
    assert live.pause(CAMERA) == 15_000
    live.leave(CAMERA, "wall a")
    assert live.pause(CAMERA) is None


def test_a_node_is_told_once_again_when_half_is_over_and_again_when_it_is_not_heard() -> None:
    clock = Clock()
    live = LivePictures(clock)
    live.look(CAMERA, "live 1", 300, clock.now + 600_000)
    until = clock.now + 120_000
    assert live.must_tell(CAMERA, until)
    live.told(CAMERA, until)
    assert not live.must_tell(CAMERA, until)
    clock.now += 10_001
    assert live.must_tell(CAMERA, until)
    live.take(CAMERA, jpeg(), 0, 0)
    assert not live.must_tell(CAMERA, until)
    clock.now += 55_000
    live.take(CAMERA, jpeg(), 0, 0)
    assert not live.must_tell(CAMERA, until)
    assert live.must_tell(CAMERA, clock.now + 120_000)


def test_a_node_that_rests_between_two_stills_is_told_when_somebody_looks_live() -> None:
    clock = Clock()
    live = LivePictures(clock)
    until = clock.now + 120_000
    live.look(CAMERA, "wall a", 15_000, until)
    live.told(CAMERA, until)
    live.take(CAMERA, jpeg(), 0, 0)
    assert not live.must_tell(CAMERA, until)
    live.look(CAMERA, "live 1", 300, until)
    assert live.must_tell(CAMERA, until)
    live.told(CAMERA, until)
    assert not live.must_tell(CAMERA, until)


def test_a_node_that_was_told_to_end_is_told_anew_when_somebody_looks_again() -> None:
    clock = Clock()
    live = LivePictures(clock)
    live.look(CAMERA, "live 1", 300, clock.now + 120_000)
    live.told(CAMERA, clock.now + 120_000)
    live.leave(CAMERA, "live 1")
    assert live.take(CAMERA, jpeg(), 0, 0) is None
    live.look(CAMERA, "live 2", 300, clock.now + 120_000)
    assert live.must_tell(CAMERA, clock.now + 120_000)


def test_one_picture_a_camera_is_kept_and_forgotten_after_an_hour() -> None:
    clock = Clock()
    live = LivePictures(clock)
    live.look(CAMERA, "wall a", 15_000, clock.now + 2 * KEEP_MS)
    live.take(CAMERA, jpeg(), 0, 0)
    live.take(CAMERA, jpeg(80, 40), 0, 0)
    picture = live.newest(CAMERA)
    assert picture is not None
    assert (picture.jpeg, picture.taken) == (jpeg(80, 40), clock.now + 1)
    with pytest.raises(NotAPicture):
        live.take(CAMERA, b"", 0, 0)
    clock.now += KEEP_MS + 2
    assert live.newest(CAMERA) is None


async def test_whoever_waits_gets_the_next_picture_and_an_older_one_never() -> None:
    live = LivePictures(Clock())
    live.look(CAMERA, "live 1", 300, Clock.now + 10_000)
    waiting = [asyncio.create_task(live.newer(CAMERA, Clock.now - 50, 5)) for _ in range(2)]
    await asyncio.sleep(0)
    live.take(CAMERA, jpeg(80, 40), 100, 0)
    live.take(CAMERA, jpeg(), 0, 0)
    assert [picture.jpeg if picture else None for picture in await asyncio.gather(*waiting)] == [jpeg(), jpeg()]
    assert await live.newer(CAMERA, Clock.now, 0.01) is None
