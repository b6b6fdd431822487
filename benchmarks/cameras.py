"""Cameras: what is found on clips with hand-checked truth, what looking costs, and how long an alarm takes.

`make bench-cameras` (CLIPS=folder with `manifest.json`). Costs are processor times, so that a busy machine matters
little; the alarm's way wants a quiet one. Debian's `motion` is left out where it is not installed. About eight minutes;
`make soak-cameras` runs before, on its own, and its last figures stand in the same table.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import camera_accuracy, camera_alarm, camera_cost, camera_health, report
from benchmarks.report import Figure

CLIPS = Path(__file__).parents[2] / "shared" / "data" / "video"
DESIGN = Path(__file__).parent.parent / "docs" / "design" / "cameras.md"
PARTS = ("accuracy", "health", "cost", "alarm")
BEGIN, END = "<!-- figures: made by make bench-cameras -->", "<!-- end of figures -->"


def main() -> int:
    """The exit status is 1 when an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, default=CLIPS)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--visits", type=int, default=100, help="of the alarm's way")
    parser.add_argument("--write", action="store_true", help="put the table into docs/design/cameras.md")
    options = parser.parse_args()
    if not (options.clips / "manifest.json").exists():
        print(f"no clips with a manifest in {options.clips}", file=sys.stderr)
        return 2
    figures = [figure for part in options.only for figure in _part(part, options.clips, options.visits)]
    figures += report.load("camera_soak")
    report.save("cameras", figures)
    if options.write:
        _into_design(report.table(figures))
    return int(any(figure.met is False for figure in figures))


def _part(name: str, clips: Path, visits: int) -> list[Figure]:
    if name == "accuracy":
        return camera_accuracy.measure(clips)
    if name == "health":
        return camera_health.measure(clips)
    if name == "cost":
        return camera_cost.measure(clips)
    with tempfile.TemporaryDirectory(prefix="keng-camera-alarm-") as folder:
        return camera_alarm.measure(visits, Path(folder))


def _into_design(table: str) -> None:
    where = report.machine()
    said = f"{where['processor']}, Python {where['python']}, {where['measured']}; `make bench-cameras`."
    text = DESIGN.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    DESIGN.write_text(f"{before}{BEGIN}\n\n{said}\n\n{table}\n\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
