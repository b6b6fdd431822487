"""The load profile of the simulated IEC 62056-21 meter: half-hourly registers under `P.01`, one row an interval."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

MINUTES = 30
_ASKED = re.compile(r"P\.01\(\d?(\d{10});\d?(\d{10})(?:;(\d+))?\)")


def profile(asked: str, now: datetime, energy: Callable[[datetime], float], status: int = 0) -> list[str] | None:
    """Header and rows for `P.01(from;until)` with the register in Wh at each moment; None for another question.

    Times are the meter's own local time; rows lie on the half hour and not in the future.
    """
    match = _ASKED.fullmatch(asked)
    if match is None:
        return None
    since, until = (datetime.strptime(text, "%y%m%d%H%M").replace(tzinfo=now.tzinfo) for text in match.groups()[:2])
    first = since - timedelta(minutes=since.minute % MINUTES - MINUTES)
    times: list[datetime] = []
    while first <= min(until, now):
        times.append(first)
        first += timedelta(minutes=MINUTES)
    if not times:
        return ["P.01(ERROR)"]
    header = f"P.01(0{times[0]:%y%m%d%H%M%S})({status:08X})({MINUTES})(2)(1.8.0)(kWh)(32.7)(V)"
    return [header, *(f"({energy(at) / 1000:010.2f})(229.5)" for at in times)]


def pieces(asked: str, lines: list[str]) -> list[str]:
    """The lines as blocks of as many rows as were asked for (R6), or as one."""
    match = _ASKED.fullmatch(asked)
    size = int(match.group(3) or len(lines)) if match else len(lines)
    return ["".join(f"{line}\r\n" for line in lines[start : start + size]) for start in range(0, len(lines), size)]
