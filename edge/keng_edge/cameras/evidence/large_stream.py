"""A camera's large stream: only kept, never decoded, in a thread of its own that comes back for ever."""

import logging
import random
import threading
from collections.abc import Iterator

from keng_edge.cameras import source
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.evidence.evidence import Evidence
from keng_edge.cameras.whole_keyframes import VideoPacket
from keng_edge.errors import DeviceError

log = logging.getLogger("keng.media")

LONGEST_PAUSE_S, PERMANENT_PAUSE_S = 30.0, 300.0


class LargeStream:
    """Reads while the `with` block lasts; nothing to do where one stream serves for both, or nothing is kept."""

    def __init__(self, section: CameraSection, evidence: Evidence | None) -> None:
        self._section, self._evidence = section, evidence
        self._stop = threading.Event()
        self._wanted = evidence is not None and section.clip_source is not None

    def __enter__(self) -> None:
        if self._wanted:
            threading.Thread(target=self._run, name=f"clips {self._section.id}", daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._evidence is not None:
            self._evidence.close()

    def _run(self) -> None:
        failures, said = 0, ""
        while not self._stop.is_set():
            permanent = False
            try:
                for packet in self._packets():
                    failures, said = 0, ""
                    if self._evidence is None or self._stop.is_set():
                        return
                    self._evidence.packet(packet)
            except DeviceError as error:
                permanent, reason = error.permanent, str(error)
                if reason != said:
                    log.warning("camera %s: no clips: %s", self._section.id, reason)
                    said = reason
            failures += 1
            longest = PERMANENT_PAUSE_S if permanent else min(LONGEST_PAUSE_S, 2.0 ** min(failures - 1, 10))
            self._stop.wait(longest * random.uniform(0.8, 1.0))  # noqa: S311 - not a secret

    def _packets(self) -> Iterator[VideoPacket]:
        return source.packets(self._section.address(self._section.clip_source))
