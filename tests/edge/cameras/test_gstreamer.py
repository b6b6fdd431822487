"""The same as `test_streams.py` with a camera of GStreamer: live encoders, digest by another hand, no end of a film."""

import logging
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from keng_edge.cameras.address import Address
from keng_edge.cameras.camera import Camera
from keng_edge.cameras.frame import Frame
from keng_edge.cameras.source import frames
from keng_edge.clock import SystemClock
from keng_edge.errors import DeviceError
from keng_wire.conditions import Condition, Mark
from support.camera_node import CameraNode
from support.gstreamer_camera import GStreamerCamera
from support.supervised_camera import SECRET, USER, supervised, until

ENOUGH = {"h264": 5, "h265": 5, "jpeg": 5, "sliced": 15, "slow": 2, "fast": 60, "locked": 5, "changing": 30}


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GStreamerCamera]:
    with GStreamerCamera(tmp_path_factory.mktemp("gstreamer")) as running:
        yield running


@pytest.fixture(scope="module")
def seen(camera: GStreamerCamera) -> dict[str, list[Frame]]:
    """The first frames of each path, all watched at once."""

    def look(path: str) -> list[Frame]:
        address = Address(camera.address(path), USER, SECRET)
        return list(islice(frames(address, SystemClock().up_ms), ENOUGH[path]))

    with ThreadPoolExecutor(len(ENOUGH)) as pool:
        return dict(zip(ENOUGH, pool.map(look, ENOUGH), strict=True))


@pytest.mark.parametrize("path", ["h264", "h265", "jpeg", "sliced", "slow", "fast", "locked"])
def test_a_live_camera_of_each_kind_and_rate_is_read_from_its_first_whole_picture_on(
    seen: dict[str, list[Frame]], path: str
) -> None:
    got = seen[path]
    assert len(got) == ENOUGH[path]
    # Motion JPEG over RTP counts its lines in eights (RFC 2435, section 3.1.6).
    assert {frame.luma().shape for frame in got} == {(184 if path == "jpeg" else 180, 320)}
    assert got[-1].tally is not None
    assert (got[-1].tally.pictures, got[0].tally and got[0].tally.keys) == (ENOUGH[path], 1)
    assert len(np.unique(got[-1].luma())) > 6  # the bars of the test picture
    assert got[-1].at > got[0].at


def test_a_camera_whose_picture_changes_its_size_while_it_is_watched_is_followed(seen: dict[str, list[Frame]]) -> None:
    assert {frame.luma().shape for frame in seen["changing"]} == {(180, 320), (360, 640)}


def test_a_path_that_is_not_there_and_one_without_a_password_are_told_apart(camera: GStreamerCamera) -> None:
    for path, words in (("none", "knows no such path"), ("locked", "does not take user and password")):
        with pytest.raises(DeviceError, match=words):
            next(frames(Address(camera.address(path)), SystemClock().up_ms))


def width(camera: Camera) -> int:
    picture = camera.picture(0)
    if picture is None:
        return 0
    decoded = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert decoded is not None
    return int(decoded.shape[1])


async def test_the_node_goes_on_through_a_change_of_the_size(camera: GStreamerCamera, tmp_path: Path) -> None:
    node = CameraNode(tmp_path)
    async with supervised(camera.address("changing"), node, tmp_path) as watching:
        await until(lambda: width(watching) == 320)
        await until(lambda: width(watching) == 640)
        alive = node.alive
        await until(lambda: node.alive > alive + 5)
    assert not any(Mark.COMMS_LOST in report.marks for report in node.reports)


@pytest.mark.expects_log("device cam: source: rtsp://.* does not take user and password")
async def test_a_wrong_password_is_said_once_and_is_tried_once(
    camera: GStreamerCamera, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    node, before, wrong = CameraNode(tmp_path), camera.viewers, "s@i/bét:9"
    with caplog.at_level(logging.DEBUG):
        async with supervised(camera.address("locked"), node, tmp_path, wrong):
            await until(lambda: node.lost)
            await node.clock.sleep(2.5)
    assert camera.viewers == before + 1
    (report,) = node.reports
    assert "does not take user and password" in (report.detail or "")
    for text in (caplog.text, repr(node.reports)):
        assert "rtsp://" in text
        for secret in (wrong, SECRET, "s%40i", "m%40t"):
            assert secret not in text


@pytest.mark.expects_log("device cam: source: rtsp://")
async def test_a_camera_that_hangs_and_one_that_is_killed_are_told_and_come_back(
    camera: GStreamerCamera, tmp_path: Path
) -> None:
    node = CameraNode(tmp_path)
    async with supervised(camera.address("h264"), node, tmp_path):
        await until(lambda: Condition.NORMAL in node.conditions)
        os.kill(camera.program.pid, signal.SIGSTOP)
        await until(lambda: node.lost)
        assert "sends nothing any more" in (node.reports[-1].detail or "")
        os.kill(camera.program.pid, signal.SIGCONT)
        await until(lambda: not node.lost)
        camera.program.kill()
        await until(lambda: node.lost)
        camera.start()
        await until(lambda: not node.lost)
