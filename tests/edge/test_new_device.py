"""The page on new devices, followed literally: its commands are run, its lines put where it says, its node started."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/new-device.md").read_text("utf-8")
STEP = re.compile(
    r"In `(?P<file>[^`]+)`, below `(?P<below>[^`]+)`:\n\n```python\n(?P<lines>.*?)```"
    r"|```sh\n(?P<commands>.*?)```"
    r"|```toml\n# (?P<name>\S+)\n(?P<content>.*?)```",
    re.DOTALL,
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources as a stranger has them, with everything done that the page says."""
    folder = tmp_path_factory.mktemp("sources")
    for package in ("edge/keng_edge", "firmware-bridges/keng_bridges"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "bin").mkdir()
    tool = folder / "bin/keng-edge"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m keng_edge "$@"\n')
    tool.chmod(0o755)
    for step in STEP.finditer(PAGE):
        follow(step, folder)
    return folder


def surroundings(folder: Path) -> dict[str, str]:
    """The copies before the installed packages."""
    paths = os.pathsep.join(str(folder / member) for member in ("edge", "firmware-bridges"))
    return {**os.environ, "PYTHONPATH": paths, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def follow(step: re.Match[str], folder: Path) -> None:
    """One step of the page."""
    if step["commands"]:
        subprocess.run(["sh", "-ec", step["commands"]], cwd=folder, env=surroundings(folder), check=True)
    elif step["name"]:
        (folder / step["name"]).write_text(step["content"], "utf-8")
    else:
        file = folder / step["file"]
        text = file.read_text("utf-8")
        assert text.count(step["below"] + "\n") == 1, f"{step['below']} does not stand once in {step['file']}"
        file.write_text(text.replace(step["below"] + "\n", step["below"] + "\n" + step["lines"]), "utf-8")


def test_the_page_has_its_steps() -> None:
    kinds = [step.lastgroup for step in STEP.finditer(PAGE)]
    assert (kinds.count("lines"), kinds.count("commands"), kinds.count("content")) == (8, 5, 1)


def test_the_new_language_reads_a_recording_and_tells_what_is_damaged(copy: Path) -> None:
    (copy / "two.txt").write_bytes(b"PULSES 000123 2C\r\nPULSES 000124 2C\r\n")
    told = subprocess.run(
        ["keng-edge", "decode", "--protocol", "pulse_line", "two.txt"],
        cwd=copy,
        env=surroundings(copy),
        capture_output=True,
        text=True,
        check=False,
    )
    good, bad = told.stdout.splitlines()
    assert '"123"' in good
    assert '"error"' in bad
    assert told.returncode == 1


@pytest.fixture
def log(copy: Path) -> Iterator[Path]:
    """The node of the page, running."""
    file = copy / "node.log"
    with file.open("wb") as out:
        node = subprocess.Popen(
            ["keng-edge", "run", "--config", "try.toml"], cwd=copy, env=surroundings(copy), stdout=out, stderr=out
        )
        yield file
        node.send_signal(signal.SIGTERM)
        assert node.wait(30) == 0, file.read_text()


def until(file: Path, words: str) -> None:
    deadline = time.monotonic() + 30
    while words not in (file.read_text() if file.exists() else ""):
        assert time.monotonic() < deadline, f"no {words!r} in {file}"
        time.sleep(0.1)


def test_the_new_meter_is_read_and_the_new_detector_rings(copy: Path, log: Path) -> None:
    until(log, "device xung-1: normal")
    until(log, "device khoi-1: normal")
    (copy / "smoke.txt").write_text("alarm\n")
    until(copy / "siren.jsonl", '"on": true')


def test_a_new_meter_that_says_nonsense_is_lost_and_never_read(copy: Path, log: Path) -> None:
    (copy / "pulses.txt").write_bytes(b"PULSES 000124 2C\r\n")
    until(log, "device xung-1: unknown comms_lost")
