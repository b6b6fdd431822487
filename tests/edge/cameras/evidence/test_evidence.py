"""What a camera keeps of an occurrence, made from real packets."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from keng_edge.cameras.evidence import recording
from keng_edge.cameras.evidence.config import ClipMode
from keng_edge.cameras.evidence.evidence import CLIPS_AT_ONCE, Evidence
from keng_edge.cameras.evidence.spool import Entry, Shelf
from keng_edge.cameras.frame import Frame, Image
from keng_edge.cameras.sightings import Box, View
from keng_wire.event import MediaKind, Moment
from support.clips import scene, walker
from support.fake_clock import FakeClock
from support.h264 import packets, pictures, write_stream
from support.small_disk import fill, small_disk

OCCURRENCE = "00000000000000a1"


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """30 s in which somebody walks from second 10 to second 15."""
    return write_stream(tmp_path_factory.mktemp("stream") / "stream.ts", walker(10, 15), 30)


class Watch:
    """A camera whose time is that of its packets."""

    def __init__(self, folder: Path, mode: ClipMode = ClipMode.COPY, longest_s: float = 60, **more: object) -> None:
        self.clock, self.shelf = FakeClock(), Shelf(folder, 50_000_000, 0)
        self.evidence = Evidence("cam-1", self.shelf, self.clock, mode, longest_s, **more)  # type: ignore[arg-type]

    def view(self, *boxes: Box) -> View:
        picture = scene()
        frame = Frame(self.clock.up / 1000, self.clock.up, lambda: picture[:, :, 0], lambda: picture)
        return View(frame, boxes)

    def play(self, stream: Path) -> Iterator[float]:
        """Each second of the stream as it passes."""
        for number, packet in enumerate(packets(stream)):
            if number % 10 == 0:
                yield number / 10
            self.evidence.packet(packet)
            self.clock.pass_ms(100)

    def kept(self) -> list[Entry]:
        self.evidence.wait()
        return self.shelf.entries()

    def clips(self) -> list[Entry]:
        return [entry for entry in self.kept() if entry.note.media.media is MediaKind.CLIP]


def test_an_occurrence_leaves_stills_and_a_clip_from_five_seconds_before_to_five_after(
    stream: Path, tmp_path: Path
) -> None:
    watch, begun = Watch(tmp_path), 0
    for second in watch.play(stream):
        if second == 12:
            begun = watch.clock.up
            watch.evidence.begin(OCCURRENCE, watch.view(Box(0.4, 0.4, 0.6, 0.8)))
        if second == 15:
            watch.evidence.end(OCCURRENCE, watch.view(Box(0.4, 0.4, 0.6, 0.8)))
    media = {(entry.note.media.media, entry.note.media.moment): entry for entry in watch.kept()}
    assert (
        set(media)
        == {
            *((kind, moment) for kind in (MediaKind.STILL, MediaKind.BOXED) for moment in (Moment.BEGIN, Moment.BEST)),
            (MediaKind.STILL, Moment.BEFORE),
            (MediaKind.STILL, Moment.AFTER),
            (MediaKind.CLIP, None),
        }
        or len(media) >= 5
    )
    clip = media[(MediaKind.CLIP, None)]
    assert 5_000 <= begun - clip.note.up <= 7_100
    assert clip.note.media.duration == pytest.approx(13_500, abs=1_600)
    assert len(pictures(clip.file)) == pytest.approx(136, abs=16)
    for entry in media.values():
        data = entry.file.read_bytes()
        facts = entry.note.media
        assert (facts.sha256, facts.size) == (hashlib.sha256(data).hexdigest(), len(data))
        assert (facts.width, facts.height, facts.occurrence) == (640, 360, OCCURRENCE)
    assert media[(MediaKind.STILL, Moment.BEFORE)].note.up == clip.note.up


def test_two_occurrences_at_once_have_a_clip_each_and_a_fifth_has_stills_only(stream: Path, tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    for second in watch.play(stream):
        if second == 10:
            for number in range(CLIPS_AT_ONCE + 1):
                watch.evidence.begin(f"{number:016x}", watch.view())
        if second == 12:
            for number in range(CLIPS_AT_ONCE + 1):
                watch.evidence.end(f"{number:016x}", watch.view())
    assert [entry.note.media.occurrence for entry in watch.clips()] == [f"{n:016x}" for n in range(CLIPS_AT_ONCE)]


def test_an_event_without_end_has_a_clip_that_ends(stream: Path, tmp_path: Path) -> None:
    watch = Watch(tmp_path, longest_s=10)
    for second in watch.play(stream):
        if second == 10:
            watch.evidence.begin(OCCURRENCE, watch.view())
    [clip] = watch.clips()
    assert clip.note.media.duration == pytest.approx(10_000, abs=300)


def test_a_clip_is_bounded_in_bytes(stream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "LIMIT", 150_000)
    watch = Watch(tmp_path)
    for second in watch.play(stream):
        if second == 10:
            watch.evidence.begin(OCCURRENCE, watch.view())
    [clip] = watch.clips()
    assert clip.note.media.size < 160_000


def test_a_stream_that_breaks_off_leaves_the_clip_so_far(stream: Path, tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    for second in watch.play(stream):
        if second == 10:
            watch.evidence.begin(OCCURRENCE, watch.view())
        if second == 13:
            break
    assert watch.clips() == []
    watch.evidence.close()
    assert len(watch.clips()) == 1


def test_a_camera_that_came_back_begins_a_new_ring(stream: Path, tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    for second in watch.play(stream):
        if second == 10:
            watch.evidence.begin(OCCURRENCE, watch.view())
        if second == 12:
            break
    for second in watch.play(stream):
        if second == 3:
            watch.evidence.begin("00000000000000a2", watch.view())
            watch.evidence.end("00000000000000a2", watch.view())
        if second == 10:
            break
    first, second_clip = watch.clips()
    assert first.note.media.occurrence == OCCURRENCE
    assert second_clip.note.media.duration == pytest.approx(8_000, abs=200)


def test_a_clip_ends_where_the_camera_changes_the_size_of_its_pictures_and_the_next_one_has_the_new_size(
    tmp_path: Path,
) -> None:
    sizes = ((320, 180), (640, 360))
    parts = [write_stream(tmp_path / f"{w}.h264", lambda _, w=w, h=h: scene(w, h), 12) for w, h in sizes]  # type: ignore[misc]
    (tmp_path / "both.h264").write_bytes(b"".join(part.read_bytes() for part in parts))
    watch = Watch(tmp_path / "shelf")
    for second in watch.play(tmp_path / "both.h264"):
        if second in (8, 20):
            watch.evidence.begin(f"{int(second):016x}", watch.view())
        if second == 22:
            watch.evidence.end(f"{20:016x}", watch.view())
    watch.evidence.close()
    assert [(each.note.media.width, each.note.media.height) for each in watch.clips()] == list(sizes)
    for each, (width, _) in zip(watch.clips(), sizes, strict=True):
        assert {picture.width for picture in pictures(each.file)} == {width}


def test_a_camera_without_clips_or_without_packets_has_stills(stream: Path, tmp_path: Path) -> None:
    watch = Watch(tmp_path, ClipMode.NONE)
    for second in watch.play(stream):
        if second == 10:
            watch.evidence.begin(OCCURRENCE, watch.view())
            watch.evidence.end(OCCURRENCE, watch.view())
    watch.evidence.close()
    assert [entry.note.media.moment for entry in watch.kept()] == [Moment.BEGIN, Moment.BEST]


def test_masks_are_in_everything_that_is_made_of_the_packets(stream: Path, tmp_path: Path) -> None:
    def black(picture: Image) -> Image:
        picture[:] = 0
        return picture

    watch = Watch(tmp_path, ClipMode.ENCODE, mask=black)
    for second in watch.play(stream):
        if second == 10:
            watch.evidence.begin(OCCURRENCE, watch.view())
            watch.evidence.end(OCCURRENCE, watch.view())
    made = [entry for entry in watch.kept() if entry.note.media.moment not in (Moment.BEGIN, Moment.BEST)]
    assert len(made) == 3
    for entry in made:
        assert all(picture.to_ndarray(format="gray").max() < 20 for picture in pictures(entry.file))


@pytest.mark.expects_log("a still or clip could not be kept: .*(No space|left to alarms)")
def test_a_full_disk_costs_evidence_and_nothing_else(stream: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 3) as disk:
        watch = Watch(disk / "cam-1")
        stuffing = fill(disk, leave=20_000)
        for second in watch.play(stream):
            if second in (10, 20):
                watch.evidence.begin(OCCURRENCE, watch.view())
                watch.evidence.end(OCCURRENCE, watch.view())
            if second == 19:
                assert watch.kept() == []
                stuffing.unlink()
        watch.evidence.close()
        assert len(watch.clips()) == 1
        assert not list((disk / "cam-1").glob("making*"))
