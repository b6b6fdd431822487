"""How soon a camera's picture is back after its RTSP server is, and how soon a stream that hangs is told.

`python -m benchmarks.camera_sources`, with the settings a camera has by default: the camera's own task, kept going as a
node keeps it, on a server of `.venv-peers` that is killed and started again, or stopped and let go on. The outages run
beside each other, a server each, in about seven minutes. Not in it: a camera's own start, and its wait for the next
keyframe, as this server begins with one.
"""

import argparse
import asyncio
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import av
import numpy as np
from benchmarks import report
from benchmarks.camera_soak import SERVER, Counting
from benchmarks.processes import free_port, listens
from benchmarks.report import Figure

from keng_edge.cameras.camera import Camera
from keng_edge.cameras.config import CameraSection
from keng_edge.devices import supervise
from keng_wire.conditions import Condition, Mark

OUTAGES_S = (3, 15, 60)
BACK_AIM_S, TOLD_AIM_S = 10.0, 15.0
PATIENCE_S = 60.0
RATE, WIDTH, HEIGHT, SECONDS = 10, 640, 360, 20


class Watching(Counting):
    """A node of one camera that knows whether its picture is there."""

    lost_now = True

    async def report(
        self, device: str, condition: Condition, marks: Iterable[Mark] = (), detail: str | None = None
    ) -> None:
        """Kept."""
        self.lost_now = Mark.COMMS_LOST in tuple(marks)

    async def until(self, *, lost: bool) -> float:
        """Wait until it is so; the moment. TimeoutError when it never comes."""
        async with asyncio.timeout(PATIENCE_S):
            while self.lost_now is not lost:
                await asyncio.sleep(0.005)
        return time.monotonic()


class Server:
    """One RTSP server on one port, through all its lives."""

    def __init__(self, films: Path) -> None:
        self.port = free_port()
        control = str(free_port())
        where: list[str | Path] = ["-d", films, "-H", "127.0.0.1", "-p", str(self.port), "-cp", control]
        self._command = [SERVER, *where]
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> float:
        """Start it; the moment from which it takes viewers."""
        self._process = subprocess.Popen(  # noqa: ASYNC220 - a moment
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not listens(self.port):
            await asyncio.sleep(0.005)
        return time.monotonic()

    def send(self, what: signal.Signals) -> float:
        """A signal to it; the moment."""
        assert self._process is not None
        os.kill(self._process.pid, what)
        return time.monotonic()

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@asynccontextmanager
async def watched(films: Path, folder: Path) -> AsyncGenerator[tuple[Server, Watching]]:
    """A server and a camera's task that has its picture."""
    server, node = Server(films), Watching(folder)
    await server.start()
    source = f"rtsp://127.0.0.1:{server.port}/street.mp4?play_count=0"
    given = {"type": "camera", "id": "cam", "name": "c", "source": source, "notice_confirmed": "2026-11-01"}
    task = asyncio.create_task(supervise(Camera(CameraSection.model_validate(given), node), "cam", node))
    try:
        await node.until(lost=False)
        yield server, node
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        server.kill()


async def killed(films: Path, folder: Path, outage_s: float, rounds: int) -> list[float]:
    """Seconds from each start of the server to the picture."""
    found: list[float] = []
    async with watched(films, folder) as (server, node):
        for _ in range(rounds):
            await asyncio.sleep(random.uniform(1, 2))
            server.kill()
            await node.until(lost=True)
            await asyncio.sleep(outage_s)
            back = await server.start()
            found.append(await node.until(lost=False) - back)
    return sorted(found)


async def hung(films: Path, folder: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds from each stop of the server to the word that it hangs, and from each going on to the picture."""
    told: list[float] = []
    back: list[float] = []
    async with watched(films, folder) as (server, node):
        for _ in range(rounds):
            await asyncio.sleep(random.uniform(1, 2))
            stopped = server.send(signal.SIGSTOP)
            told.append(await node.until(lost=True) - stopped)
            await asyncio.sleep(random.uniform(10, 15))
            going = server.send(signal.SIGCONT)
            back.append(await node.until(lost=False) - going)
    return sorted(told), sorted(back)


async def measure(folder: Path, rounds: int) -> list[Figure]:
    """All figures."""
    films = folder / "films"
    films.mkdir()
    await asyncio.to_thread(film, films / "street.mp4")
    async with asyncio.TaskGroup() as group:
        lives = [group.create_task(killed(films, folder / str(away), away, rounds)) for away in OUTAGES_S]
        stops = group.create_task(hung(films, folder / "hung", rounds))
    figures = [
        _figure(f"picture back after the server is, which was away for {away} s", life.result(), BACK_AIM_S)
        for away, life in zip(OUTAGES_S, lives, strict=True)
    ]
    told, back = stops.result()
    hangs = "picture back after a server that hung for 10 to 15 s more goes on"
    return [*figures, _figure("stream that hangs is told", told, TOLD_AIM_S), _figure(hangs, back, BACK_AIM_S)]


def film(path: Path) -> None:
    """A street in which nothing happens, in H.264 as cameras send it."""
    dice = np.random.default_rng(1)
    wall = dice.integers(60, 120, (HEIGHT, WIDTH, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = WIDTH, HEIGHT, "yuv420p", 2 * RATE
        stream.codec_context.max_b_frames = 0
        for _ in range(RATE * SECONDS):
            picture = wall + dice.integers(0, 4, wall.shape, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))


def _figure(what: str, found: list[float], aim_s: float) -> Figure:
    beside = f"p50 {statistics.median(found):.1f} s, {len(found)} rounds"
    return Figure(f"{what}, worst", found[-1], "s", f"≤ {aim_s:g} s", found[-1] <= aim_s, beside)


def main() -> int:
    """Measure, print, save; the exit status is 1 when an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if not SERVER.exists():
        print("left out: no RTSP server; `make peers` installs one", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="keng-camera-sources-") as name:
        figures = asyncio.run(measure(Path(name), options.rounds))
    report.save("camera_sources", figures)
    return int(any(figure.met is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
