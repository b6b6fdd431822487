"""Clips begin with a keyframe before the event, have times from 0 on that only grow, and can be played by anybody."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from keng_edge.cameras.evidence import clip
from keng_edge.cameras.evidence.parameters import parameters
from keng_edge.cameras.evidence.ring import Form, Kept, Ring
from keng_edge.cameras.evidence.timeline import timeline
from keng_edge.cameras.frame import Image
from support.clips import walker
from support.h264 import packets, pictures, write_stream

TICKS = Fraction(1, 90_000)


def kept(number: int, dts: int | None, *, key: bool = False, pts: int | None = None, size: int = 1000) -> Kept:
    return Kept(bytes(size), dts if pts is None else pts, dts, key, number * 100)


def of_file(path: Path) -> tuple[Form, list[Kept]]:
    form, found = None, list[Kept]()
    for number, packet in enumerate(packets(path)):
        form = form or clip.form_of(packet)
        found.append(Kept(bytes(packet), packet.pts, packet.dts, packet.is_keyframe, number * 100))
    assert form is not None
    return form, found


def test_the_ring_holds_five_seconds_from_a_keyframe_on() -> None:
    ring = Ring()
    for number in range(200):
        ring.put(kept(number, number, key=number % 20 == 0))
    held = ring.packets()
    assert held[0].key
    assert 5000 <= held[-1].up - held[0].up < 7100


def test_the_ring_is_bounded_in_bytes_and_never_begins_in_the_middle() -> None:
    ring = Ring(limit=30_000)
    ring.put(kept(0, 0))
    assert ring.packets() == []
    for number in range(500):
        ring.put(kept(number, number, key=number % 20 == 0))
        assert ring.size == sum(len(one.data) for one in ring.packets()) <= 30_000
        assert not ring.packets() or ring.packets()[0].key
    for number in range(500, 600):  # a group that is larger than the ring itself
        ring.put(kept(number, number))
    assert ring.packets() == []


@pytest.mark.parametrize(
    "dts",
    [
        [None, 9_000, 18_000, 27_000],  # the first packet of an RTSP camera has no times
        [500_000, 509_000, 518_000, 3_000],  # the camera's clock jumped back
        [0, 9_000, 9_000, 8_999],  # it stood still
        [0, 9_000, 18_000, 2**40],  # it jumped ahead
        [None, None, None, None],
    ],
)
def test_times_begin_at_zero_and_only_grow_whatever_the_camera_says(dts: list[int | None]) -> None:
    times = timeline([kept(number, one, key=number == 0) for number, one in enumerate(dts)], TICKS)
    decoded = [one for _, one in times]
    assert decoded[0] == 0
    assert all(b > a for a, b in pairwise(decoded))
    assert 20_000 < decoded[-1] < 40_000  # some 0.1 s a packet, as they came
    assert all(shown >= one for shown, one in times)


def test_pictures_that_are_shown_later_than_decoded_stay_so() -> None:
    assert timeline([kept(0, 0, pts=9_000, key=True), kept(1, 9_000, pts=9_000)], TICKS) == [(9_000, 0), (9_000, 9_000)]


@pytest.mark.parametrize("suffix", [".ts", ".mp4"])
def test_a_copied_clip_decodes_whole_and_begins_to_play_while_it_loads(tmp_path: Path, suffix: str) -> None:
    form, found = of_file(write_stream(tmp_path / f"stream{suffix}", walker(0, 9), 9))
    clip.copy(form, found[20:], tmp_path / "clip.mp4")
    assert len(pictures(tmp_path / "clip.mp4")) == len(found) - 20
    data = (tmp_path / "clip.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert clip.length_ms(form, found[20:]) == pytest.approx(6_900, abs=100)


def test_a_clip_of_h265_is_encoded_anew_for_browsers(tmp_path: Path) -> None:
    form, found = of_file(write_stream(tmp_path / "stream.ts", walker(0, 3), 3, codec="libx265"))
    assert form.codec == "hevc"
    clip.encode(form, found, tmp_path / "clip.mp4")
    shown = pictures(tmp_path / "clip.mp4")
    assert len(shown) == len(found)
    assert b"avc1" in (tmp_path / "clip.mp4").read_bytes()


def test_masks_are_burnt_into_an_encoded_clip(tmp_path: Path) -> None:
    def mask(picture: Image) -> Image:
        picture[:, : picture.shape[1] // 2] = 0
        return picture

    form, found = of_file(write_stream(tmp_path / "stream.ts", walker(0, 3), 3))
    clip.encode(form, found, tmp_path / "clip.mp4", mask)
    for shown in pictures(tmp_path / "clip.mp4"):
        picture = shown.to_ndarray(format="gray")
        assert picture[:, :300].max() < 30
        assert picture[:, 340:].max() > 60


@pytest.mark.parametrize(
    ("data", "codec", "found"),
    [
        (b"\0\0\0\1\x67abc\0\0\1\x68de", "h264", b"\x67abc"),
        (b"\0\0\1\x06sei\0\0\1\x67abc", "h264", b"\x67abc"),
        (b"\0\0\0\1\x42\1abc\0\0\0\1\x44\1", "hevc", b"\x42\1abc"),
        (b"\0\0\0\1\x67abc", "mjpeg", b""),
        (b"\0\0\0\7\x67abcdef", "h264", b""),  # lengths in place of start codes
        (b"\0\0\1", "h264", b""),
        (b"\0\0\1\x65" + b"x" * 5000, "h264", b""),
        (b"", "h264", b""),
    ],
)
def test_a_stream_describes_its_pictures_between_start_codes(data: bytes, codec: str, found: bytes) -> None:
    assert parameters(data, codec) == found


def test_a_broken_packet_costs_a_picture_and_no_clip(tmp_path: Path) -> None:
    form, found = of_file(write_stream(tmp_path / "stream.ts", walker(0, 3), 3))
    found[7] = Kept(b"\x00\x00\x01\x65garbage", found[7].pts, found[7].dts, False, found[7].up)
    clip.encode(form, found, tmp_path / "clip.mp4")
    assert len(pictures(tmp_path / "clip.mp4")) > 10
