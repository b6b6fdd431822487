"""Where a fetched model is kept, and how it is known to be the right one."""

import hashlib
import os
from pathlib import Path

from keng_edge.cameras.detector.errors import ModelError, NoModel

PACKAGE, VERSION = "@mediapipe/objectron", "0.4.1675468480"
"""The package of npm that holds the model, under the Apache License 2.0."""
ONNX_SHA256 = "dc97e6583295a27aee64a22b2f5b2138c55fc7b817436f47d1043206d5506c6d"
"""Of the converted model: the same package makes the same bytes on every machine."""
MISSING = "the detector's model is not here: run `keng-edge models fetch`"


def default_folder() -> Path:
    """`keng/models` in the user's cache (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "keng" / "models"


def place(folder: Path) -> Path:
    """The model's file; its name says which model it is."""
    return folder / f"ssd_mobilenetv2_oidv4-{ONNX_SHA256[:12]}.onnx"


def content(folder: Path) -> bytes:
    """The model's bytes; ModelError where it is missing or damaged."""
    path = place(folder)
    try:
        read = path.read_bytes()
    except FileNotFoundError:
        raise NoModel(f"{MISSING} ({path})") from None
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from None
    if hashlib.sha256(read).hexdigest() != ONNX_SHA256:
        raise ModelError(f"{path} is damaged: delete it and run `keng-edge models fetch` again")
    return read


def keep(folder: Path, made: bytes) -> Path:
    """Put a converted model into its place, whole or not at all."""
    path = place(folder)
    folder.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(f".{os.getpid()}.part")
    try:
        with half.open("wb") as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return path
