"""Telling residents of an incident: what, where and what to do, at once, with a link for their answer.

A person does it, or the rule of `[residents] automatic` for a fire that a person's button or two detectors say.
"""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries.ledger import Text
from keng_hub.deliveries.states import LIFE_MS
from keng_hub.incidents import roll_call
from keng_hub.incidents.conditions import SourceCondition
from keng_hub.incidents.findings import RESIDENT_REPORT
from keng_hub.incidents.normalise import path
from keng_hub.incidents.states import CALMING, ENDED, Verdict
from keng_hub.incidents.turn import take_turn
from keng_hub.incidents.wording import short_code, without_marks
from keng_hub.incidents.words import HEADS
from keng_hub.notices import making
from keng_hub.notices.audience import SCOPES
from keng_hub.notices.kinds import NoticeKind, NoticeState
from keng_hub.notices.making import Refused
from keng_hub.notices.templates import Written
from keng_hub.tables import alarm, incident, notice, place
from keng_hub.web.sessions import Account
from keng_wire.alarm import Category, Evidence

AUTOMATIC_MS: Final = 10 * 60_000
"""An incident older than this is told by a person only."""
_ROOM: Final = 42
"""Characters kept free in the first SMS for the link."""
TODO: Final[dict[Category, tuple[str, str]]] = {
    Category.FIRE: ("Ra ngoài, tránh khói, đóng cửa lại.", "Get out, keep clear of smoke, close doors."),
    Category.MEDICAL: ("Ai biết sơ cứu xin đến giúp, nhường đường xe cứu thương.", "Give first aid, clear the road."),
    Category.SECURITY: ("Ở trong nhà, khóa cửa, để ý người lạ.", "Stay inside, lock doors, watch for strangers."),
}
"""Category → what to do, Vietnamese and English; residents are alarmed of these and no others."""
_REPLY: Final = ("Trả lời AN TOAN hoặc CAN GIUP", "Reply AN TOAN or CAN GIUP")


def scopes(connection: Connection, row: sa.Row[Any]) -> list[sa.Row[Any]]:
    """The places around the incident that can be told as one, innermost first."""
    around = [key for key, _ in path(connection, row.place)]
    found = {one.id: one for one in connection.execute(sa.select(place).where(place.c.id.in_(around)))}
    return [found[key] for key in around if found[key].kind in SCOPES]


def tell(connection: Connection, incident_id: int, scope: str, account: Account | None, now: int) -> int:
    """Write the alarm notice; it is sent at once and asks nobody. `account` None: by rule. Gives its id."""
    take_turn(connection)
    row = connection.execute(sa.select(incident).where(incident.c.id == incident_id)).one_or_none()
    if row is None:
        raise Refused("no_incident")
    if row.state in [state.value for state in ENDED] or row.verdict in CALMING:
        raise Refused("incident_over")
    if row.test or Category(row.category) not in TODO:
        raise Refused("no_danger")
    if account is not None:
        making.check_place(connection, account, scope)
    if scope not in [one.id for one in scopes(connection, row)]:
        raise Refused("elsewhere")
    values: dict[str, Any] = {
        "code": making.next_code(connection, now),
        "kind": NoticeKind.ALARM.value,
        "template": row.category,
        "fields": {},
        "scope": scope,
        "incident": row.id,
        "drill": bool(row.drill),
        "state": NoticeState.SENDING.value,
        "starts": now,
        "expires": now + LIFE_MS[Category(row.category)],
        "made_by": account.id if account is not None else None,
        "made": now,
    }
    return making.insert(connection, values, words(row))


def words(row: sa.Row[Any]) -> Written:
    """What residents read and hear of the incident `row`; the link is put behind it for each household."""
    parts = row.place_words.split(", ")
    while len(parts) > 1 and len(without_marks(_line(row, ", ".join(parts), 0))) > 160 - _ROOM:
        parts.pop()
    vi, en = (_line(row, ", ".join(parts), language) for language in (0, 1))
    head = HEADS[Category(row.category)][0].capitalize()
    todo = TODO[Category(row.category)][0]
    drill = "Diễn tập. " if row.drill else ""
    spoken = f"{drill}{head}! {', '.join(parts)}. {todo} {drill}{head}! {', '.join(parts)}."
    return Written(Text(vi, without_marks(vi), en), spoken)


def automatic(connection: Connection, now: int) -> list[tuple[int, str]]:
    """The fires that the rule tells by itself, each with the group or alley around it."""
    sure = sa.select(alarm.c.incident).where(
        alarm.c.evidence.in_([Evidence.PERSON.value, Evidence.TWO_DETECTORS.value]), alarm.c.cause != RESIDENT_REPORT
    )
    together = sa.and_(incident.c.evidence == Evidence.TWO_DETECTORS.value, incident.c.cause != RESIDENT_REPORT)
    told = sa.select(notice.c.incident).where(notice.c.incident.is_not(None))
    query = sa.select(incident).where(
        incident.c.category == Category.FIRE.value,
        incident.c.state.not_in([state.value for state in ENDED]),
        incident.c.verdict.in_([Verdict.UNVERIFIED.value, Verdict.CONFIRMED.value]),
        incident.c.condition != SourceCondition.RESET.value,
        sa.or_(incident.c.id.in_(sure), together, incident.c.verdict == Verdict.CONFIRMED.value),
        sa.not_(incident.c.test),
        sa.not_(incident.c.isolated),
        incident.c.opened > now - AUTOMATIC_MS,
        incident.c.id.not_in(told),
    )
    rows = connection.execute(query.order_by(incident.c.id)).all()
    around = [(row.id, roll_call.scope(connection, row.place), scopes(connection, row)) for row in rows]
    return [(key, scope) for key, scope, near in around if scope is not None and scope in [one.id for one in near]]


def _line(row: sa.Row[Any], where: str, language: int) -> str:
    category = Category(row.category)
    drill = ("DIỄN TẬP. ", "DRILL. ")[language] if row.drill else ""
    sure = row.verdict == Verdict.CONFIRMED.value or row.evidence in (Evidence.PERSON, Evidence.TWO_DETECTORS)
    doubt = "" if sure else (" Chưa xác minh.", " Not verified.")[language]
    return (
        f"{drill}{HEADS[category][language]}: {where}.{doubt} {TODO[category][language]} "
        f"{_REPLY[language]}. {short_code(row.code)}"
    )
