"""Making, approving and cancelling notices: rows, and nothing is sent before its row says so.

Whether an account may do this at all is checked by the page; where and with whose consent is checked here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries import ledger
from keng_hub.errors import HubError
from keng_hub.incidents.emergency import Emergency
from keng_hub.incidents.msgid import N_
from keng_hub.incidents.numbering import count
from keng_hub.incidents.subtree import subtree
from keng_hub.incidents.turn import take_turn
from keng_hub.incidents.wording import VIETNAM
from keng_hub.notices.kinds import OPEN, NoticeKind, NoticeState
from keng_hub.notices.templates import Written, templates, write
from keng_hub.tables import notice, place
from keng_hub.web.sessions import Account

DAY_MS: Final = 86_400_000
LONGEST_MS: Final = 30 * DAY_MS
_ASKS: Final = ("village", "commune")
"""A notice to one of these needs the word of the commune's leader."""
LEADER: Final = "commune_lead"

TEXTS: Final = {
    "not_found": N_("There is no such notice."),
    "no_place": N_("You do not look after this place."),
    "own": N_("Somebody else has to approve what you wrote."),
    "not_waiting": N_("This notice does not wait for approval any more."),
    "over": N_("This notice is sent, or was ended before."),
    "reason_needed": N_("Give a reason; it is kept with your name and the time."),
    "no_incident": N_("There is no such incident."),
    "incident_over": N_("This incident is over, or was no danger: there is nothing to alarm residents about."),
    "no_danger": N_("Residents are told of fire, medical and security incidents, never of tests."),
    "elsewhere": N_("The incident does not lie in this place."),
    "times": N_("It has to end after it begins, and within 30 days."),
}


class Refused(HubError):
    """It cannot be done; `code` is a key of `TEXTS`, the message its text."""

    def __init__(self, code: str) -> None:
        super().__init__(TEXTS[code])
        self.code = code


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to tell. `starts` and `expires` are UTC ms; None means now, and a day later."""

    template: str
    scope: str
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    starts: int | None = None
    expires: int | None = None
    spoken: bool = False


def written(draft: Draft, numbers: Emergency, code: str) -> Written:
    """The draft in words, as it will be sent. KeyError for no template; BadDraft."""
    template = templates()[draft.template]
    drill = template.kind is NoticeKind.DRILL
    forbidden = (numbers.fire, numbers.police, numbers.medical, numbers.rescue) if drill else ()
    return write(template, draft.fields, code, forbidden)


def needs_approval(connection: Connection, draft: Draft, author: Account) -> bool:
    """Whether a second person has to agree: to a whole village or commune only its leader speaks alone."""
    kind = connection.execute(sa.select(place.c.kind).where(place.c.id == draft.scope)).scalar_one_or_none()
    return kind in _ASKS and author.role != LEADER


def make(connection: Connection, author: Account, draft: Draft, numbers: Emergency, now: int) -> int:
    """Write the notice; it waits for approval or for its time. Gives its id. Raises Refused, BadDraft."""
    take_turn(connection)
    check_place(connection, author, draft.scope)
    starts = max(now, draft.starts or now)
    expires = draft.expires or starts + DAY_MS
    if not starts < expires <= now + LONGEST_MS:
        raise Refused("times")
    code = next_code(connection, now)
    words = written(draft, numbers, short(code))
    state = NoticeState.WAITING if needs_approval(connection, draft, author) else NoticeState.READY
    template = templates()[draft.template]
    values: dict[str, Any] = {
        "code": code,
        "kind": template.kind.value,
        "template": draft.template,
        "fields": dict(draft.fields),
        "scope": draft.scope,
        "drill": template.kind is NoticeKind.DRILL,
        "state": state.value,
        "starts": starts,
        "expires": expires,
        "made_by": author.id,
        "made": now,
    }
    return insert(connection, values, words if draft.spoken else words._replace(spoken=""))


def insert(connection: Connection, values: dict[str, Any], words: Written) -> int:
    """The row of a notice; its id."""
    bodies = {"body_vi": words.text.vi, "body_ascii": words.text.ascii, "body_en": words.text.en}
    row = sa.insert(notice).values(**values, **bodies, spoken=words.spoken)
    return int(connection.execute(row.returning(notice.c.id)).scalar_one())


def next_code(connection: Connection, now: int) -> str:
    """`TB-2026-0012`, counted up within the year of the village."""
    year = datetime.fromtimestamp(now / 1000, UTC).astimezone(VIETNAM).year
    return f"TB-{year}-{count(connection, f'notice-{year}'):04d}"


def approve(connection: Connection, notice_id: int, approver: Account, now: int) -> None:
    """Let it go out; never by who wrote it."""
    row = _row(connection, notice_id)
    check_place(connection, approver, row.scope)
    if row.state != NoticeState.WAITING.value:
        raise Refused("not_waiting")
    if row.made_by == approver.id:
        raise Refused("own")
    values = {"state": NoticeState.READY.value, "approved_by": approver.id, "approved": now}
    connection.execute(sa.update(notice).where(notice.c.id == notice_id).values(**values))


def cancel(connection: Connection, notice_id: int, who: Account, reason: str, now: int) -> None:
    """End it: what is not on its way yet stays here. Also how a second person refuses."""
    row = _row(connection, notice_id)
    check_place(connection, who, row.scope)
    if not reason.strip():
        raise Refused("reason_needed")
    if NoticeState(row.state) not in OPEN:
        raise Refused("over")
    values = {"state": NoticeState.CANCELLED.value, "ended_by": who.id, "ended": now, "reason": reason.strip()}
    connection.execute(sa.update(notice).where(notice.c.id == notice_id).values(**values))
    ledger.stop_notice(connection, notice_id, now)


def check_place(connection: Connection, account: Account, scope: str) -> None:
    """Refuse a place outside the account's own."""
    known = sa.select(place.c.id).where(place.c.id == scope, place.c.valid_to.is_(None))
    if account.place is not None:
        known = known.where(place.c.id.in_(subtree(account.place)))
    if connection.execute(known).first() is None:
        raise Refused("no_place")


def short(code: str) -> str:
    """`TB-0012` of `TB-2026-0012`."""
    prefix, _, number = code.split("-")
    return f"{prefix}-{number}"


def _row(connection: Connection, notice_id: int) -> sa.Row[Any]:
    take_turn(connection)
    row = connection.execute(sa.select(notice).where(notice.c.id == notice_id).with_for_update()).one_or_none()
    if row is None:
        raise Refused("not_found")
    return row
