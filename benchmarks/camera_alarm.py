"""From the first frame of somebody in an area to the alarm at the hub, committed: real cameras, node, broker and hub.

The pictures are drawn and sent as they are drawn (Motion JPEG over HTTP), so that the moment at which the first frame
with somebody in it leaves the camera is known; the small delay of a camera's own encoder is not in it.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import sqlalchemy as sa
from benchmarks import report
from benchmarks.alarm_village import NODE, Village, prepare, running
from benchmarks.report import Figure

from keng_edge.cameras.frame import Image
from keng_hub.database import Database
from keng_hub.tables import alarm, device

CAMERAS = 4
RATE, WIDTH, HEIGHT = 10, 640, 480
STAY_S, EMPTY_S = 2.5, 4.0
DWELL_S = 0.2
CAMERA = """
[[devices]]
type = "camera"
id = "cam-{n}"
name = "Camera {n}"
zone = "nha-{n}"
source = "http://127.0.0.1:{port}/{n}"
notice_confirmed = 2026-11-01
dwell_s = {dwell}
cooldown_s = 1
[[zones]]
id = "nha-{n}"
name = "Nhà {n}"
"""


def now() -> float:
    """UTC in ms."""
    return time.time_ns() / 1e6


class Scenes:
    """What the cameras see: a wall, and before it somebody who walks while `until` is not over."""

    def __init__(self) -> None:
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
        wall = (90 + 12 * np.sin(columns / 17) + 9 * np.cos(rows / 11)).astype(np.uint8)
        self._wall: Image = np.stack([wall, wall, wall], axis=2)
        self.until = [0.0] * CAMERAS
        self.first: list[list[float]] = [[] for _ in range(CAMERAS)]
        """When the first frame of each visit was sent, by camera, ms of UTC."""

    def send(self, camera: int, write: Callable[[bytes], object]) -> None:
        """Pictures for ever, as a camera sends them."""
        dice, there = np.random.default_rng(camera), False
        while True:
            visit = time.monotonic() < self.until[camera]
            data = self._picture(dice, camera, visit)
            if visit and not there:
                self.first[camera].append(now())
            there = visit
            head = b"--keng\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data)
            write(head + data + b"\r\n")
            time.sleep(1 / RATE)

    def _picture(self, dice: np.random.Generator, camera: int, visit: bool) -> bytes:
        picture = cv2.add(self._wall, dice.integers(0, 5, self._wall.shape, np.uint8))
        if visit:
            x = int(WIDTH * (0.5 + 0.2 * np.sin(time.monotonic() * 1.5 + camera)))
            cv2.rectangle(picture, (x - 40, 180), (x + 40, 380), (30, 60, 220), -1)
        return cv2.imencode(".jpg", picture)[1].tobytes()


@contextmanager
def cameras(scenes: Scenes) -> Generator[int]:
    """Their streams over HTTP; the port."""

    class Stream(BaseHTTPRequestHandler):
        """One camera, by the number in its path."""

        def do_GET(self) -> None:
            """Send until the node goes."""
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=keng")
            self.end_headers()
            try:
                scenes.send(int(self.path.strip("/")), self.wfile.write)
            except OSError:
                return

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Stream)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()


def visits(village: Village, scenes: Scenes, count: int) -> list[float]:
    """Somebody comes to each camera again and again; ms from the first frame to the commit of each alarm, sorted."""
    began, dice = now(), random.Random(1)
    while sum(map(len, scenes.first)) < count:
        for camera in range(CAMERAS):
            time.sleep(dice.uniform(0, 0.3))  # not all in step with the looks
            scenes.until[camera] = time.monotonic() + STAY_S
        time.sleep(STAY_S + EMPTY_S)
        village.reset_all()
        time.sleep(0.5)
    return sorted(_delays(village, scenes, began))


def _delays(village: Village, scenes: Scenes, began: float) -> list[float]:
    database = Database(village.database)
    query = sa.select(alarm.c.device, alarm.c.committed_at).where(alarm.c.node == NODE, alarm.c.committed_at > began)
    try:
        rows = database.read_now(lambda connection: connection.execute(query.order_by(alarm.c.committed_at)).all())
    finally:
        database.close()
    delays: list[float] = []
    for camera, first in enumerate(scenes.first):
        of_camera = [row.committed_at for row in rows if row.device == f"cam-{camera}"]
        for sent in first:  # the first alarm after each visit, if it came before the next one
            delays += [at - sent for at in of_camera if 0 <= at - sent < (STAY_S + EMPTY_S) * 1000][:1]
    return delays


def measure(count: int, folder: Path) -> list[Figure]:
    """So many visits, and how long the alarm of each took."""
    village, scenes = prepare(folder), Scenes()
    with cameras(scenes) as port:
        file = folder / "edge.toml"
        node = file.read_text(encoding="utf-8").partition("[[devices]]")[0]
        made = "".join(CAMERA.format(n=n, port=port, dwell=DWELL_S) for n in range(CAMERAS))
        file.write_text(node + made, encoding="utf-8")
        with running(village):
            _wait_seen(village)
            delays = visits(village, scenes, count)
    if not delays:
        raise RuntimeError("no alarm reached the hub")
    p50, p99 = (delays[min(len(delays) - 1, int(len(delays) * share))] for share in (0.5, 0.99))
    lost = sum(map(len, scenes.first)) - len(delays)
    beside = f"p50 {p50:.0f} ms, worst {delays[-1]:.0f} ms, {len(delays)} visits, {lost} not found"
    what = f"first frame of somebody in the area → alarm committed at the hub (dwell time {DWELL_S} s), p99"
    return [Figure(what, p99, "ms", beside=beside)]


def _wait_seen(village: Village) -> None:
    """Until the hub knows that all cameras see, and they have learned their scene."""
    database, deadline = Database(village.database), time.monotonic() + 60
    query = sa.select(sa.func.count()).where(device.c.node == NODE, device.c.condition == "normal")
    try:
        while database.read_now(lambda connection: connection.execute(query).scalar_one()) < CAMERAS:
            if time.monotonic() > deadline:
                raise TimeoutError("the cameras do not see")
            time.sleep(0.2)
    finally:
        database.close()
    time.sleep(5)


def main() -> int:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="keep everything here instead of a temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keng-camera-alarm-") as name:
        folder = options.folder or Path(name)
        folder.mkdir(exist_ok=True)
        report.save("camera_alarm", measure(options.visits, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
