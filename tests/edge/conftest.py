"""What tests of device tasks start from: a node that only listens, and a broker beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from keng_edge.clock import SystemClock
from support.fake_node import FakeNode
from support.mosquitto import Mosquitto


@pytest.fixture
def node(tmp_path: Path) -> FakeNode:
    return FakeNode(SystemClock(), tmp_path)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as started:
        yield started
