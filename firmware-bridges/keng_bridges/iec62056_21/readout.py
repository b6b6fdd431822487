"""The data block of a meter, line by line: what one line says never depends on another, so one bad line costs one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from keng_bridges.iec62056_21.obis import Obis, base_unit, parse
from keng_bridges.values import Measurement, Quality
from keng_wire.quantities import UNITS

_SET = re.compile(r"([^()]*)((?:\([^()]*\))+)")
_NUMBER = re.compile(r"([+-]?\d+(?:[.,]\d+)?)\s*(?:\*\s*(.*)|([kM]?(?:Wh|varh|VArh|VAh|W|var|VAr|VA|V|A|Hz)))?")
_SEASONAL = re.compile(r"\d{12,13}[SW]")
_TIMESTAMP = re.compile(r"[0-9]?(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?[SW]?")
_IDENTITIES = ("0-0:96.1.0", "1-0:96.1.0", "0-0:96.1.1", "1-0:0.0.0", "0-0:0.0.0")


@dataclass(frozen=True, slots=True)
class DataSet:
    """One code and its groups in brackets, every character kept; `obis` is None for a code that is none."""

    address: str
    obis: Obis | None
    groups: tuple[str, ...]

    @property
    def value(self) -> tuple[str, str | None]:
        """Value and unit: of the first group with a unit, else of the first group. Padding is not part of a value."""
        pairs = [_split(group) for group in self.groups]
        return next((pair for pair in pairs if pair[1]), pairs[0])

    @property
    def at(self) -> datetime | None:
        """The time stamp beside the value, if one of several groups is one."""
        times = [timestamp(group) for group in self.groups] if len(self.groups) > 1 else []
        return next((time for time in times if time is not None), None)


@dataclass(frozen=True, slots=True)
class Readout:
    """All data sets of one reading in the meter's order, and the lines that made no sense.

    `checked` is false when the block check failed: then every value is `SUSPECT`. It is None in mode D, which has
    no check.
    """

    sets: tuple[DataSet, ...]
    problems: tuple[str, ...] = ()
    checked: bool | None = None
    ident: str = ""

    def identity(self) -> str | None:
        """The meter's serial number, by which an exchanged meter is noticed."""
        found = {s.obis.code: s.value[0] for s in reversed(self.sets) if s.obis and not s.obis.history and s.value[0]}
        return next((found[code] for code in _IDENTITIES if code in found), None)

    def clock(self) -> datetime | None:
        """The meter's own local time, from 0.9.1 and 0.9.2 or from 0-0:1.0.0; None if there is none that is valid."""
        found = {s.obis.code: s.value[0] for s in reversed(self.sets) if s.obis and not s.obis.history}
        if "0-0:1.0.0" in found:
            return timestamp(found["0-0:1.0.0"])
        digits = [re.sub(r"\D", "", found.get(code, "")) for code in ("1-0:0.9.2", "1-0:0.9.1")]
        # 7 digits begin with the season (0 winter, 1 summer, 2 UTC); so may both the date and the time.
        return timestamp(digits[0][-6:] + digits[1][-6:]) if all(len(part) in (6, 7) for part in digits) else None

    def measurements(self, units: Mapping[str, str] | None = None) -> tuple[Measurement, ...]:
        """Every number of the readout; `units` (full code → unit) is the profile's word for values without one.

        A quantity is given once: where a meter sends a code twice with different meaning, the first one counts.
        """
        taken: set[str] = set()
        results: list[Measurement] = []
        for data in self.sets:
            made = _measurement(
                data, units or {}, Quality.SUSPECT if self.checked is False else Quality.MEASURED, taken
            )
            if made is not None:
                results.append(made)
        return tuple(results)


def read_lines(text: str, *, checked: bool | None = None, ident: str = "") -> Readout:
    """Take a data block apart; never raises. A line that begins with a bracket belongs to the code before it."""
    sets: list[DataSet] = []
    problems: list[str] = []
    for line in _joined(text.splitlines()):
        found = list(_SET.finditer(line))
        if not found or "".join(match.group() for match in found) != line:
            problems.append(line)
        for match in found:
            address = match.group(1).strip()
            groups = tuple(group[:-1] for group in match.group(2).split("(")[1:])
            if address:
                sets.append(DataSet(address, parse(address), groups))
    return Readout(tuple(sets), tuple(problems), checked, ident)


def timestamp(text: str) -> datetime | None:
    """`yymmddhhmm[ss]`, with a season digit before it or S/W behind it; None if it is no date."""
    match = _TIMESTAMP.fullmatch(re.sub(r"[-:. T]", "", text.strip()))
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        return datetime(2000 + year, month, day, hour, minute, second)
    except ValueError:
        return None


def _joined(lines: Iterable[str]) -> list[str]:
    joined: list[str] = []
    for line in (line.strip("\0\x7f \t") for line in lines):
        if line.endswith(")!"):  # some meters put the end of the block behind the last value
            line = line[:-1]
        if line.startswith("(") and joined:
            joined[-1] += line
        elif line and line != "!":
            joined.append(line)
    return joined


def _split(group: str) -> tuple[str, str | None]:
    match = _NUMBER.fullmatch(group.strip())
    if match is None or _SEASONAL.fullmatch(group):  # a summer or winter time, not 221006155014 watts
        return group.strip(), None
    return match.group(1), (match.group(2) or match.group(3) or "").strip() or None


def _measurement(data: DataSet, units: Mapping[str, str], quality: Quality, taken: set[str]) -> Measurement | None:
    text, unit = data.value
    if data.obis is None or not re.fullmatch(r"[+-]?\d{1,15}(?:[.,]\d{1,9})?", text):
        return None
    unit = unit or units.get(data.obis.code)
    base, factor = base_unit(unit or "1")
    quantity = data.obis.quantity
    if quantity in taken or quantity is None or base != UNITS[quantity]:
        quantity = None
    else:
        taken.add(quantity)
    value = Decimal(text.replace(",", ".")) * factor
    code = data.obis.code + (f"*{data.obis.history}" if data.obis.history else "")
    return Measurement(quantity, value, base, quality, code, text, data.at)
