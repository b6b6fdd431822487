"""The learned view of one camera on the disk, so that a camera turned while the node was off is noticed."""

import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path

from keng_edge.cameras import whole_file
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.health import view_file
from keng_edge.cameras.health.reference import References

log = logging.getLogger("keng.camera")

EVERY_MS = 15 * 60 * 1000
"""Between two writings: a memory card lasts longer than what changes in a view within a quarter of an hour."""


class KeptView:
    """Reads what there is into `view` when it is made. Whatever the disk does, the camera goes on."""

    def __init__(self, folder: Path, section: CameraSection, view: References, up: Callable[[], int]) -> None:
        self._file, self._view, self._up = folder / "view", view, up
        self._camera, self._of = section.id, _of(section)
        self._written: int = view.learned
        self._next = 0
        self._refused = False
        self._load()

    def keep(self) -> None:
        """Write what was learned, if it is time; blocks."""
        if self._up() >= self._next and self._view.ready:
            self.close()

    def close(self) -> None:
        """Write what was learned since it was last written; blocks."""
        if self._view.learned == self._written:
            return
        self._next, self._written = self._up() + EVERY_MS, self._view.learned
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            whole_file.write(self._file, view_file.encode(self._view.lights(), self._of))
            self._refused = False
        except OSError as error:
            if not self._refused:
                log.info("camera %s: its view cannot be kept: %s", self._camera, error.strerror or error)
            self._refused = True

    def forget(self) -> None:
        """A person has confirmed another view: the old one shall not come back after a power cut."""
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            log.info("camera %s: its old view cannot be deleted: %s", self._camera, error.strerror or error)

    def _load(self) -> None:
        try:
            with self._file.open("rb") as file:
                lights = view_file.decode(file.read(view_file.LARGEST + 1), self._of)
        except FileNotFoundError:
            return
        except (OSError, view_file.Spoilt) as error:
            reason = getattr(error, "strerror", None) or error
            log.info("camera %s: the view that was kept is learned anew: %s", self._camera, reason)
            return
        self._view.restore(lights)
        self._next = self._up() + EVERY_MS


def _of(section: CameraSection) -> bytes:
    """What the view depends on: another source or other masks show something else."""
    return hashlib.sha256(json.dumps([section.source, section.masks]).encode()).digest()
