"""The word to systemd, and the log lines it collects."""

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from keng_hub import watchdog
from keng_hub.health import Health
from keng_hub.logs import JsonLines
from keng_hub.watchdog import Watchdog


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    """What systemd listens on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        yield listener


async def well() -> Health:
    return Health(True, "fine")


async def ill() -> Health:
    return Health(False, "the database takes nothing")


async def test_a_hub_that_works_feeds_the_watchdog(systemd: socket.socket) -> None:
    dog = Watchdog(systemd.getsockname(), 1, [well, well])
    await dog.look()
    assert systemd.recv(100) == b"WATCHDOG=1"
    assert (await dog.health()).ok


@pytest.mark.expects_log("the watchdog is not fed: the database takes nothing")
async def test_a_hub_that_does_not_work_is_not_fed(systemd: socket.socket) -> None:
    dog = Watchdog(systemd.getsockname(), 1, [well, ill])
    await dog.look()
    systemd.setblocking(False)
    with pytest.raises(BlockingIOError):
        systemd.recv(100)
    assert not (await dog.health()).ok


async def test_the_start_is_told_first(systemd: socket.socket) -> None:
    class Enough(Exception):
        pass

    async def no_more(_: float) -> None:
        raise Enough

    with pytest.raises(Enough):
        await Watchdog(systemd.getsockname(), 1, [well], no_more).run()
    assert systemd.recv(100) == b"READY=1"


def test_without_systemd_there_is_no_watchdog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert watchdog.of_systemd([]) is None


def test_a_log_line_is_one_object_that_no_text_can_break() -> None:
    record = logging.makeLogRecord(
        {
            "name": "keng.ingest",
            "levelname": "WARNING",
            "msg": "from %s",
            "args": ('x"\n{"level": "info"}',),
            "node": "ngo-3",
        }
    )
    line = JsonLines().format(record)
    assert "\n" not in line
    said = json.loads(line)
    assert (said["level"], said["area"], said["node"]) == ("warning", "keng.ingest", "ngo-3")
    assert said["text"] == 'from x"\n{"level": "info"}'


def test_a_log_line_of_an_error_holds_its_trace() -> None:
    try:
        raise ValueError("broken")
    except ValueError as error:
        record = logging.makeLogRecord({"msg": "no", "exc_info": (ValueError, error, error.__traceback__)})
    assert "ValueError: broken" in json.loads(JsonLines().format(record))["trace"]
