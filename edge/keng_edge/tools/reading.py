"""What one reading of a meter was, for people and for programs."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from keng_edge.devices import Measured
from keng_edge.tools.showing import exact, table
from keng_edge.tools.technician import Technician
from keng_wire.conditions import Condition, Mark
from keng_wire.event import MeterSeen
from keng_wire.quantities import UNITS

VIETNAM = timezone(timedelta(hours=7))


def content(device: str, node: Technician) -> dict[str, Any]:
    """Everything that was read, as JSON; values are decimals as text, in the units of the wire contract."""
    condition, marks, detail = node.told.get(device, (Condition.UNKNOWN, frozenset[Mark](), None))
    serial = next((event.serial for event in node.events if isinstance(event, MeterSeen)), None)
    return {
        "device": device,
        "serial": serial,
        "time": _local(node.clock.utc_ms()),
        "condition": str(condition),
        "marks": sorted(str(mark) for mark in marks),
        "detail": detail,
        "quantities": [_row(row) for row in node.rows if row.device == device],
    }


def as_table(found: dict[str, Any]) -> str:
    """The same for people: head, values, and what is wrong."""
    lines = [f"{found['device']}  số / serial: {found['serial'] or '?'}  lúc / at {found['time']}"]
    rows = [[row["quantity"], row["value"], row["unit"], row["quality"]] for row in found["quantities"]]
    if rows:
        lines.append(table(("đại lượng / quantity", "giá trị / value", "đơn vị / unit", "chất lượng / quality"), rows))
    if found["detail"]:
        lines.append(found["detail"])
    return "\n".join(lines)


def _row(row: Measured) -> dict[str, str | None]:
    return {
        "quantity": row.quantity,
        "value": exact(Decimal(int(row.value)) if row.value.is_integer() else Decimal(repr(row.value))),
        "unit": UNITS.get(row.quantity, "1"),
        "quality": row.quality.name.lower(),
        "time": None if row.at is None else _local(row.at),
    }


def _local(utc_ms: int) -> str:
    return datetime.fromtimestamp(utc_ms / 1000, VIETNAM).isoformat(timespec="seconds")
