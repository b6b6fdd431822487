"""`make bench`: every benchmark one after the other, then the table of the README.

`--only NAME …` narrows them; `--readme` writes the table into README.md between its two marks.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks import report

ORDER = (
    "ingest",
    "nodered",
    "alarm",
    "node",
    "neighbours",
    "codecs",
    "bus",
    "idle",
    "store",
    "desk",
    "escalation",
    "notices",
    "detector",
    "fire_hint",
    "smoke_hint",
    "camera_sources",
)
README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- figures: made by make bench -->", "<!-- end of figures -->"


def main() -> int:
    """Run them; the exit status is that of the worst."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=ORDER, default=ORDER)
    parser.add_argument("--readme", action="store_true")
    parser.add_argument("--no-run", action="store_true", help="only show the results of the last run")
    arguments = parser.parse_args()
    worst = 0
    for name in () if arguments.no_run else arguments.only:
        print(f"\n== {name}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode)
    text = summary()
    print(f"\n{text}")
    if arguments.readme:
        _into_readme(text)
    return worst


def summary() -> str:
    """All results there are as one text, each with the machine it came from."""
    parts: list[str] = []
    machine = ""
    for name in ORDER:
        path = report.RESULTS / f"{name}.json"
        if not path.exists():
            continue
        result = json.loads(path.read_text(encoding="utf-8"))
        figures = [report.Figure(**figure) for figure in result["figures"]]
        where = result["machine"]
        said = "{processor}, {cores} cores, {memory_gib} GiB, Python {python}, {measured}".format(**where)
        if said != machine:
            parts.append(f"Measured on: {said}.\n")
            machine = said
        parts.append(f"**{name}**\n\n{report.table(figures)}\n")
    return "\n".join(parts)


def _into_readme(text: str) -> None:
    readme = README.read_text(encoding="utf-8")
    before, rest = readme.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    README.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
