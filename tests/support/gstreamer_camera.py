"""An RTSP camera by GStreamer: the program of `tests/peers/gstreamer`, run by Debian's own Python."""

import subprocess
from pathlib import Path
from typing import Self

import pytest

from support.ports import free_port
from support.processes import Program
from support.supervised_camera import SECRET, USER

PYTHON = Path("/usr/bin/python3")
PROGRAM = Path(__file__).parents[1] / "peers" / "gstreamer" / "server.py"
_NEEDS = (
    "import gi; gi.require_version('Gst', '1.0'); gi.require_version('GstRtspServer', '1.0')\n"
    "from gi.repository import Gst, GstRtspServer; Gst.init(None)\n"
    "raise SystemExit(not all(map(Gst.ElementFactory.find, ['x264enc', 'x265enc', 'jpegenc', 'rtph264pay'])))"
)


def skip_where_missing() -> None:
    """Skip the test where Debian's GStreamer is not whole."""
    if not PYTHON.exists() or subprocess.run([PYTHON, "-c", _NEEDS], capture_output=True, check=False).returncode:
        pytest.skip("no RTSP server of GStreamer on this machine: `make packages` installs one")


class GStreamerCamera:
    """Serves the paths that the program names, `locked` for USER with SECRET alone."""

    def __init__(self, folder: Path) -> None:
        skip_where_missing()
        self.port = free_port()
        self.program = Program([PYTHON, PROGRAM, str(self.port), USER, SECRET], folder / "gstreamer.log")

    def address(self, path: str) -> str:
        """Where a path is."""
        return f"rtsp://127.0.0.1:{self.port}/{path}"

    @property
    def viewers(self) -> int:
        """Connections so far."""
        return self.program.output().count("viewer\n")

    def start(self) -> Self:
        """Start it, for the first time or again on the same port."""
        ready = self.program.output().count("ready\n")
        self.program.start()
        self.program.wait_until(lambda: self.program.output().count("ready\n") > ready, "the camera serves")
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.program.running:
            self.program.kill()
