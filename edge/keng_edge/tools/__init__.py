"""The technician's tools: subcommand → what does it, imported when it is asked for."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final, cast

TOOLS: Final[dict[str, tuple[str, str]]] = {
    "camera": ("keng_edge.tools.camera", "thử camera trên một tệp hoặc luồng / try a camera on a file or stream"),
    "decode": ("keng_edge.tools.decode", "giải mã một bản ghi / decode a recording"),
    "models": ("keng_edge.tools.models", "tải mô hình nhận dạng cho camera / fetch the camera detector's model"),
    "probe": ("keng_edge.tools.probe", "tìm xem cổng nói giao thức gì / find out what speaks on a port"),
    "read": ("keng_edge.tools.read", "đọc một công tơ / read a meter"),
    "record": ("keng_edge.tools.record", "ghi lại những gì cổng nghe được / record what a port hears"),
}
"""Name → module with `arguments(parser)` and `run(options) -> exit status`, and what it is for."""
HELP: Final = "Công cụ / tools: " + " · ".join(f"{name}: {words}" for name, (_, words) in TOOLS.items())


CUT = 1


def main(name: str, given: Sequence[str]) -> int:
    """Run one tool with its arguments; the exit status."""
    place, words = TOOLS[name]
    module = import_module(place)
    parser = argparse.ArgumentParser(prog=f"keng-edge {name}", description=words)
    cast(Callable[[argparse.ArgumentParser], None], module.arguments)(parser)
    options = parser.parse_args(given)
    try:
        return cast(Callable[[argparse.Namespace], int], module.run)(options)
    except BrokenPipeError:  # `| head`: who reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CUT
