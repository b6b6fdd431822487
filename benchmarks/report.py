"""How a benchmark says what it found: a table on the terminal, and the same as JSON beside it."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """One measured figure. `beside` and `ratio` compare it with a ceiling or peer taken in the same run."""

    what: str
    value: float
    unit: str
    aim: str = ""
    met: bool | None = None
    beside: str = ""
    ratio: float | None = None


def machine() -> dict[str, object]:
    """The machine the figures come from, without anything that names it."""
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        models = [line.split(":", 1)[1].strip() for line in cpuinfo if line.startswith(("model name", "Model"))]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "measured": datetime.now(UTC).date().isoformat(),
    }


def save(name: str, figures: list[Figure]) -> None:
    """Write `results/<name>.json` and print the table."""
    RESULTS.mkdir(exist_ok=True)
    result = {"benchmark": name, "machine": machine(), "figures": [asdict(figure) for figure in figures]}
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(table(figures))


def load(name: str) -> list[Figure]:
    """The figures of the last run; none where there was none."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        return []
    return [Figure(**figure) for figure in json.loads(path.read_text(encoding="utf-8"))["figures"]]


def table(figures: list[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = ["| figure | measured | beside | ratio | aim |", "|---|---|---|---|---|"]
    for figure in figures:
        mark = {True: " ✓", False: " ✗", None: ""}[figure.met]
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        value = f"{_number(figure.value)} {figure.unit}".strip()
        lines.append(f"| {figure.what} | {value} | {figure.beside} | {ratio} | {figure.aim}{mark} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
