import asyncio
import hashlib
import logging
import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import date
from pathlib import Path

import pytest

from keng_edge.cameras.camera import Camera
from keng_edge.cameras.config import CameraSection
from keng_edge.clock import SystemClock
from keng_edge.devices import supervise
from keng_edge.errors import DeviceError
from keng_wire.alarm import Category, Cause, Evidence
from keng_wire.conditions import Condition, Mark
from keng_wire.event import SNAPSHOT_LIMIT, Snapshot
from keng_wire.sighting import ObjectClass, Rule, Sighted, Step
from support.camera_node import CameraNode
from support.clips import Draw, scene, walker, write_clip


class FastClock(SystemClock):
    """The node's clock with its hands on a fivefold wheel, so that a file of 20 s plays in 4 s."""

    def up_ms(self) -> int:
        return int(time.monotonic() * 5_000)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 5)


def clip(folder: Path, draw: Draw, seconds: float) -> str:
    return str(write_clip(folder / "clip.mp4", draw, seconds))


def section(source: str, loop: bool = False, cooldown_s: float = 3) -> CameraSection:
    return CameraSection(
        type="camera",
        id="cam-cong",
        name="Camera cổng",
        source=source,
        loop=loop,
        zone="ngo-1",
        cooldown_s=cooldown_s,
        notice_confirmed=date(2026, 11, 1),
    )


@asynccontextmanager
async def running(config: CameraSection, node: CameraNode) -> AsyncGenerator[asyncio.Task[None]]:
    task = asyncio.create_task(Camera(config, node).run_once())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, DeviceError):
            await task


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


async def test_somebody_in_the_picture_is_an_alarm_with_a_still_of_its_occurrence(tmp_path: Path) -> None:
    node = CameraNode(tmp_path, FastClock())
    async with running(section(clip(tmp_path, walker(4, 12), 14)), node):
        await until(lambda: len(node.events) >= 2)
    (trigger,) = node.triggers
    assert (trigger.device, trigger.zone, trigger.point) == ("cam-cong", "ngo-1", "all")
    assert (trigger.category, trigger.cause, trigger.evidence) == (
        Category.SECURITY,
        Cause.INTRUSION,
        Evidence.ADVISORY,
    )
    assert trigger.frame is not None
    begin, still = node.events[:2]
    assert isinstance(begin, Sighted)
    assert (begin.rule, begin.step, begin.area, begin.alarm) == (Rule.INTRUSION, Step.BEGIN, "all", f"{1:016x}")
    assert (begin.object_class, begin.confidence) == (ObjectClass.UNKNOWN, None)
    assert 1_500 < begin.began_ago < 6_000
    assert isinstance(still, Snapshot)
    assert still.occurrence == f"{1:016x}"
    assert still.sha256 == hashlib.sha256(still.jpeg).hexdigest()
    assert still.jpeg.startswith(b"\xff\xd8")
    assert len(still.jpeg) <= SNAPSHOT_LIMIT
    assert node.conditions == [Condition.NORMAL, Condition.ALARM]
    assert node.alive > 10


async def test_the_camera_goes_back_to_normal_after_the_cooldown(tmp_path: Path) -> None:
    node = CameraNode(tmp_path, FastClock())
    async with running(section(clip(tmp_path, walker(4, 8), 14), loop=True), node):
        await until(lambda: len(node.reports) >= 3)
    assert node.conditions[:3] == [Condition.NORMAL, Condition.ALARM, Condition.NORMAL]


async def test_a_sighting_ends_by_the_time_it_was_last_seen_and_after_its_alarm(tmp_path: Path) -> None:
    node = CameraNode(tmp_path, FastClock())
    async with running(section(clip(tmp_path, walker(4, 8), 14), loop=True), node):
        await until(lambda: len(node.reports) >= 3)
    steps = [event for event in node.events if isinstance(event, Sighted)][:2]
    assert [event.step for event in steps] == [Step.BEGIN, Step.END]
    assert len({event.occurrence for event in steps}) == 1
    assert steps[1].ended_ago is not None
    assert 2_000 < steps[1].began_ago - steps[1].ended_ago < 5_000


async def test_an_empty_picture_is_normal_and_nothing_else(tmp_path: Path) -> None:
    node = CameraNode(tmp_path, FastClock())
    async with running(section(clip(tmp_path, lambda _: scene(), 3), loop=True), node):
        await until(lambda: node.alive > 40)
    assert (node.conditions, node.triggers) == ([Condition.NORMAL], [])


async def test_nothing_is_known_of_a_camera_before_its_first_picture(tmp_path: Path) -> None:
    node = CameraNode(tmp_path, FastClock())
    async with running(section(str(tmp_path / "no.mp4")), node) as task:
        with pytest.raises(DeviceError, match=r"source: .*no\.mp4 does not exist"):
            await task
    assert node.reports == []


async def test_a_file_at_its_end_waits_in_silence_instead_of_starting_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    node = CameraNode(tmp_path, FastClock())
    with caplog.at_level(logging.INFO):
        async with running(section(clip(tmp_path, lambda _: scene(), 1)), node) as task:
            await until(lambda: "at its end" in caplog.text)
            assert not task.done()


async def test_a_source_that_hangs_is_left_after_ten_seconds(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "hung.mp4")  # opening it blocks for ever, as a hung driver does
    node = CameraNode(tmp_path, FastClock())
    async with running(section(str(tmp_path / "hung.mp4")), node) as task:
        with pytest.raises(DeviceError, match="gave no picture for 10 s"):
            await task


@pytest.mark.expects_log("device cam-cong: source: .* does not exist")
async def test_a_camera_comes_back_when_its_source_does(tmp_path: Path) -> None:
    node, file = CameraNode(tmp_path, FastClock()), tmp_path / "clip.mp4"
    node_clock_pause = node.clock.sleep

    async def sleep(seconds: float) -> None:
        await node_clock_pause(min(seconds, 1))

    node.clock.sleep = sleep  # type: ignore[method-assign]  # a wrong path is otherwise tried again after 5 minutes
    task = asyncio.create_task(supervise(Camera(section(str(file), loop=True), node), "cam-cong", node))
    await until(lambda: node.reports)
    clip(tmp_path, lambda _: scene(), 2)
    await until(lambda: Condition.NORMAL in node.conditions)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert node.reports[0][:2] == (Condition.UNKNOWN, (Mark.COMMS_LOST,))
