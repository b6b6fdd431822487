"""A sounder that writes down what it would do: for demonstrations, and for a node that has none yet."""

import asyncio
import json
from pathlib import Path

from keng_edge.config import LogOutput
from keng_edge.outputs import Surroundings
from keng_edge.patterns import PatternKey


class Log:
    """One JSON line for each change: output, on, pattern, and ms of UTC and since boot."""

    def __init__(self, section: LogOutput, surroundings: Surroundings) -> None:
        self._name, self._file, self._clock = section.id, Path(section.file), surroundings.clock
        self._pattern: PatternKey | None = None
        self._on: bool | None = None

    def tune(self, pattern: PatternKey) -> None:
        """The call that follows."""
        self._pattern = pattern

    async def switch(self, on: bool) -> None:
        """Append a line if this changes anything."""
        if on == self._on:
            return
        line: dict[str, object] = {"output": self._name, "on": on, "pattern": self._pattern if on else None}
        line |= {"at": self._clock.utc_ms(), "up": self._clock.up_ms()}
        await asyncio.to_thread(self._write, json.dumps(line))
        self._on = on

    def _write(self, line: str) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a") as file:
            file.write(line + "\n")
