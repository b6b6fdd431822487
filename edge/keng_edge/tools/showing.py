"""What a technician sees of values: JSON with exact decimals, and tables."""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import cast

from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Measurement, PointReport

LONGEST = 40  # digits of a number that are written out; beyond it no device means a value


def exact(value: Decimal) -> str:
    """The value digit by digit, without an exponent and with the zeros it came with."""
    return f"{value:f}" if abs(value.adjusted()) <= LONGEST else str(value)


def as_json(content: Mapping[str, object]) -> str:
    """One line of JSON in UTF-8; decimals are text, bytes hex, times ISO 8601."""
    return json.dumps(content, ensure_ascii=False, default=_plain)


def decoded(protocol: str, item: Decoded) -> dict[str, object]:
    """One undamaged frame; the keys are always the same."""
    return {
        "protocol": protocol,
        "offset": item.offset,
        "device": item.device,
        "time": _time(item.at),
        "quantities": [quantity(value) for value in item.measurements],
        "points": [point(report) for report in item.points],
        "facts": dict(item.facts),
    }


def damaged(protocol: str, item: Damaged) -> dict[str, object]:
    """One damaged frame; its facts are for diagnosis, none of them is a value."""
    return {"protocol": protocol, "offset": item.offset, "error": item.error, "facts": dict(item.facts)}


def quantity(value: Measurement) -> dict[str, object]:
    """One value; `quantity` is null where it has no name in the wire contract."""
    return {
        "quantity": value.quantity,
        "obis": value.obis,
        "value": exact(value.value),
        "unit": value.unit,
        "time": _time(value.at),
        "quality": value.quality.name.lower(),
        "raw": value.raw,
    }


def point(report: PointReport) -> dict[str, object]:
    """How one point stands."""
    marks = sorted(str(mark) for mark in report.marks)
    return {"point": report.point, "condition": str(report.condition), "marks": marks, "detail": report.detail}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(head))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _plain(value: object) -> object:
    match value:
        case Decimal():
            return exact(value)
        case bytes() | bytearray():
            return value.hex()
        case datetime():
            return value.isoformat()
        case Enum():
            return str(value.value)
        case Set():
            return sorted(str(item) for item in cast(Set[object], value))
        case _:
            return str(value)
