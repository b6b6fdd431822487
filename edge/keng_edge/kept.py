"""Small facts that survive a power cut: one JSON file each, replaced as a whole."""

import json
import logging
import os
from pathlib import Path
from typing import Any

log = logging.getLogger("keng.kept")


class Kept:
    """A JSON value in a file. `save` returns when it is on the disk; OSError if the disk refuses."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def load(self) -> Any:
        """The value, or None if there is none that can be read."""
        try:
            return json.loads(self._file.read_text())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            log.error("%s cannot be read and is left out: %s", self._file.name, error)
            return None

    def save(self, value: object) -> None:
        """Write it beside the old one, then take its place: a reader sees one or the other."""
        part = self._file.with_suffix(".part")
        with part.open("w") as file:
            json.dump(value, file)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self._file)
        folder = os.open(self._file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
