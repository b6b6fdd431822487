"""A node's configuration: the example loads, and each kind of badness is told with its line and what was meant."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from keng_edge.config_file import load
from keng_edge.errors import ConfigError

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "edge/edge.example.toml"
BAD = sorted((Path(__file__).parent / "bad_configs").glob("*.toml"))
GOOD = '[node]\nid = "ngo-1"\nname = "Trạm"\ndata = "data"\n[uplink]\nhost = "127.0.0.1"\n'


def test_the_example_can_be_used() -> None:
    config = load(EXAMPLE)
    assert config.node.id == "ngo-3"
    assert {device.type for device in config.devices} >= {"bridge_board", "zigbee2mqtt", "iec62056_21", "modbus"}
    assert {output.type for output in config.outputs} == {"bridge", "gpio", "program", "speaker", "log"}


def test_the_example_shows_the_defaults_as_they_are(tmp_path: Path) -> None:
    shown = re.sub(r"(?m)^# (?=\w+ = )", "", EXAMPLE.read_text())
    (tmp_path / "edge.toml").write_text(shown)
    plain, full = load(EXAMPLE), load(tmp_path / "edge.toml")
    assert full.outbox == plain.outbox
    assert full.log == plain.log
    assert full.zones == plain.zones
    assert full.outputs == plain.outputs
    assert full.uplink == plain.uplink
    for one, other in zip(plain.devices, full.devices, strict=True):
        left = one.model_dump(exclude={"place", "user", "password_file", "load_profile"})
        assert left == other.model_dump(exclude={"place", "user", "password_file", "load_profile"})


@pytest.mark.parametrize("file", BAD, ids=[file.stem for file in BAD])
def test_what_is_wrong_is_told_with_its_line_and_what_was_meant(file: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(file)
    for words in file.with_suffix(".expected").read_text().splitlines():
        assert words in str(caught.value)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(tmp_path / "none.toml")


def test_a_file_that_is_not_text_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load(tmp_path / "edge.toml")


@pytest.mark.parametrize(("text", "status", "words"), [(GOOD, 0, "ngo-1"), (GOOD + "x = 1\n", 2, "uplink.x")])
def test_check_tells_by_its_exit_status(tmp_path: Path, text: str, status: int, words: str) -> None:
    (tmp_path / "edge.toml").write_text(text)
    command = [sys.executable, "-m", "keng_edge", "check", "--config", str(tmp_path / "edge.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert words in done.stdout + done.stderr


def test_reading_a_configuration_loads_no_camera_library() -> None:
    code = "import sys, keng_edge.config_file; sys.exit(bool({'cv2', 'av', 'serial', 'pymodbus'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_device_without_a_zone_rings_all_houses() -> None:
    config = load(EXAMPLE)
    assert config.zone(None).house == ["coi-nha-12"]
    assert config.zone("nha-12").neighbours == ["coi-ngo-3", "loa-ngo-3"]
