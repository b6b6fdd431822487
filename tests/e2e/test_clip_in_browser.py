"""A clip that was copied out of a camera's stream plays in a real browser, to its end."""

from base64 import b64encode
from pathlib import Path

import pytest

from keng_edge.cameras.evidence import clip
from keng_edge.cameras.evidence.ring import Form, Kept
from support import browser as browsers
from support.clips import real_clip, walker
from support.h264 import packets, write_stream

PLAY = """async source => {
    const video = document.createElement("video");
    video.muted = true;
    video.playbackRate = 8;
    const ended = new Promise((resolve, reject) => {
        video.onended = resolve;
        video.onerror = () => reject(new Error(video.error.message));
    });
    video.src = source;
    document.body.append(video);
    await video.play();
    await ended;
    const played = video.getVideoPlaybackQuality();
    return {width: video.videoWidth, duration: video.duration, frames: played.totalVideoFrames};
}"""


async def played(data: bytes) -> dict[str, float]:
    """What Chromium says of a clip once it has played it."""
    if not browsers.CHROMIUM.exists():
        pytest.skip("Chromium is not installed (Debian: apt install chromium)")
    async with browsers.started(sound=True) as one:
        page = await one.new_page()
        await page.goto("about:blank")
        told: dict[str, float] = await page.evaluate(PLAY, f"data:video/mp4;base64,{b64encode(data).decode()}")
        return told


def of_file(path: Path, most: int = 150) -> tuple[Form, list[Kept]]:
    """What a stream's packets are of, and the packets; the file is open as long as they are looked at."""
    form, kept = None, list[Kept]()
    for number, packet in zip(range(most), packets(path), strict=False):
        form = form or clip.form_of(packet)
        kept.append(Kept(bytes(packet), packet.pts, packet.dts, packet.is_keyframe, number * 100))
    assert form is not None
    return form, kept


async def test_a_copied_clip_plays_in_chromium(tmp_path: Path) -> None:
    form, kept = of_file(write_stream(tmp_path / "stream.ts", walker(2, 6), 8))
    kept[20] = Kept(kept[20].data, None, None, True, kept[20].up)  # as the first packet of a camera
    clip.copy(form, kept[20:], tmp_path / "clip.mp4")
    told = await played((tmp_path / "clip.mp4").read_bytes())
    assert told["width"] == 640
    assert told["duration"] == pytest.approx(6, abs=0.2)
    assert told["frames"] > 10


async def test_a_clip_of_a_real_camera_plays_in_chromium(tmp_path: Path) -> None:
    form, kept = of_file(real_clip("one_by_one_person.mp4"))
    make = clip.copy if form.codec in clip.PLAYABLE else clip.encode
    make(form, kept, tmp_path / "clip.mp4")
    assert (await played((tmp_path / "clip.mp4").read_bytes()))["frames"] > 10
