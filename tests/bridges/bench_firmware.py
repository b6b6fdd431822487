"""The firmware in C, compiled for this machine: led in virtual time, or as a program at a real port."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bridges.bench import POINTS, Bench
from keng_demo.bridge_firmware import Switched

FIRMWARE = Path(__file__).parents[2] / "firmware-bridges" / "firmware"
COMPILER = shutil.which("cc") or shutil.which("gcc")
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1"]


def build(folder: Path) -> Path:
    """The board as a program; a warning is an error."""
    if COMPILER is None:
        pytest.skip("no C compiler (Debian: apt install gcc)")
    program = folder / "board"
    sources = [*sorted((FIRMWARE / "src").glob("*.c")), FIRMWARE / "host" / "board.c"]
    subprocess.run([COMPILER, *STRICT, f"-I{FIRMWARE / 'src'}", "-o", program, *sources], check=True)
    return program


class CBoard:
    """The program behind pipes, whose clock stands still until `wait`."""

    def __init__(self, program: Path, points: dict[str, str] = POINTS) -> None:
        arguments = [f"{name}:{kind}" for name, kind in points.items()]
        self._process = subprocess.Popen(
            [program, "-", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self._names = points
        self.frames: list[bytes] = []
        self.switched: list[tuple[str, bool]] = []
        self._answer()

    def close(self) -> None:
        """The program ends when nobody speaks to it; a crash of it fails the test."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        assert self._process.wait(10) == 0

    def do(self, *words: str) -> list[bytes]:
        """One line for the program; the answer is the frames it said."""
        return self.say(" ".join(words).encode() + b"\n")

    def say(self, line: bytes) -> list[bytes]:
        """The same as bytes, which need be no text."""
        assert self._process.stdin is not None
        before = len(self.frames)
        self._process.stdin.write(line)
        self._answer()
        return self.frames[before:]

    def wait(self, seconds: float) -> list[bytes]:
        """Time passes."""
        return self.do("wait", str(round(seconds * 1000)))

    def hear(self, data: bytes) -> list[bytes]:
        """Whole lines from the node; a line of noise may hold anything but LF."""
        return [frame for line in data.splitlines() for frame in self.say(b"hear " + line + b"\n")]

    def _answer(self) -> None:
        assert self._process.stdout is not None
        while (line := self._process.stdout.readline()) != b".\n":
            assert line, "the board has ended"
            if line.startswith(b"# "):
                name, on = line[2:].split()
                self.switched.append((name.decode(), on == b"1"))
            else:
                self.frames.append(line)


class Wired:
    """The same as the board of a bench, whose clock it follows."""

    def __init__(self, board: CBoard, bench: Bench) -> None:
        self.board, self._bench = board, bench
        self._until, self._sent, self._changes = bench.seconds, len(board.frames), 0

    def change(self, name: str, st: str, fl: tuple[str, ...] = (), v: int | None = None) -> None:
        """An input changes, and holds."""
        if v is not None:
            self.board.do("value", name, str(v))
        self.board.do("set", name, st, ",".join(fl))
        self._carry()

    def receive(self, data: bytes) -> None:
        """Bytes from the node; what the wire left of a frame ends with it."""
        self.board.hear(data)
        self._carry()

    def tick(self) -> None:
        """As much time as has passed at the bench."""
        self.board.wait(self._bench.seconds - self._until)
        self._until = self._bench.seconds
        self._carry()

    def reboot(self) -> None:
        """The watchdog bites."""
        self.board.do("reboot")
        self._carry()

    def _carry(self) -> None:
        for frame in self.board.frames[self._sent :]:
            self._bench.arrive(frame)
        self._sent = len(self.board.frames)
        self._bench.switched += [Switched(name, on, "") for name, on in self.board.switched[self._changes :]]
        self._changes = len(self.board.switched)


def wired(board: CBoard) -> Bench:
    """A bench with the C firmware at the other end of its wire."""
    bench = Bench()
    bench.firmware = Wired(board, bench)
    return bench
