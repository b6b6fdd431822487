from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from keng_edge.cameras.pace import in_time
from keng_edge.cameras.whole_keyframes import VideoPacket
from support.clips import walker
from support.h264 import packets, write_stream

RATE = 10


@dataclass
class Camera:
    """A stream of ten pictures a second; `work` is how long one that was sent at that second takes to decode."""

    film: Path
    work: Callable[[float], float]
    now: float = 0.0
    sent: float = 0.0

    def _packets(self) -> Iterator[VideoPacket]:
        for number, packet in enumerate(packets(self.film)):
            self.sent = number / RATE
            self.now = max(self.now, self.sent)
            yield packet

    def decoded(self) -> list[tuple[float, float, bool]]:
        """When each picture that is decoded was sent, how late it is decoded, and whether it is a keyframe."""
        told: list[tuple[float, float, bool]] = []
        for packet in in_time(self._packets(), lambda: self.now):
            told.append((self.sent, self.now - self.sent, packet.is_keyframe))
            self.now += self.work(self.sent)
        return told


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_stream(tmp_path_factory.mktemp("pace") / "film.mp4", walker(2, 28), 30, group_s=1.0)


def test_a_stream_that_can_be_decoded_in_time_is_decoded_whole(film: Path) -> None:
    assert len(Camera(film, lambda _: 0.05).decoded()) == 300


def test_of_a_stream_that_cannot_be_decoded_in_time_no_picture_is_old(film: Path) -> None:
    told = Camera(film, lambda _: 0.2).decoded()
    assert max(late for _, late, _ in told) < 2.2
    assert told[-1][0] > 28


def test_what_hangs_on_a_picture_that_was_left_out_is_left_out_too(film: Path) -> None:
    before = -1.0
    for sent, _, key in Camera(film, lambda _: 0.2).decoded():
        assert key or sent == pytest.approx(before + 1 / RATE)
        before = sent


def test_after_a_pause_the_stream_is_decoded_whole_again(film: Path) -> None:
    told = [sent for sent, *_ in Camera(film, lambda sent: 8.0 if sent == 5.0 else 0.01).decoded()]
    assert len([sent for sent in told if 5.05 < sent < 13]) < 40
    assert [sent for sent in told if sent > 15.95] == [number / RATE for number in range(160, 300)]
