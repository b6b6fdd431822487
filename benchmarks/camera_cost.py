"""What looking costs: processor time beside Debian's `motion` and the bare decode, and memory a camera."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import Figure

from keng_edge.cameras import pipeline as looks
from keng_edge.cameras.address import Address
from keng_edge.cameras.config import CameraSection
from keng_edge.cameras.detector import store
from keng_edge.cameras.detector.detection import Detector
from keng_edge.cameras.detector.errors import ModelError
from keng_edge.cameras.detector.ssd import Ssd
from keng_edge.cameras.eyes import Eyes, rules
from keng_edge.cameras.motion import Motion
from keng_edge.cameras.pipeline import Pipeline
from keng_edge.cameras.source import file_frames

RATE = 10
SIZES = {"480p": (640, 480, 1000, 0.85, 1.5), "720p": (1280, 720, 2000, 0.65, 1.25)}
"""Width, height, kbit/s, and the aims beside `motion` and beside the decode."""
ROUNDS = 3
FILM_S = 60
"""Of an indoor scene in which people come, stand and go."""
SETTLE_S, WATCH_S = 4.0, 25.0
MEMORY = "import sys; from benchmarks.camera_cost import remember; remember(sys.argv[1], int(sys.argv[2]))"


def measure(clips: Path) -> list[Figure]:
    """All figures of cost."""
    with tempfile.TemporaryDirectory(prefix="keng-cameras-") as folder:
        films = {
            name: film(clips / "one_by_one_person.mp4", Path(folder) / f"{name}.mp4", size[:3])
            for name, size in SIZES.items()
        }
        peers = _peers(films, Path(folder))
        figures = [figure for name, made in films.items() for figure in _costs(name, made, peers.get(name))]
        busy = film(clips / "vtest.avi", Path(folder) / "busy.mp4", SIZES["480p"][:3])
        return [*figures, *_busy(busy), *_memory(films["480p"])]


def remember(film: str, cameras: int) -> None:
    """Watch with so many cameras at once, each a thread, and print the memory of the process in kB."""
    threads = [threading.Thread(target=_watch, args=(Path(film), None, True)) for _ in range(cameras)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(peak_kb())


def peak_kb() -> int:
    """The most memory this process held, in kB; `getrusage` would count what its parent held when it was started."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1])


def film(clip: Path, into: Path, size: tuple[int, int, int]) -> Path:
    """The clip as a camera would send it: 10 pictures a second, a whole one every 2 s, no B pictures."""
    width, height, rate = size
    form = ["-vf", f"scale={width}:{height}", "-c:v", "libx264", "-bf", "0", "-g", str(2 * RATE), "-b:v", f"{rate}k"]
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        str(clip),
        "-t",
        str(FILM_S),
        "-r",
        str(RATE),
        *form,
        "-preset",
        "veryfast",
        str(into),
    ]
    subprocess.run(command, check=True)
    return into


def _busy(busy: Path) -> list[Figure]:
    """With the detector on a scene that never rests, where it was fetched (`keng-edge models fetch`)."""
    try:
        detector = Ssd(store.content(store.default_folder()))
    except ModelError as error:
        print(f"no row of the detector: {error}", file=sys.stderr)
        return []
    without = _best(lambda: _watch(busy, health=True))
    seen = _best(lambda: _watch(busy, health=True, detector=detector))
    what = "480p, a street that never rests: all of it with the detector, one look a second"
    return [Figure(what, seen, "ms a frame", "", None, f"without {without:.2f}", seen / without)]


def _costs(name: str, film: Path, peer: float | None) -> list[Figure]:
    """Milliseconds of processor a source frame: decoding alone, with the eyes, and with a look at every frame."""
    decode = _best(lambda: sum(1 for _ in file_frames(Address(str(film)), lambda: 0)))
    usual = _best(lambda: _watch(film))
    every = _best(lambda: _watch(film, samples=1000))
    node = _best(lambda: _watch(film, health=True))
    *_, beside_motion, beside_decode = SIZES[name]
    figures = [
        Figure(f"{name}: decode alone", decode, "ms a frame"),
        _figure(f"{name}: motion, tracker, rules; 5 looks a second", usual, decode, "decode", beside_decode),
        Figure(
            f"{name}: the same and the camera's health",
            node,
            "ms a frame",
            "",
            None,
            f"decode {decode:.2f}",
            node / decode,
        ),
    ]
    if peer is not None:
        figures += [
            _figure(f"{name}: motion, tracker, rules; 5 looks a second", usual, peer, "motion 4.5", beside_motion),
            Figure(
                f"{name}: the same with a look at every frame",
                every,
                "ms a frame",
                "",
                None,
                f"motion 4.5 {peer:.2f}",
                every / peer,
            ),
        ]
    return figures


def _figure(what: str, value: float, other: float, name: str, aim: float) -> Figure:
    beside = f"{name} {other:.2f}"
    return Figure(what, value, "ms a frame", f"≤ {aim} ×", value <= aim * other, beside, value / other)


def _best(run: Callable[[], int]) -> float:
    """Of some rounds, in ms of processor a frame."""
    costs: list[float] = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        frames = run()
        costs.append((time.process_time() - begun) * 1000 / frames)
    return min(costs)


def _watch(film: Path, samples: int | None = None, health: bool = False, detector: Detector | None = None) -> int:
    section = CameraSection.model_validate({"type": "camera", "id": "c", "name": "c", "source": str(film)})
    usual, frames = looks.SAMPLES, 0
    try:
        looks.SAMPLES = samples or usual
        eyes = Eyes(section, detector=detector) if health else Pipeline(Motion(), rules(section))
        for frame in file_frames(Address(str(film)), lambda: 0):
            eyes.feed(frame)
            frames += 1
        return frames
    finally:
        looks.SAMPLES = usual


def _memory(film: Path) -> list[Figure]:
    sizes: dict[int, float] = {}
    for cameras in (1, 4):
        command = [sys.executable, "-c", MEMORY, str(film), str(cameras)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        sizes[cameras] = int(done.stdout) / 1024
    return [
        Figure("memory, one camera of 480p", sizes[1], "MiB"),
        Figure("memory of each further camera", (sizes[4] - sizes[1]) / 3, "MiB"),
    ]


def _peers(films: dict[str, Path], folder: Path) -> dict[str, float]:
    """What `motion` spends on a frame of each film, one after the other beside nothing else of ours."""
    program = shutil.which("motion")
    return {} if program is None else {name: _peer(program, name, film, folder) for name, film in films.items()}


def _peer(program: str, name: str, film: Path, folder: Path) -> float:
    width, height = SIZES[name][:2]
    settings = {
        "daemon": "off", "netcam_url": f"file://{film}", "width": width, "height": height, "framerate": RATE,
        "picture_output": "off", "movie_output": "off", "webcontrol_port": 0, "stream_port": 0,
        "target_dir": folder, "log_level": 4, "setup_mode": "off",
    }  # fmt: skip
    file = folder / f"{name}.conf"
    file.write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    with subprocess.Popen(
        [program, "-n", "-c", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as run:
        try:
            time.sleep(SETTLE_S)
            before, begun = _spent(run.pid), time.monotonic()
            time.sleep(WATCH_S)
            return (_spent(run.pid) - before) * 1000 / ((time.monotonic() - begun) * RATE)
        finally:
            run.terminate()


def _spent(process: int) -> float:
    """Seconds of processor so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
