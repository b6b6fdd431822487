"""An office where something stands on each page of duty, households and notices: what a week leaves behind."""

from datetime import timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.people import boards
from keng_hub.tables import account, recipient
from keng_hub.web import languages
from support.homes import add_home
from support.office import Office
from support.visitor import Visitor

OUTAGE = {
    "template": "planned_outage", "scope": "thon-mot", "starts": "", "expires": "", "f_begin": "2030-12-01T08:00",
    "f_end": "2030-12-01T11:00", "f_area": "Ngõ 3", "f_reason": "bảo trì",
}  # fmt: skip


class Busy(NamedTuple):
    """What pages are named by."""

    incident: int
    report: str
    board: str


def _rostered(connection: Connection) -> None:
    person: dict[str, Any] = {"id": "nguyen", "name": "Nguyễn Văn Mẫu", "tier": 1, "categories": [], "ladder": []}
    connection.execute(sa.insert(recipient).values(**person, rostered=True))


async def busy(office: Office, duty: Visitor, guardian: Visitor) -> Busy:
    """Fill it, by the forms of an officer on duty and of who guards data; `bao-ve` is sent to a fire."""
    await office.database.write(_rostered)
    await office.database.write(add_home, "nha-a")
    board = await office.database.write(boards.make, "ngo-3", office.clock())
    incident = await office.raise_alarm(evidence="person")
    query = sa.select(account.c.id).where(account.c.username == "bao-ve")
    team = await office.database.read(lambda connection: connection.execute(query).scalar_one())
    today = languages.local(office.clock()).date()
    shift = {"first": today.isoformat(), "last": (today + timedelta(days=1)).isoformat(), "days": "all"}
    forms: list[tuple[Visitor, str, dict[str, Any]]] = [
        (duty, "/roster", shift | {"recipient": "nguyen", "begins": "00:00", "ends": "00:00"}),
        (duty, "/shifts", {"text": "ngõ 3 còn khói"}),
        (duty, "/mutes", {"minutes": "60", "reason": "bảo trì"}),
        (duty, "/assets", {"kind": "extinguisher", "place": "ngo-3", "location": "trước cổng số 5"}),
        (duty, "/notices", OUTAGE),
        (duty, f"/incidents/{incident}/acknowledge", {}),
        (duty, f"/incidents/{incident}/send", {"assignee": team, "reason": "mang bình chữa cháy"}),
        (duty, f"/incidents/{incident}/begin_roll_call", {}),
        (duty, f"/incidents/{incident}/urgent-report", {}),
        (guardian, "/data-requests", {"kind": "delete", "requester": "chủ hộ nhà 12"}),
    ]
    answers = [await visitor.post(path, form) for visitor, path, form in forms]
    assert [answer.status for answer in answers] == [303] * len(forms), [answer.text for answer in answers]
    assert (await duty.post("/screens", {"name": "Hội trường", "place": ""})).status == 200
    return Busy(incident, answers[-2].location, board)
