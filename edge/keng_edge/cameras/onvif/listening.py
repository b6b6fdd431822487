"""A thread that fetches a camera's own events for ever, and keeps what was not taken yet, within bounds."""

import logging
import random
import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Self

from keng_edge.cameras.onvif.notices import Notice
from keng_edge.cameras.onvif.pull_point import LASTS_S, PullPoint
from keng_edge.errors import DeviceError

log = logging.getLogger("keng.camera")

MOST = 256
"""Notices that wait to be taken; the oldest are given up."""
BETWEEN_S = 0.5
"""Between two questions: a camera that answers at once is not asked a thousand times a second."""
LONGEST_PAUSE_S, PERMANENT_PAUSE_S = 60.0, 300.0


class Heard(NamedTuple):
    """One event, and the uptime of the node in ms when it came."""

    notice: Notice
    up: int


class Listening:
    """Listens from `start` to `stop`; `subscribe` gives an opened subscription. The thread is a daemon and may hang."""

    def __init__(self, camera: str, subscribe: Callable[[], PullPoint], up: Callable[[], int]) -> None:
        self._camera, self._subscribe, self._up = camera, subscribe, up
        self._heard: deque[Heard] = deque(maxlen=MOST)
        self._stop = threading.Event()
        self._said = ""

    def start(self) -> Self:
        """Begin to listen."""
        threading.Thread(target=self._run, name=f"own alarms {self._camera}", daemon=True).start()
        return self

    def stop(self) -> None:
        """Listen no more; the camera is told when its present answer has come."""
        self._stop.set()

    def take(self) -> list[Heard]:
        """What came since."""
        taken: list[Heard] = []
        while self._heard:
            taken.append(self._heard.popleft())
        return taken

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            permanent, begun = False, self._up()
            try:
                self._listen()
            except DeviceError as error:
                permanent = error.permanent
                self._say(str(error))
            failures = 1 if self._up() - begun > LASTS_S * 1000 else failures + 1
            longest = PERMANENT_PAUSE_S if permanent else min(LONGEST_PAUSE_S, 2.0 ** min(failures - 1, 10))
            self._stop.wait(longest * random.uniform(0.8, 1.0))  # noqa: S311 - not a secret

    def _listen(self) -> None:
        point = self._subscribe()
        self._say("")
        try:
            renewed = self._up()
            while not self._stop.wait(BETWEEN_S):
                self._heard.extend(Heard(notice, self._up()) for notice in point.pull())
                if self._up() - renewed > LASTS_S * 1000 / 2:
                    point.renew()
                    renewed = self._up()
        finally:
            point.close()

    def _say(self, trouble: str) -> None:
        if trouble and trouble != self._said:
            log.warning("camera %s: its own alarms are not heard: %s", self._camera, trouble)
        elif self._said and not trouble:
            log.info("camera %s: its own alarms are heard again", self._camera)
        self._said = trouble
