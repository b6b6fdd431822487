"""Independent packages, asked in a process and an environment of their own (`make peers`)."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def ask_peer(environment: str, program: str, lines: Iterable[str] = ()) -> list[Any]:
    """What `tests/support/<program>` says to these lines, in JSON; the test is skipped without its packages."""
    python = ROOT / ".venv-peers" / environment / "bin" / "python"
    if not python.exists():
        pytest.skip(f"no independent packages in {python.parent.parent}: run `make peers`")
    command = [str(python), str(ROOT / "tests" / "support" / program)]
    text = "".join(f"{line}\n" for line in lines)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]
