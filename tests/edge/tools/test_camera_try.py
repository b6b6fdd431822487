import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import pytest

from keng_edge.tools import main
from keng_edge.tools.progress import bar
from support.clips import scene, walker, write_clip
from support.plume import FIRE, Plume, yard

NODE = '[node]\nid = "ngo-1"\nname = "Trạm"\ndata = "data"\n[uplink]\nhost = "127.0.0.1"\n[detector]\nenabled = false\n'
CAMERA = '[[devices]]\ntype = "camera"\nid = "cam-cong"\nname = "Camera"\nsource = "rtsp://127.0.0.1:1/a"\n'


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", walker(4, 12), 16)


@pytest.fixture(autouse=True)
def _no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def config(folder: Path, more: str = "") -> str:
    (folder / "edge.toml").write_text(NODE + CAMERA + more)
    return str(folder / "edge.toml")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_file_is_tried_by_its_own_time_with_one_area_over_its_picture(
    clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main("camera", ["try", str(clip), "--json"]) == 0
    begin, *_, end, done = lines(capsys)
    assert {key: begin[key] for key in ("event", "step", "kind", "area", "class", "confidence", "end")} == {
        "event": "sighting",
        "step": "begin",
        "kind": "intrusion",
        "area": "all",
        "class": "unknown",
        "confidence": None,
        "end": None,
    }
    assert begin["begin"] == pytest.approx(4.0, abs=0.5)
    assert end["occurrence"] == begin["occurrence"]
    assert end["end"] == pytest.approx(12.0, abs=0.5)
    assert (done["event"], done["pictures"]) == ("done", 160)


def test_people_read_lines_of_words(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main("camera", ["try", str(clip)]) == 0
    said = capsys.readouterr()
    assert "bắt đầu (begin): xâm nhập (intrusion) · all · vật thể chưa rõ (unknown), chỉ theo chuyển động" in said.out
    assert "keng-edge models fetch" in said.err
    assert "[" not in said.err.replace("[Errno", "")


def test_smoke_is_told_as_a_hint_with_its_sign(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown, plume = [yard()] * 20, Plume(FIRE)
    for _ in range(50):
        plume.burn(0.5)
        shown.append(plume.over(yard()))
    clip = write_clip(tmp_path / "khoi.mp4", lambda at: shown[int(at * 2)], len(shown) / 2, rate=4)
    assert main("camera", ["try", str(clip), "--json"]) == 0
    (hint,) = [each for each in lines(capsys) if each.get("sign") == "smoke"]
    assert (hint["event"], hint["step"]) == ("fire_hint", "begin")
    assert 10 <= hint["since"] < hint["at"] <= 30
    assert main("camera", ["try", str(clip)]) == 0
    assert "giống khói, dấu hiệu yếu, cần người xem (looks like smoke, a weak sign)" in capsys.readouterr().out


def test_the_areas_of_a_configuration_are_tried_on_another_file(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sky = '[[devices.areas]]\nid = "troi"\npoints = [[0, 0], [1, 0], [1, 0.2], [0, 0.2]]\n'
    line = '[[devices.lines]]\nid = "vach"\npoints = [[0.5, 0], [0.5, 1]]\ndirections = ["left"]\n'
    assert main("camera", ["try", str(clip), "--config", config(tmp_path, sky + line), "--json"]) == 0
    *found, _ = lines(capsys)
    assert {(each["kind"], each["area"], each["direction"]) for each in found} == {("line", "vach", "left")}


def test_the_clearest_picture_is_written_with_its_box(clip: Path, tmp_path: Path) -> None:
    assert main("camera", ["try", str(clip), "--json", "--picture", str(tmp_path / "a.jpg")]) == 0
    picture = cv2.imread(str(tmp_path / "a.jpg"))
    assert picture is not None
    assert picture.shape == (360, 640, 3)


def test_a_night_area_is_watched_by_the_time_that_is_given(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    night = '[[devices.areas]]\nid = "cong"\npoints = [[0, 0], [1, 0], [1, 1], [0, 1]]\nwhen = "night"\n'
    given = ["try", str(clip), "--config", config(tmp_path, night), "--json", "--at"]
    assert main("camera", [*given, "2026-11-25T12:00"]) == 0
    assert [each["event"] for each in lines(capsys)] == ["done"]
    assert main("camera", [*given, "2026-11-25T23:00"]) == 0
    assert "sighting" in {each["event"] for each in lines(capsys)}


@pytest.mark.parametrize(
    ("source", "more", "words"),
    [
        ("no.mp4", "", "camera cam-cong: source: no.mp4 does not exist"),
        (
            "rtsp://127.0.0.1:1/a",
            "",
            "camera cam-cong: source: rtsp://127.0.0.1:1/… refuses the connection: is the camera",
        ),
        ("gopher://a", "", "camera cam-cong: source: begins with gopher://, which no camera speaks; use one of rtsp"),
        (
            "a.mp4",
            '[[devices.areas]]\nid = "a"\npoints = [[0, 0], [1, 1], [1, 0], [0, 1]]',
            "crosses itself at its sides",
        ),
        ("a.mp4", '[[devices.areas]]\nid = "a"\npoints = [[0, 0], [9, 1], [1, 0]]', "corner 2 (9, 1) lies outside"),
        ("a.mp4", '[[devices.lines]]\nid = "a"\npoints = [[0, 0], [1, 3]]', "end 2 of the line (1, 3) lies outside"),
    ],
)
def test_what_is_wrong_names_the_camera_the_field_and_the_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, more: str, words: str
) -> None:
    assert main("camera", ["try", source, "--config", config(tmp_path, more)]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "cam-cong" in said


def test_a_camera_that_is_not_in_the_configuration_is_said_with_the_one_that_was_meant(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main("camera", ["try", str(clip), "--config", config(tmp_path), "--camera", "cam-cog"]) == 2
    assert "không có camera 'cam-cog' trong cấu hình (no such camera); có phải 'cam-cong'?" in capsys.readouterr().err


def test_of_several_cameras_one_must_be_chosen(clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = config(tmp_path, CAMERA.replace("cam-cong", "cam-cho"))
    assert main("camera", ["try", str(clip), "--config", both]) == 2
    assert "cam-cong, cam-cho: chọn một bằng --camera" in capsys.readouterr().err
    assert main("camera", ["try", str(clip), "--config", both, "--camera", "cam-cho"]) == 0


def test_a_file_without_video_is_said_plainly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "note.mp4").write_text("Không phải phim." * 200)
    assert main("camera", ["try", str(tmp_path / "note.mp4")]) == 2
    assert "holds no video that can be read" in capsys.readouterr().err


@pytest.mark.parametrize(("loop", "faults"), [("", {"frozen"}), ("loop = true\n", set[str]())])
def test_a_recording_of_a_frozen_camera_is_told_and_a_film_that_is_played_for_ever_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], loop: str, faults: set[str]
) -> None:
    film = write_clip(tmp_path / "still.mp4", lambda _: scene(), 26, rate=4)
    camera = f'[[devices]]\ntype = "camera"\nid = "cam-cong"\nname = "Camera"\nsource = "{film}"\n{loop}'
    (tmp_path / "edge.toml").write_text(NODE + camera)
    assert main("camera", ["try", "cam-cong", "--config", str(tmp_path / "edge.toml"), "--json"]) == 0
    assert {each["kind"] for each in lines(capsys) if each["event"] == "health"} == faults


def test_a_terminal_gets_a_bar_and_the_events_between(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", lambda _: scene(), 30)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "keng_edge", "camera", "try", str(clip)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, check=False)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0
    assert "/ 30.0 s" in shown


def test_a_bar_shows_the_share_of_a_file_and_the_time_of_a_stream() -> None:
    assert bar(15, 60) == "[########......................]  25%  15.0 / 60.0 s"
    assert bar(15, None).strip() == "15.0 s"
