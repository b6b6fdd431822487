"""What the hub does not have yet survives a restart, keeps within its bounds and leaves the disk to alarms."""

import hashlib
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from keng_edge.cameras.evidence import spool
from keng_edge.cameras.evidence.spool import GAVE_WAY, NoRoom, Note, Shelf
from keng_wire.event import Media, MediaKind
from support.fake_clock import FakeClock
from support.small_disk import fill, small_disk


def note(data: bytes, at: int = 1_795_000_000_000, kind: MediaKind = MediaKind.STILL) -> Note:
    digest = hashlib.sha256(data).hexdigest()
    media = Media(
        device="cam-1", occurrence="0" * 16, media=kind, sha256=digest, size=len(data), width=4, height=4, ago=0
    )
    return Note(media=media, boot="0badb007", up=1_000_000, at=at)


def test_stills_come_before_clips_and_new_ones_before_old_ones(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "cam-1", 1000, 0)
    for data, at, kind in ((b"old", 1, "still"), (b"clip", 3, "clip"), (b"new", 2, "still")):
        shelf.put(note(data, at, MediaKind(kind)), data)
    assert [entry.file.read_bytes() for entry in spool.waiting(tmp_path)] == [b"new", b"old", b"clip"]


def test_the_oldest_give_way_and_the_hub_learns_of_those_it_waits_for(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 25, 0)
    shelf.put(note(b"a" * 10), b"a" * 10).changed(announced=True)
    shelf.put(note(b"b" * 10), b"b" * 10)
    shelf.put(note(b"c" * 20), b"c" * 20)
    lost, kept = shelf.entries()
    assert (lost.note.media.lost, lost.note.announced, lost.file.exists()) == (GAVE_WAY, False, False)
    assert kept.file.read_bytes() == b"c" * 20
    with pytest.raises(NoRoom):
        shelf.put(note(b"d" * 30), b"d" * 30)


def test_a_restart_keeps_whole_files_and_forgets_halves(tmp_path: Path) -> None:
    Shelf(tmp_path, 1000, 0).put(note(b"whole"), b"whole")
    (tmp_path / "000000000002.jpg").write_bytes(b"no note was written")
    (tmp_path / "000000000003.json.new").write_bytes(b"{")
    (tmp_path / "000000000004.json").write_bytes(b"{ spoilt")
    shelf = Shelf(tmp_path, 1000, 0)
    assert [entry.file.read_bytes() for entry in shelf.entries()] == [b"whole"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000000000001.jpg", "000000000001.json"]


def test_another_boot_knows_the_time_of_a_file_by_the_clock_on_the_wall(tmp_path: Path) -> None:
    clock = FakeClock()
    entry = Shelf(tmp_path, 1000, 0).put(note(b"x", at=clock.utc), b"x")
    clock.pass_ms(5_000)
    assert entry.body(clock).ago == 5_000
    clock.boot_id, clock.up = "00000002", 10
    assert entry.body(clock).ago == 5_000


def test_a_full_disk_takes_no_media_and_leaves_nothing_half(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        shelf = Shelf(disk / "cam-1", 100_000_000, 1_000_000)
        shelf.put(note(bytes(1_500_000)), bytes(1_500_000))
        shelf.put(note(bytes(1_800_000)), bytes(1_800_000))  # the spare megabyte makes the first one give way
        assert [entry.note.media.size for entry in shelf.entries()] == [1_800_000]
        careless = Shelf(disk / "cam-2", 100_000_000, 0)
        fill(disk, leave=200_000)
        with pytest.raises(OSError, match=r"No space|left to alarms"):
            careless.put(note(bytes(300_000)), bytes(300_000))
        assert list((disk / "cam-2").iterdir()) == []


def test_a_node_that_is_killed_while_it_keeps_files_loses_none_that_it_had(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import hashlib, sys
        from pathlib import Path
        from keng_edge.cameras.evidence.spool import Note, Shelf
        from keng_wire.event import Media
        shelf, number = Shelf(Path(sys.argv[1]), 10**9, 0), 0
        while True:
            number += 1
            data = str(number).encode() * 20000
            facts = dict(device="c", occurrence="0" * 16, media="still", width=1, height=1, ago=0, size=len(data))
            media = Media(**facts, sha256=hashlib.sha256(data).hexdigest())
            shelf.put(Note(media=media, boot="0" * 8, up=number, at=number), data)
            print(number, flush=True)
    """)
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        told = [int(killed.stdout.readline()) for _ in range(12)]
        killed.kill()
    kept = Shelf(tmp_path, 10**9, 0).entries()
    assert len(kept) >= len(told) == 12
    assert all(spool.digest(entry.file) == entry.note.media.sha256 for entry in kept)
