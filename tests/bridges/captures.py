"""Recorded telegrams, kept beside the repository or where KENG_CAPTURES says; tests skip where they are absent."""

import json
import os
from pathlib import Path
from typing import cast

import pytest

FOLDER = Path(os.environ.get("KENG_CAPTURES") or Path(__file__).parents[3] / "shared" / "data" / "captures")


def capture(name: str) -> tuple[bytes, dict[str, object]]:
    """Bytes and expected values of one recorded telegram."""
    manifest = FOLDER / "manifest.json"
    if not manifest.exists():
        pytest.skip(f"no recorded telegrams in {FOLDER} (set KENG_CAPTURES)")
    for entry in cast(list[dict[str, object]], json.loads(manifest.read_text())):
        if entry["id"] == name:
            return (FOLDER / str(entry["file"])).read_bytes(), cast(dict[str, object], entry["expected"])
    raise LookupError(name)
