"""A second look at webhook calls that were refused: which id and which time stamp would have made them genuine."""

import re

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.channels import documents
from keng_hub.channels.zalo import oa_queue
from keng_hub.channels.zalo.oa_events import genuine
from keng_hub.channels.zalo.oa_settings import ZaloOaSettings
from keng_hub.sections import secret
from keng_hub.tables import quarantine

NEWEST = 5
_REASON = re.compile(r"wrong signature: (?P<mac>\S*) at (?P<stamp>\d*)")


def reason(mac: str, stamp: str) -> str:
    """Why a call is kept aside, with what is needed to look at it again: neither is a secret."""
    shown = re.sub(r"[^\x21-\x7e]", "?", mac)[:100]
    return f"wrong signature: {shown} at {re.sub(r'[^0-9]', '', stamp)[:14]}"


def examine(connection: Connection, settings: ZaloOaSettings) -> list[str]:
    """A line for each of the newest refused calls, as the secret of today sees it."""
    if settings.oa_secret_file is None:
        return ["chưa có oa_secret_file (oa_secret_file is not set)"]
    query = (
        sa.select(quarantine)
        .where(quarantine.c.topic == f"hooks/{oa_queue.CHANNEL}", quarantine.c.reason.startswith("wrong signature: "))
        .order_by(quarantine.c.last_at.desc())
        .limit(NEWEST)
    )
    own = secret(settings.oa_secret_file)
    lines = [_line(row, settings, own) for row in connection.execute(query)]
    return lines or ["không có sự kiện nào bị từ chối (no event was refused)"]


def _line(row: "sa.Row[tuple[object, ...]]", settings: ZaloOaSettings, own: str) -> str:
    found = _REASON.match(row.reason)
    document = documents.read(row.payload)
    name = documents.word(document, "event_name") or "?"
    if found is None:
        return f"✗ {name}"
    for of_whom, one in (("app_id", settings.app_id), ("oa_id", settings.oa_id)):
        for where, stamp in (("header", found["stamp"]), ("body", documents.word(document, "timestamp") or "")):
            if genuine(own, [one], row.payload, [stamp], found["mac"]) is not None:
                return f"✓ {name}: đúng với {of_whom} và giờ trong {where} (genuine by these)"
    return f"✗ {name}: giả mạo, hoặc sai khóa bí mật của OA (forged, or the account's secret is another)"
