import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from keng_edge.cameras.config import CameraSection
from keng_edge.errors import DeviceError
from keng_wire.conditions import DeviceKind

PLAIN = {"type": "camera", "id": "cam-cong", "name": "Camera cổng ngõ", "source": "rtsp://192.168.1.20:554/live"}
BOW = [[0, 0], [1, 1], [1, 0], [0, 1]]


def section(**more: Any) -> CameraSection:
    return CameraSection.model_validate(PLAIN | more)


def test_a_short_section_watches_the_whole_picture() -> None:
    short = section()
    assert [area.id for area in short.areas] == ["all"]
    (info,) = short.inventory()
    assert (info.kind, info.name) == (DeviceKind.CAMERA, "Camera cổng ngõ")


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"areas": [{"id": "san", "points": BOW}]}, "points", "crosses itself at its sides 1 and 3"),
        ({"areas": [{"id": "san", "points": [[0, 0], [640, 0], [640, 480]]}]}, "points", "outside the picture"),
        ({"areas": [{"id": "san", "points": [[0, 0], [1, 1]]}]}, "points", "at least three"),
        ({"areas": [{"id": "a", "points": [[0, 0], [1, 0], [1, 1]]}] * 2}, "areas", "two areas are called a"),
        ({"areas": []}, "areas", "at least 1 item"),
        ({"source": "rtsp://trucban:bi-mat@192.168.1.20/live"}, "source", "password_file"),
        ({"source": "gopher://192.168.1.20/live"}, "source", "no camera speaks"),
        ({"source": "rtsp://192.168.1.20:99999/live"}, "source", "is no address"),
        ({"source": "rtsp:///live"}, "source", "is no address"),
        ({"source": ""}, "source", "at least 1 character"),
        ({"dwell_s": 0}, "dwell_s", "greater than"),
        ({"cooldown_s": "lâu"}, "cooldown_s", "valid number"),
        ({"threshold": 500}, "threshold", "less than"),
        ({"password_file": "mat-khau"}, "", "without `user`"),
        ({"sourse": "x"}, "sourse", "not permitted"),
    ],
)
def test_a_bad_section_names_the_field_and_the_cure(more: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        section(**more)
    (error,) = caught.value.errors()
    assert (str(error["loc"][-1]) if error["loc"] else "") == field
    assert words in error["msg"]
    assert "bi-mat" not in error["msg"]


def test_the_documentation_names_every_setting_and_its_example_is_taken() -> None:
    text = (Path(__file__).parents[3] / "docs" / "cameras.md").read_text()
    example = tomllib.loads(text.partition("```toml\n")[2].partition("```")[0])
    assert CameraSection.model_validate(example["devices"][0]).areas[0].id == "cong"
    assert all(f"`{name}`" in text for name in CameraSection.model_fields if name not in {"type", "id", "name"})


def test_the_password_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "mat-khau").write_text("bi-mat\n")
    address = section(user="trucban", password_file=tmp_path / "mat-khau").address()
    assert address.full == "rtsp://trucban:bi-mat@192.168.1.20:554/live"


def test_a_password_file_that_is_not_there_is_named_with_its_camera(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"camera cam-cong: password_file: .*khong-co cannot be read"):
        section(user="trucban", password_file=tmp_path / "khong-co").address()


def test_a_node_without_a_camera_never_loads_opencv_or_ffmpeg() -> None:
    program = (
        "import sys, keng_edge.cameras, keng_edge.cameras.config, keng_edge.devices\n"
        "print([name for name in ('cv2', 'av', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
