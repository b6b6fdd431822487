"""A message as channels get it, and an office for them to work in."""

from typing import Any

from keng_hub.channels.channel import Office, Outgoing
from keng_hub.database import Database

SENT = 1_795_000_000_000


def message(**changed: Any) -> Outgoing:
    """A fire in number 5."""
    values: dict[str, Any] = {
        "key": "0123456789abcdef0123456789abcdef",
        "address": "",
        "kind": "alarm",
        "category": "fire",
        "short_code": "SC-0231",
        "body_vi": "CHÁY: đầu báo khói. Số 5, Ngõ 3. Chưa xác minh. Lúc 18:06 18/11. SC-0231",
        "body_ascii": "CHAY: dau bao khoi. So 5, Ngo 3. Chua xac minh. Luc 18:06 18/11. SC-0231",
        "body_en": "FIRE: smoke detector. Số 5, Ngõ 3. Not verified. At 18:06 18/11. SC-0231",
        "drill": False,
        "created": SENT,
        "expires": SENT + 3_600_000,
        "sent": SENT,
        "incident": 231,
        "code": "SC-2026-0231",
        "link": "https://keng.example/incidents/231",
    }
    return Outgoing(**values | changed)


def office(database: Database) -> Office:
    """What the hub lends to a channel, with a clock that stands still."""
    return Office(database, lambda: SENT, lambda: None)
