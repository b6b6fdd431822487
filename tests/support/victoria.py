"""A real VictoriaMetrics: a second server, not InfluxData's, that takes writes to /api/v2/write."""

import http.client
import json
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import pytest

from support.influxd import answers
from support.ports import free_port
from support.processes import Program

PROGRAM = shutil.which("victoria-metrics")


class Victoria:
    """The server, empty. Skips the test where it is not installed."""

    def __init__(self, folder: Path) -> None:
        if PROGRAM is None:
            pytest.skip("VictoriaMetrics is not installed (Debian: apt install victoria-metrics)")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        self.program = Program(
            [
                PROGRAM,
                f"-storageDataPath={folder}/data",
                f"-httpListenAddr=127.0.0.1:{self.port}",
                "-retentionPeriod=100y",
                "-memory.allowedBytes=64MB",
            ],
            folder / "victoria.log",
        )

    def export(self, metric: str) -> list[dict[str, Any]]:
        """Every series of a metric as {"metric": tags, "values": […], "timestamps": ms}."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/internal/force_flush")
            connection.getresponse().read()
            connection.request("GET", "/api/v1/export?" + urlencode({"match[]": metric}))
            return [json.loads(line) for line in connection.getresponse().read().splitlines()]
        finally:
            connection.close()

    def __enter__(self) -> Self:
        self.program.start()
        self.program.wait_until(lambda: answers(self.port, "/health"), "VictoriaMetrics answers")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.program.running:
            self.program.stop()
