"""A camera's learned view outlives a restart of the node, and whatever a memory card does to its file."""

import asyncio
import logging
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from keng_edge.cameras.camera import Camera
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.health import view_file
from keng_edge.cameras.health.kept_view import EVERY_MS, KeptView
from keng_edge.cameras.health.look import HEIGHT, WIDTH
from keng_edge.cameras.health.reference import Reference, References
from keng_edge.cameras.health.view_file import Spoilt, decode, encode
from keng_edge.clock import SystemClock
from keng_edge.errors import DeviceError
from support.camera_node import CameraNode
from support.clips import walker, write_clip
from support.fake_clock import FakeClock
from support.small_disk import fill, small_disk

OF = bytes(range(32))


def section(**more: object) -> CameraSection:
    return CameraSection.model_validate({"type": "camera", "id": "cam", "name": "Cam", "source": "rtsp://h/a"} | more)


def reference(seed: int = 1) -> Reference:
    dice = np.random.default_rng(seed)
    edges = dice.uniform(0, 900, (HEIGHT, WIDTH)).astype(np.float32)
    return Reference(edges, 41.5, 310.25, 7.125, looks=70)


def view() -> References:
    known = References()
    known.restore({False: reference(1), True: reference(2)})
    known.learned += 1
    return known


def kept(
    folder: Path, clock: FakeClock, known: References | None = None, **more: object
) -> tuple[KeptView, References]:
    known = known or References()
    return KeptView(folder, section(**more), known, clock.up_ms), known


def test_a_view_comes_back_by_day_and_in_infrared_light_alike() -> None:
    data = encode({False: reference(1), True: reference(2)}, OF)
    assert len(data) == view_file.LARGEST
    back = decode(data, OF)
    assert back.keys() == {False, True}
    for infrared, seed in ((False, 1), (True, 2)):
        was, now = reference(seed), back[infrared]
        assert (now.looks, now.spread, now.fine, now.entropy) == (was.looks, was.spread, was.fine, was.entropy)
        assert np.allclose(now.edges, was.edges, rtol=1e-3)
    assert decode(encode({}, OF), OF) == {}


def test_every_cut_and_every_flipped_byte_is_refused() -> None:
    data = encode({True: reference()}, OF)
    for length in (*range(0, 120), *range(120, len(data), 997), len(data) - 1):
        with pytest.raises(Spoilt):
            decode(data[:length], OF)
    for place in (*range(0, 80), *range(80, len(data), 997), len(data) - 1):
        spoilt = bytearray(data)
        spoilt[place] ^= 0x10
        with pytest.raises(Spoilt):
            decode(bytes(spoilt), OF)
    with pytest.raises(Spoilt):
        decode(data + b"x", OF)


@pytest.mark.parametrize("strange", [np.nan, np.inf])
def test_a_view_that_no_camera_shows_is_refused(strange: float) -> None:
    known = reference()
    known.spread = strange
    with pytest.raises(Spoilt, match="no camera shows"):
        decode(encode({False: known}, OF), OF)


def test_a_view_is_kept_once_it_is_known_then_every_quarter_of_an_hour_and_at_a_stop(tmp_path: Path) -> None:
    clock = FakeClock()
    keeping, known = kept(tmp_path / "cam", clock)
    keeping.keep()
    assert not (tmp_path / "cam").exists()
    known.restore(view().lights())
    writings: list[int] = []
    for _ in range(60):
        known.learned += 1
        before = (tmp_path / "cam" / "view").stat().st_mtime_ns if (tmp_path / "cam" / "view").exists() else 0
        keeping.keep()
        if (tmp_path / "cam" / "view").stat().st_mtime_ns != before:
            writings.append(clock.up)
        clock.pass_ms(60_000)
    assert [b - a for a, b in pairwise(writings)] == [EVERY_MS] * 3
    known.lights()[False].looks = 12_345
    known.learned += 1
    keeping.close()
    assert kept(tmp_path / "cam", clock)[1].lights()[False].looks == 12_345
    assert [path.name for path in (tmp_path / "cam").iterdir()] == ["view"]


def test_a_confirmed_view_does_not_come_back_as_the_old_one(tmp_path: Path) -> None:
    keeping, known = kept(tmp_path, FakeClock(), view())
    known.learned += 1
    keeping.close()
    keeping.forget()
    assert not kept(tmp_path, FakeClock())[1].ready
    keeping.forget()  # nothing is there any more


@pytest.mark.parametrize(
    ("garbage", "words"),
    [(b"", "it is no file of a view"), (b"KENGVIEW" * 20_000, "its checksum is wrong"), (b"{}" * 99, "it is no file")],
)
def test_a_file_of_garbage_is_learned_anew_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, garbage: bytes, words: str
) -> None:
    (tmp_path / "view").write_bytes(garbage)
    with caplog.at_level(logging.INFO):
        assert not kept(tmp_path, FakeClock())[1].ready
    assert f"the view that was kept is learned anew: {words}" in caplog.text


def test_another_source_or_other_masks_have_another_view(tmp_path: Path) -> None:
    keeping, known = kept(tmp_path, FakeClock(), view())
    known.learned += 1
    keeping.close()
    assert kept(tmp_path, FakeClock())[1].ready
    assert not kept(tmp_path, FakeClock(), source="rtsp://h/b")[1].ready
    mask = [[(0, 0), (0.5, 0), (0.5, 0.5)]]
    assert not kept(tmp_path, FakeClock(), masks=mask)[1].ready


def test_a_full_disk_is_said_once_and_the_old_view_stays(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with small_disk(tmp_path / "disk", 1) as disk, caplog.at_level(logging.INFO):
        keeping, known = kept(disk / "cam", FakeClock(), view())
        known.learned += 1
        keeping.close()
        fill(disk, leave=4096)
        for _ in range(3):
            known.learned += 1
            keeping.close()
        assert caplog.text.count("its view cannot be kept") == 1
        assert kept(disk / "cam", FakeClock())[1].ready


class QuickClock(SystemClock):
    """Ten times as fast."""

    def up_ms(self) -> int:
        return int(time.monotonic() * 10_000)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 10)


async def test_a_node_keeps_the_view_of_its_camera_until_a_person_confirms_another_one(tmp_path: Path) -> None:
    clip = str(write_clip(tmp_path / "a.mp4", walker(20, 21), 20))
    camera = Camera(section(source=clip), CameraNode(tmp_path / "data", QuickClock()))
    task = asyncio.create_task(camera.run_once())
    async with asyncio.timeout(30):
        while not (tmp_path / "data" / "cam" / "view").exists():  # noqa: ASYNC110 - a folder tells nobody
            await asyncio.sleep(0.05)
    looks = kept(tmp_path / "data" / "cam", FakeClock(), source=clip)[1].lights()[True].looks
    await asyncio.sleep(0.5)
    task.cancel()
    with suppress(asyncio.CancelledError, DeviceError):
        await task
    assert kept(tmp_path / "data" / "cam", FakeClock(), source=clip)[1].lights()[True].looks > looks
    camera.relearn()
    assert not (tmp_path / "data" / "cam" / "view").exists()
