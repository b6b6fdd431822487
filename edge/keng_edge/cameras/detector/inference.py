"""The detector of a node: one thread for all its cameras, with a short queue, so that none of them falls behind."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Full, Queue

from keng_edge.cameras.detector.errors import ModelError, NoModel
from keng_edge.cameras.frame import Image
from keng_edge.cameras.recognition import Detector, Found
from keng_edge.cameras.sightings import Box

log = logging.getLogger("keng.camera")

WAITING = 8
PATIENCE_S = 2.0
"""An answer that comes later is of no use: what moved has gone on by then."""
WITHOUT = "vật thể chưa rõ (what moves is not told apart)"


@dataclass(slots=True, eq=False)
class _Look:
    picture: Image
    around: Box | None
    done: threading.Event = field(default_factory=threading.Event)
    found: Sequence[Found] = ()
    given_up: bool = False


class Inference:
    """A `Detector` for many threads at once that never fails: without an answer in time nothing is found.

    The model is loaded by the thread itself, so that no camera waits for it.
    """

    def __init__(self, load: Callable[[], Detector]) -> None:
        self._load = load
        self._looks: Queue[_Look] = Queue(WAITING)
        self._ready = threading.Event()
        self._told = False
        self.missing: str | None = None
        """Why there is no detector; None while it is being loaded and once it is there."""
        threading.Thread(target=self._work, name="detector", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Wait until it is known whether there is a detector; the answer is whether there is."""
        return self._ready.wait(seconds) and self.missing is None

    def find(self, picture: Image, around: Box | None) -> Sequence[Found]:
        """What the detector finds; nothing where there is none or it has too much to do."""
        if self.missing is not None or not self._ready.is_set():
            return ()
        look = _Look(picture, around)
        try:
            self._looks.put_nowait(look)
        except Full:
            return ()
        look.given_up = not look.done.wait(PATIENCE_S)
        return () if look.given_up else look.found

    def _work(self) -> None:
        detector = self._loaded()
        self._ready.set()
        while detector is not None:
            look = self._looks.get()
            if look.given_up:
                continue
            try:
                look.found = detector.find(look.picture, look.around)
            except Exception as error:  # noqa: BLE001 — the one place that keeps the thread alive
                self._failed(error)
            look.done.set()

    def _loaded(self) -> Detector | None:
        try:
            detector = self._load()
        except ModelError as error:
            self.missing = str(error)
            level = logging.INFO if isinstance(error, NoModel) else logging.WARNING
            log.log(level, "no detector, so %s: %s", WITHOUT, error)
            return None
        except Exception as error:
            self.missing = f"{type(error).__name__}: {error}"
            log.exception("the detector cannot be loaded, so %s", WITHOUT)
            return None
        log.info("the detector is ready")
        return detector

    def _failed(self, error: Exception) -> None:
        """Told once: it may fail at every look."""
        level = logging.DEBUG if self._told else logging.WARNING
        self._told = True
        log.log(level, "the detector fails: %s", error)
