"""A camera's large stream over real RTSP: kept without decoding, and back by itself when the camera is."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.evidence.config import ClipMode
from keng_edge.cameras.evidence.evidence import Evidence
from keng_edge.cameras.evidence.large_stream import LargeStream
from keng_edge.cameras.evidence.spool import Shelf
from keng_edge.cameras.frame import Frame
from keng_edge.cameras.sightings import View
from keng_edge.clock import SystemClock
from keng_wire.event import MediaKind
from support.clips import scene, walker
from support.h264 import pictures
from support.rtsp import RtspServer, write_stream_clip

OCCURRENCE = "00000000000000a1"


def view(clock: SystemClock) -> View:
    picture, up = scene(), clock.up_ms()
    return View(Frame(up / 1000, up, lambda: picture[:, :, 0], lambda: picture), ())


def wait(holds: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.mark.expects_log("camera cam-1: no clips: .*(refuses the connection|cannot be read|ended the stream)")
def test_clips_come_from_the_large_stream_which_comes_back_by_itself(tmp_path: Path) -> None:
    write_stream_clip(tmp_path / "large.mp4", walker(0, 3), 3)
    clock, shelf = SystemClock(), Shelf(tmp_path / "shelf", 50_000_000, 0)
    evidence = Evidence("cam-1", shelf, clock, ClipMode.COPY, 12)
    with RtspServer(tmp_path) as server:
        section = CameraSection(
            type="camera", id="cam-1", name="Camera", source="/dev/null", clip_source=server.address("large.mp4")
        )
        with LargeStream(section, evidence):
            wait(lambda: evidence.held > 10_000)
            time.sleep(1.5)  # some pictures more
            evidence.begin(OCCURRENCE, view(clock))
            server.program.kill()
            evidence.close()
            assert evidence.held == 0
            server.start()
            wait(lambda: evidence.held > 10_000)
    evidence.wait()
    clips = [one for one in shelf.entries() if one.note.media.media is MediaKind.CLIP]
    assert [one.note.media.occurrence for one in clips] == [OCCURRENCE]
    assert all(len(pictures(one.file)) > 5 for one in clips)
    wait(lambda: not any(one.name == "clips cam-1" for one in threading.enumerate()), 10)
