"""Files that are there as a whole or not at all."""

import os
from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """All of it or nothing, whatever happens; no power cut leaves half a file under its name. OSError when it fails."""
    fresh = path.with_suffix(path.suffix + ".new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
