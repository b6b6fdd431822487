"""Cameras: what is found on clips with hand-checked truth, and what looking costs beside `motion` and the bare decode.

`make bench-cameras` (CLIPS=folder with `manifest.json`). Costs are processor times, so that a busy machine matters
little; Debian's `motion` is left out where it is not installed. About two minutes.
"""

import argparse
import sys
from pathlib import Path

from benchmarks import camera_accuracy, camera_cost, report

CLIPS = Path(__file__).parents[2] / "shared" / "data" / "video"
DESIGN = Path(__file__).parent.parent / "docs" / "design" / "cameras.md"
BEGIN, END = "<!-- figures: made by make bench-cameras -->", "<!-- end of figures -->"


def main() -> int:
    """The exit status is 1 when an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, default=CLIPS)
    parser.add_argument("--write", action="store_true", help="put the table into docs/design/cameras.md")
    options = parser.parse_args()
    if not (options.clips / "manifest.json").exists():
        print(f"no clips with a manifest in {options.clips}", file=sys.stderr)
        return 2
    figures = [*camera_accuracy.measure(options.clips), *camera_cost.measure(options.clips)]
    report.save("cameras", figures)
    if options.write:
        _into_design(report.table(figures))
    return int(any(figure.met is False for figure in figures))


def _into_design(table: str) -> None:
    where = report.machine()
    said = f"{where['processor']}, Python {where['python']}, {where['measured']}; `make bench-cameras`."
    text = DESIGN.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    DESIGN.write_text(f"{before}{BEGIN}\n\n{said}\n\n{table}\n\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
