"""Passwords and keys of meters, from files; what is in them never shows in a text."""

import re
from pathlib import Path

from keng_edge.errors import DeviceError


def password(file: Path) -> bytes:
    """The first line of the file."""
    text = _text(file)
    if not 1 <= len(text) <= 64:
        raise DeviceError(f"{file}: a password has 1 to 64 characters", permanent=True)
    return text.encode()


def key(file: Path | None) -> bytes | None:
    """32 hex digits, blanks between them allowed; None without a file."""
    if file is None:
        return None
    digits = re.sub(r"\s", "", _text(file))
    if not re.fullmatch(r"[0-9A-Fa-f]{32}", digits):
        raise DeviceError(f"{file}: a key is 32 hex digits", permanent=True)
    return bytes.fromhex(digits)


def changed_at(*files: Path | None) -> list[int]:
    """When the files were last written: a refused access is tried again only after a person has changed one."""
    try:
        return [file.stat().st_mtime_ns for file in files if file is not None]
    except OSError:
        return []


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise DeviceError(f"{file}: {reason}", permanent=True) from None
