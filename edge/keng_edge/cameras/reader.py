"""A thread that reads one source as fast as frames come and keeps only the newest.

A camera whose frames are not fetched in time hands over old ones later; so reading never waits for the analysis.
"""

import threading
from collections.abc import Callable, Iterator

from keng_edge.cameras.frame import Frame


class Reader:
    """Reads while the `with` block lasts. The thread is a daemon: a camera driver that hangs cannot stop the node."""

    def __init__(self, frames: Callable[[], Iterator[Frame]], name: str) -> None:
        self._frames = frames
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._newest: Frame | None = None
        self._thread = threading.Thread(target=self._read, name=f"camera {name}", daemon=True)
        self.ended = False
        """True once the source has no more frames; `error` then says why, or is None for the end of a file."""
        self.error: Exception | None = None

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    @property
    def has_frame(self) -> bool:
        """Whether there is a frame that has not been taken yet."""
        return self._newest is not None

    def take(self) -> Frame | None:
        """The newest frame that has not been taken yet."""
        with self._lock:
            frame, self._newest = self._newest, None
            return frame

    def _read(self) -> None:
        try:
            for frame in self._frames():
                with self._lock:
                    self._newest = frame
                if self._stop.is_set():
                    break
        except Exception as error:  # noqa: BLE001 — handed to the device's task, which raises it
            self.error = error
        self.ended = True
