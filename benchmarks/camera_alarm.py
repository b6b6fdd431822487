"""From the first frame of somebody in an area to the alarm at the hub, committed: real cameras, node, broker and hub.

The pictures are drawn and sent as they are drawn (Motion JPEG over HTTP), so that the moment at which the first frame
with somebody in the area leaves the camera is known; the small delay of a camera's own encoder is not in it. Somebody
walks in from the side, as people do, or stands there from one picture to the next, as from behind a door.
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
AREA = (0.3, 0.9)
"""From where to where, in shares of the width; the whole height."""
HALF = 0.0625
"""Of somebody's width; the first frame in the area is the first in which they reach into it."""
SPEED = 0.2
"""Widths a second: a walk at ten metres from the camera."""
CROSSING_S, EMPTY_S = 1.2 / SPEED, 4.0
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
[[devices.areas]]
id = "cong"
points = [[{left}, 0.0], [{right}, 0.0], [{right}, 1.0], [{left}, 1.0]]
[[zones]]
id = "nha-{n}"
name = "Nhà {n}"
"""


def now() -> float:
    """UTC in ms."""
    return time.time_ns() / 1e6


class Scenes:
    """What the cameras see: a wall, and before it somebody who walks from left to right, from `began` on."""

    def __init__(self, suddenly: bool) -> None:
        """`suddenly`: somebody begins to walk in the middle of the area, and is seen from there on."""
        self._from = sum(AREA) / 2 if suddenly else -0.1
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
        wall = (90 + 12 * np.sin(columns / 17) + 9 * np.cos(rows / 11)).astype(np.uint8)
        self._wall: Image = np.stack([wall, wall, wall], axis=2)
        self.began = [-CROSSING_S] * CAMERAS
        """When somebody came last, by camera, in s of the machine."""
        self.first: list[list[float]] = [[] for _ in range(CAMERAS)]
        """When the first frame with somebody in the area was sent, of each visit, by camera, ms of UTC."""

    def send(self, camera: int, write: Callable[[bytes], object]) -> None:
        """Pictures for ever, as a camera sends them."""
        dice, there = np.random.default_rng(camera), False
        while True:
            x = self._from + SPEED * (time.monotonic() - self.began[camera])
            data = self._picture(dice, x)
            inside = AREA[0] - HALF <= x <= AREA[1] + HALF
            if inside and not there:
                self.first[camera].append(now())
            there = inside
            head = b"--keng\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data)
            write(head + data + b"\r\n")
            time.sleep(1 / RATE)

    def _picture(self, dice: np.random.Generator, x: float) -> bytes:
        """Somebody whose middle is at `x`, where that is in the picture."""
        picture = cv2.add(self._wall, dice.integers(0, 5, self._wall.shape, np.uint8))
        left, right = (int(WIDTH * (x + side * HALF)) for side in (-1, 1))
        cv2.rectangle(picture, (left, 180), (right, 380), (30, 60, 220), -1)
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
            scenes.began[camera] = time.monotonic()
        time.sleep(CROSSING_S + EMPTY_S)
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
            delays += [at - sent for at in of_camera if 0 <= at - sent < (CROSSING_S + EMPTY_S) * 1000][:1]
    return delays


def measure(count: int, folder: Path) -> list[Figure]:
    """So many visits of each kind, and how long the alarm of each took."""
    figures: list[Figure] = []
    for suddenly, how in ((False, "walks into the area"), (True, "is in the area at once")):
        own = folder / ("suddenly" if suddenly else "walking")
        own.mkdir()
        figures.append(_measure(count, own, Scenes(suddenly), how))
    return figures


def _measure(count: int, folder: Path, scenes: Scenes, how: str) -> Figure:
    village = prepare(folder)
    with cameras(scenes) as port:
        file = folder / "edge.toml"
        node = file.read_text(encoding="utf-8").partition("[[devices]]")[0]
        place = {"port": port, "dwell": DWELL_S, "left": AREA[0], "right": AREA[1]}
        made = "".join(CAMERA.format(n=n, **place) for n in range(CAMERAS))
        file.write_text(node + made, encoding="utf-8")
        with running(village):
            _wait_seen(village)
            delays = visits(village, scenes, count)
    if not delays:
        raise RuntimeError("no alarm reached the hub")
    p50, p99 = (delays[min(len(delays) - 1, int(len(delays) * share))] for share in (0.5, 0.99))
    lost = sum(map(len, scenes.first)) - len(delays)
    beside = f"p50 {p50:.0f} ms, worst {delays[-1]:.0f} ms, {len(delays)} visits, {lost} not found"
    what = f"first frame of somebody who {how} → alarm committed at the hub (dwell time {DWELL_S} s), p99"
    return Figure(what, p99, "ms", beside=beside)


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
