"""`keng-edge decode`: recordings of every form become JSON lines; damage is told and changes the exit status."""

import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from bridges.captures import FOLDER
from keng_bridges import RECORDINGS
from keng_edge.tools import main
from keng_edge.tools.capture import wire_bytes
from keng_edge.tools.showing import exact

NOVABO = "ff02010151a0"
KEYS = ["protocol", "offset", "device", "time", "quantities", "points", "facts"]


def decode(tmp_path: Path, content: bytes, *more: str, protocol: str = "modbus_rtu") -> tuple[int, Path]:
    file = tmp_path / "recording"
    file.write_bytes(content)
    return main("decode", ["--protocol", protocol, *more, str(file)]), file


def lines(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (NOVABO.encode(), ()),
        (b"FF 02 01\r\n01 51 A0\n", ()),
        (b"0xFF, 0x02, 0x01, 0x01, 0x51, 0xA0", ("--form", "hex")),
        (b"# 2026-11-25T14:00:00.123Z <\nff 02 01\n# 2026-11-25T14:00:00.200Z <\n01 51 a0\n", ()),
        (bytes.fromhex(NOVABO), ()),
        (bytes.fromhex(NOVABO), ("--form", "raw")),
        (b"\xef\xbb\xbf" + NOVABO.encode(), ()),
    ],
)
def test_every_form_of_a_recording_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, form: tuple[str, ...]
) -> None:
    assert decode(tmp_path, content, *form)[0] == 0
    (frame,) = lines(capsys.readouterr().out)
    assert list(frame) == KEYS
    assert frame["points"] == [{"point": "alarm", "condition": "normal", "marks": [], "detail": None}]


def test_text_of_digits_and_semicolons_is_no_hex() -> None:
    assert wire_bytes(b"12;1;1;0;16;1\n") == b"12;1;1;0;16;1\n"
    assert wire_bytes(b"12 34", "raw") == b"12 34"
    assert wire_bytes(b"12 34") == b"\x12\x34"


def test_a_damaged_frame_is_an_error_with_its_offset_and_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert decode(tmp_path, NOVABO.encode() + b"00" + NOVABO.replace("a0", "a1").encode())[0] == 1
    good, bad = lines(capsys.readouterr().out)
    assert "error" not in good
    assert (bad["offset"], bad["facts"]["crc_ok"]) == (6, False)
    assert "quantities" not in bad


@pytest.mark.parametrize("content", [b"", b"\n", b"# 2026-11-25T14:00:00.123Z <\n"])
def test_a_recording_without_a_frame_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    assert decode(tmp_path, content, protocol="bridge_link")[0] == 1
    assert "error" in lines(capsys.readouterr().out)[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--protocol", "klingon", "-"], "klingon.*modbus_rtu"),
        (["--protocol", "modbus_rtu", "/nowhere/at-all"], "không đọc được"),
        (["--protocol", "modbus_rtu", "--form", "hex", __file__], "not hex"),
    ],
)
def test_what_cannot_be_tried_is_said_and_status_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main("decode", arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert re.search(words, printed.err)


def test_the_command_reads_standard_input() -> None:
    command = [sys.executable, "-m", "keng_edge", "decode", "--protocol", "modbus_rtu", "-"]
    done = subprocess.run(command, input=NOVABO.encode(), capture_output=True, check=False)
    assert done.returncode == 0
    assert json.loads(done.stdout)["device"] == "255"


def test_a_reader_that_has_seen_enough_ends_it_quietly(tmp_path: Path) -> None:
    (tmp_path / "recording").write_text(NOVABO * 5000)
    command = f"{sys.executable} -m keng_edge decode --protocol modbus_rtu {tmp_path}/recording | head -c 10"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ('{"protocol', "")


@pytest.mark.parametrize(
    ("value", "text"),
    [("109552.250", "109552.250"), ("1E+3", "1000"), ("1E-9", "0.000000001"), ("-0.00", "-0.00"), ("0E+2", "0")],
)
def test_decimals_are_written_out_exactly(value: str, text: str) -> None:
    assert Decimal(exact(Decimal(value))) == Decimal(value)
    assert exact(Decimal(value)) == text


def manifest() -> list[dict[str, Any]]:
    file = FOLDER / "manifest.json"
    return cast(list[dict[str, Any]], json.loads(file.read_text())) if file.exists() else []


@pytest.mark.parametrize(
    "entry", [entry for entry in manifest() if entry["protocol"] in RECORDINGS], ids=lambda entry: str(entry["id"])
)
def test_every_recorded_telegram_is_decoded_or_known_to_be_bad(
    entry: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    bad = entry["expected"].get("crc_ok") is False or entry["expected"].get("bcc_given", "") is None
    bad = bad or entry["id"] == "dsmr_q3d"  # noise stands behind its readout
    status = main("decode", ["--protocol", entry["protocol"], str(FOLDER / entry["file"])])
    frames = lines(capsys.readouterr().out)
    assert status == (1 if bad else 0)
    assert any("error" in frame for frame in frames) is bad
    assert all(key in frame for frame in frames for key in ("protocol", "offset", "facts"))
