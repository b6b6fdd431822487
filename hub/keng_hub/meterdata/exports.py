"""Who took which consumption away: one household's is personal data (Law 91/2025/QH15), so each export is a row."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.meterdata.sheet import MeterId
from keng_hub.tables import account, device, meter_export


def note(
    connection: Connection, account_id: int, meter: MeterId | None, span: tuple[int, int], form: str, now: int
) -> None:
    """Note an export of a meter, or of a whole village (None), over [start, end) in UTC ms."""
    values: dict[str, Any] = {
        "account": account_id,
        "what": "meter" if meter else "village",
        "node": meter.node if meter else None,
        "device": meter.device if meter else None,
        "first": span[0],
        "last": span[1],
        "form": form,
        "at": now,
    }
    connection.execute(sa.insert(meter_export).values(**values))


def recent(connection: Connection, account_id: int | None, limit: int = 50) -> list[dict[str, Any]]:
    """The exports, of one account or of all, newest first."""
    of_meter = sa.and_(device.c.node == meter_export.c.node, device.c.id == meter_export.c.device)
    joined = meter_export.join(account, account.c.id == meter_export.c.account).outerjoin(device, of_meter)
    query = (
        sa.select(meter_export, account.c.full_name, device.c.name)
        .select_from(joined)
        .where(*([meter_export.c.account == account_id] if account_id else []))
        .order_by(meter_export.c.at.desc(), meter_export.c.id.desc())
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(query).mappings()]
