"""Programs that benchmarks start and always end."""

import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from support.ports import free_port, listens

__all__ = ["broker", "free_port", "listens", "process", "wait_ready"]

BROKER = """\
listener {port} 127.0.0.1
allow_anonymous true
max_queued_messages 0
max_inflight_messages 1000
persistence false
log_type error
"""


@contextmanager
def process(command: Sequence[str]) -> Generator[subprocess.Popen[bytes]]:
    """A program with pipes to its input and output, killed at the end."""
    running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield running
    finally:
        running.kill()
        running.wait()


@contextmanager
def broker(folder: Path) -> Generator[int]:
    """A Mosquitto that drops nothing; gives its port."""
    port = free_port()
    file = folder / "mosquitto.conf"
    file.write_text(BROKER.format(port=port))
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin") or "mosquitto"
    with process([program, "-c", str(file)]):
        deadline = time.monotonic() + 10
        while not listens(port):
            if time.monotonic() > deadline:
                raise TimeoutError("Mosquitto does not listen")
            time.sleep(0.02)
        yield port


def wait_ready(running: subprocess.Popen[bytes]) -> None:
    """Wait for the line `ready`."""
    assert running.stdout is not None
    line = running.stdout.readline()
    if line.strip() != b"ready":
        raise RuntimeError(f"{running.args!r} did not start: {line!r}")
