"""Eight cameras in one process over RTSP: whether its memory stays, and how old the frame is that is looked at.

`make soak-cameras MINUTES=10`. The process is the camera's own task with eyes and clips; what would go to the hub stays
on its shelf of a few MB. The film, in which people come, stand and go, is streamed by a server of `.venv-peers`.
"""

import argparse
import asyncio
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from av.container import InputContainer
from av.video.frame import VideoFrame
from benchmarks import report
from benchmarks.camera_cost import SIZES, film
from benchmarks.processes import free_port, listens, process
from benchmarks.report import Figure

from keng_edge import heaps
from keng_edge.cameras import decoding
from keng_edge.cameras.address import Address
from keng_edge.cameras.camera import Camera
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.decoding import OnPacket
from keng_edge.cameras.evidence.spool import MB, Shelf
from keng_edge.cameras.frame import Frame, Tally
from keng_edge.cameras.pipeline import Pipeline
from keng_edge.clock import SystemClock
from keng_edge.devices import Measured, Trigger, supervise
from keng_edge.line import Line
from keng_wire.conditions import Condition, Mark
from keng_wire.event import Event, PanelAct

CLIPS = Path(__file__).parents[2] / "shared" / "data" / "video"
SERVER = Path(__file__).parents[1] / ".venv-peers" / "rtsp" / "bin" / "rtsp-server"
CAMERAS, SERVERS = 8, 2
SAY_S = 5.0
OLDEST_MS, FLAT = 1000, 1.05
SETTLED, MIDDLE, LAST = 0.3, 0.6, 0.8
"""Shares of the time: from the first on rings and caches are full and the peaks must stay; clips in the making come
and go with the film."""


class Counting:
    """A node that only counts what its cameras tell it."""

    def __init__(self, data: Path) -> None:
        self.clock, self.data = SystemClock(), data
        self.alarms = self.events = self.lost = 0

    async def report(
        self, device: str, condition: Condition, marks: Iterable[Mark] = (), detail: str | None = None
    ) -> None:
        """A camera that was lost is counted."""
        self.lost += Mark.COMMS_LOST in tuple(marks)

    def seen(self, device: str) -> None:
        """Nothing to count."""

    async def alarm(self, trigger: Trigger) -> str:
        """Counted."""
        self.alarms += 1
        return f"{self.alarms:016x}"

    async def event(self, body: Event) -> int:
        """Counted."""
        self.events += 1
        return self.events

    def shelf(self, device: str) -> Shelf:
        """Of a few MB, so that it is soon full."""
        return Shelf(self.data / "media" / device, 20 * MB, 0)

    async def readings(self, rows: Sequence[Measured]) -> None:
        """A camera has none."""

    def line(self, port: str) -> Line:
        """A camera hangs on none."""
        raise NotImplementedError

    async def cancel(self, by: str, zone: str | None) -> None:
        """A camera cancels nothing."""

    async def panel_act(self, device: str, act: PanelAct, detail: str | None = None) -> int:
        """A camera is no panel."""
        raise NotImplementedError

    def identified(self, device: str, facts: Mapping[str, str]) -> None:
        """A camera is no fire point."""


async def watch(addresses: Sequence[str], folder: Path) -> None:
    """Run the cameras for ever and say each five seconds, as a line of JSON, how it goes."""
    node, ages, delays = Counting(folder), list[int](), list[int]()
    feed, pictures = Pipeline.feed, decoding.pictures

    def timed(self: Pipeline, frame: Frame) -> list[object]:
        ages.append(node.clock.up_ms() - frame.up)
        return feed(self, frame)

    def stamped(
        container: InputContainer, address: Address, on_packet: OnPacket | None = None
    ) -> Iterator[tuple[VideoFrame, Tally]]:
        least = math.inf
        for picture, tally in pictures(container, address, on_packet):
            late = node.clock.up_ms() - 1000 * (picture.time or 0.0)
            least = min(least, late)
            delays.append(round(late - least))
            yield picture, tally

    Pipeline.feed = timed  # type: ignore[method-assign]
    decoding.pictures = stamped
    async with asyncio.TaskGroup() as group:
        for n in range(CAMERAS):
            given = {
                "type": "camera",
                "id": f"c{n}",
                "name": "c",
                "source": addresses[n % SERVERS],
                "notice_confirmed": "2026-11-01",
            }
            group.create_task(supervise(Camera(CameraSection.model_validate(given), node), f"c{n}", node))
        while True:
            await asyncio.sleep(SAY_S)
            said = {"ages": sorted(ages), "delays": sorted(delays), "alarms": node.alarms, "lost": node.lost}
            ages.clear()
            delays.clear()
            print(json.dumps(said), flush=True)


def measure(clips: Path, minutes: float) -> list[Figure]:
    """All figures; FileNotFoundError where there is no server."""
    ages: list[int] = []
    delays: list[int] = []
    memory: list[float] = []
    with tempfile.TemporaryDirectory(prefix="keng-soak-") as name, served(clips, Path(name)) as addresses:
        command = [sys.executable, "-m", "benchmarks.camera_soak", "--folder", name, "--watch", *addresses]
        with process(command) as watching:
            assert watching.stdout is not None
            begun, said = time.monotonic(), {"alarms": 0, "lost": 0}
            while time.monotonic() - begun < minutes * 60:
                said = json.loads(watching.stdout.readline())
                ages += said["ages"]
                delays += said["delays"]
                memory.append(_memory_mib(watching.pid))
            seconds, spent = time.monotonic() - begun, _spent_s(watching.pid)
    figures = _figures(minutes, sorted(ages), memory, said, spent / seconds / CAMERAS)
    return [*figures, _delay(minutes, sorted(delays))]


def _delay(minutes: float, delays: list[int]) -> Figure:
    """By the stream's own stamps, beside the picture that came soonest: what waits in the network is old as well."""
    told = f"{len(delays)} pictures, p50 {delays[len(delays) // 2]} ms, p99 {delays[int(len(delays) * 0.99)]} ms"
    return Figure(
        f"{CAMERAS} cameras of 480p for {minutes:g} min: latest picture decoded", delays[-1], "ms", beside=told
    )


def _figures(minutes: float, ages: list[int], memory: list[float], said: dict[str, int], share: float) -> list[Figure]:
    count = len(memory)
    settled, last = max(memory[int(count * SETTLED) : int(count * MIDDLE) + 1]), max(memory[int(count * LAST) :])
    what, p99 = f"{CAMERAS} cameras of 480p for {minutes:g} min", ages[int(len(ages) * 0.99)]
    told = f"{len(ages)} frames, p50 {ages[len(ages) // 2]} ms, p99 {p99} ms; lost {said['lost']} times"
    return [
        Figure(f"{what}: oldest frame at the gates", ages[-1], "ms", f"< {OLDEST_MS} ms", ages[-1] < OLDEST_MS, told),
        Figure(
            f"{what}: memory, peak of the last fifth",
            last,
            "MiB",
            f"≤ {FLAT} ×",
            last <= FLAT * settled,
            f"peak from {minutes * SETTLED:.1f} to {minutes * MIDDLE:.1f} min {settled:.0f}",
            last / settled,
        ),
        Figure(
            f"{what}: processor a camera", 100 * share, "% of one core", beside=f"{said['alarms']} alarms with clips"
        ),
    ]


@contextmanager
def served(clips: Path, folder: Path) -> Generator[list[str]]:
    """The film by RTSP, for ever, from servers that have threads for six viewers each; its addresses."""
    films = folder / "films"
    films.mkdir()
    film(clips / "one_by_one_person.mp4", films / "street.mp4", SIZES["480p"][:3])
    with ExitStack() as stack:
        yield [stack.enter_context(_server(films)) for _ in range(SERVERS)]


@contextmanager
def _server(films: Path) -> Generator[str]:
    port = free_port()
    command: list[str | Path] = [SERVER, "-d", films, "-H", "127.0.0.1", "-p", str(port), "-cp", str(free_port())]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not listens(port):
            time.sleep(0.05)
        yield f"rtsp://127.0.0.1:{port}/street.mp4?play_count=0"
    finally:
        server.kill()
        server.wait()


def _memory_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _spent_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Measure, print, save; the exit status is 1 when an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--clips", type=Path, default=CLIPS)
    parser.add_argument("--watch", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.watch:
        heaps.share()  # as a node does
        asyncio.run(watch(options.watch, options.folder))
    if not SERVER.exists():
        print("left out: no RTSP server; `make peers` installs one", file=sys.stderr)
        return 2
    figures = measure(options.clips, options.minutes)
    report.save("camera_soak", figures)
    return int(any(figure.met is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
