"""Programs that tests start, wait for and always end."""

import asyncio
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from support.patience import PATIENCE_S

PR_SET_PDEATHSIG = 1


class Program:
    """One program in a session of its own, its output in a file; ended with the `with` block, whatever happens.

    With `talks` its standard input is kept open for `tell`.
    """

    def __init__(
        self,
        arguments: Sequence[str | Path],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        talks: bool = False,
    ) -> None:
        self.arguments = [str(argument) for argument in arguments]
        self.log = log
        self.environment = {**os.environ, **(environment or {})}
        self.folder = folder
        self.user = user
        self.stop_signal = stop_signal
        self.talks = talks
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it; it dies with the test run even when that is killed."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.arguments,
                stdin=subprocess.PIPE if self.talks else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.environment,
                cwd=self.folder,
                user=self.user,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        return self

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id; it must have been started."""
        assert self.process is not None
        return self.process.pid

    def output(self) -> str:
        """Everything it wrote so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tell(self, *lines: str) -> None:
        """Write lines to its standard input, all at once."""
        assert self.process is not None
        assert self.process.stdin is not None, "made without talks=True"
        self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        self.process.stdin.flush()

    def wait_until(self, condition: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
        """Wait for `condition`; fails with the program's output when it ends before or time runs out."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.running, (
                f"{self.arguments[0]} ended ({self.process and self.process.returncode}): {self.output()}"
            )
            assert time.monotonic() < deadline, f"waited {seconds} s in vain until {what}: {self.output()}"
            time.sleep(0.01)

    def stop(self, seconds: float = PATIENCE_S) -> int:
        """End it politely, then not; gives its exit status."""
        return self._end(self.stop_signal, seconds)

    def kill(self) -> int:
        """End it at once, as a power cut would."""
        return self._end(signal.SIGKILL, 10)

    def _end(self, with_signal: signal.Signals, seconds: float) -> int:
        process = self.process
        assert process is not None, "not started"
        if process.poll() is None:
            process.send_signal(with_signal)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(seconds)
        if process.stdin is not None:
            process.stdin.close()
        return process.returncode

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.running:
            self.stop()


async def until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
    """Wait on the event loop for `condition`; fails when time runs out."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain until {what}"
        await asyncio.sleep(0.005)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
