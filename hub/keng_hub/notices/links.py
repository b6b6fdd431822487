"""The link in an alarm to a household: a page that says what, where and what to do, and takes the answer."""

import secrets
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.accounts import LETTERS
from keng_hub.deliveries.states import AttemptState
from keng_hub.incidents import roll_call
from keng_hub.incidents.roll_call import RollCallAnswer
from keng_hub.incidents.states import ENDED
from keng_hub.replies import receipt
from keng_hub.tables import answer_link, household, incident, roll_call_answer

LENGTH: Final = 12
LIFE_MS: Final = 7 * 86_400_000
"""After a week the link shows nothing any more."""


def new() -> str:
    """A code nobody guesses: 59 bits."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def keep(connection: Connection, links: list[dict[str, Any]], now: int) -> None:
    """Remember links: code, household, incident and delivery of each."""
    if links:
        connection.execute(sa.insert(answer_link), [link | {"made": now} for link in links])


def find(connection: Connection, code: str, now: int) -> sa.Row[Any] | None:
    """The incident behind a link, with `household`, `label`, `delivery` and the `answer` so far; None when too old."""
    columns = [answer_link.c.household, answer_link.c.delivery, household.c.label, roll_call_answer.c.answer]
    query = (
        sa.select(incident, *columns)
        .select_from(answer_link)
        .join(incident, incident.c.id == answer_link.c.incident)
        .join(household, household.c.id == answer_link.c.household)
        .outerjoin(
            roll_call_answer,
            sa.and_(
                roll_call_answer.c.incident == incident.c.id, roll_call_answer.c.household == answer_link.c.household
            ),
        )
        .where(answer_link.c.code == code, answer_link.c.made > now - LIFE_MS, household.c.ended.is_(None))
    )
    return connection.execute(query).one_or_none()


def opened(connection: Connection, code: str, now: int) -> None:
    """Somebody looks at it: the message was seen."""
    first = sa.update(answer_link).where(answer_link.c.code == code, answer_link.c.opened.is_(None))
    key = connection.execute(first.values(opened=now).returning(answer_link.c.delivery)).scalar_one_or_none()
    if key is not None:
        receipt.of_delivery(connection, key, AttemptState.SEEN, now)


def answer(connection: Connection, code: str, said: RollCallAnswer, now: int) -> bool:
    """The household behind the link is safe or needs help; False when the incident is closed or the link too old."""
    row = find(connection, code, now)
    if row is None or row.state in [state.value for state in ENDED]:
        return False
    roll_call.answer(connection, row.id, row.household, said, now)
    receipt.of_delivery(connection, row.delivery, AttemptState.REPLIED, now)
    return True
