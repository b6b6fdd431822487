"""The message that a weekly report is there: to the people of the commune, as information."""

import unicodedata
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries import ledger
from keng_hub.deliveries.ledger import Letter, Text
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.incidents import route
from keng_hub.incidents.wording import VIETNAM, without_marks
from keng_hub.reports.content import Row, counts
from keng_hub.tables import place
from keng_wire.alarm import Category


def send(connection: Connection, content: Row, link: str, now: int) -> int:
    """Write the messages; says how many. `link` leads to the report, behind a login."""
    root = connection.execute(sa.select(place.c.id).where(place.c.kind == "commune", place.c.parent.is_(None))).scalar()
    people = route.people(connection, Category.INFO.value, root, [1], now)
    text = compose(content, link)
    letter = Letter(None, content["code"], DeliveryKind.NOTICE, Category.INFO, False, text)
    return ledger.enqueue(connection, letter, people, now)


def compose(content: Row, link: str) -> Text:
    """The message in all spellings; no name of a person or a house is in it."""
    found = counts(point for one in content["villages"] for point in one["points"])
    week = f"{_day(content['first'])}–{_day(content['last'] - 1)}"
    lost = found["silent"] + found["unknown"]
    vi = (
        f"BÁO CÁO TUẦN {week} về thiết bị báo cháy: {found['unproven']}/{found['points']} điểm chưa nghiệm thu, "
        f"{lost} mất kết nối, {found['disabled']} tạm ngắt. {content['code']} {link}"
    )
    en = (
        f"WEEKLY REPORT {week} of fire points: {found['unproven']} of {found['points']} not proven, "
        f"{lost} not heard, {found['disabled']} disabled. {content['code']} {link}"
    )
    return Text(vi=unicodedata.normalize("NFC", vi), ascii=without_marks(vi), en=en)


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, VIETNAM).strftime("%d/%m")
