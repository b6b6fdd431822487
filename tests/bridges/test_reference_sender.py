"""Frames of a sender in C, written for a microcontroller, are read by the node."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bridges.bench import Node, kept
from keng_bridges.bridge_link import PointEvent

COMPILER = shutil.which("cc") or shutil.which("gcc")


@pytest.mark.skipif(COMPILER is None, reason="no C compiler (Debian: apt install gcc)")
def test_events_of_the_reference_sender_are_understood(tmp_path: Path) -> None:
    program = tmp_path / "sender"
    source = Path(__file__).with_name("reference_sender.c")
    subprocess.run([str(COMPILER), "-Wall", "-Wextra", "-Werror", "-o", program, source], check=True)
    said = "smoke1 alarm\nbtn1 normal\nsmoke1 normal\n"
    frames = subprocess.run([program], input=said.encode(), capture_output=True, check=True).stdout
    node = Node()
    node.open()
    events = kept(node.feed(frames), PointEvent)
    assert [f"{event.state.point} {event.state.state}" for event in events] == said.splitlines()
    assert [event.number for event in events] == [1, 2, 3]
