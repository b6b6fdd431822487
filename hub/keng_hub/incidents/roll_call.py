"""The roll call: which households of a place are safe, which need help, and which nobody has heard of yet."""

from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import desk, entries
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.normalise import path
from keng_hub.incidents.rows import any_row
from keng_hub.incidents.states import ENDED
from keng_hub.incidents.subtree import subtree
from keng_hub.incidents.wording import Say
from keng_hub.tables import household, place, roll_call, roll_call_answer

DUE_MS: Final = 10 * 60_000


class RollCallAnswer(StrEnum):
    """What is known of a household, in the order in which rescuers look."""

    NEED_HELP = "need_help"
    NO_ANSWER = "no_answer"
    SAFE = "safe"


def start(connection: Connection, incident_id: int, now: int, *, account: int | None = None) -> int:
    """Begin it for the households around; says how many. A second start only adds who moved in. Raises Refused."""
    row = any_row(connection, incident_id)
    known = _call(connection, incident_id)
    if known is None:
        if row.state in ENDED:
            raise Refused("closed")
        if not _households(connection, scope(connection, row.place)):
            raise Refused("no_households")
        return open_call(connection, row, now, account)
    missing = [one for one in _households(connection, known.place) if one not in _asked(connection, incident_id)]
    if missing:
        _add(connection, incident_id, missing)
        entries.announce(connection, incident_id, now)
    return len(missing)


def answer(
    connection: Connection,
    incident_id: int,
    household_id: int,
    said: RollCallAnswer,
    now: int,
    *,
    account: int | None = None,
    contact: int | None = None,
) -> bool:
    """Write down what a household says, or a person about it; the newest word holds. False when it is no news.

    The first answer begins the roll call where nobody has; who needs help is told to the duty desk at once.
    """
    row = any_row(connection, incident_id)
    if connection.execute(sa.select(household.c.id).where(household.c.id == household_id)).first() is None:
        raise Refused("no_household")
    _see_to(connection, row, household_id, now)
    mine = (roll_call_answer.c.incident == incident_id, roll_call_answer.c.household == household_id)
    before = connection.execute(sa.select(roll_call_answer.c.answer).where(*mine)).scalar_one()
    if before == said.value:
        return False
    values = {"answer": said.value, "at": now, "account": account, "contact": contact}
    connection.execute(sa.update(roll_call_answer).where(*mine).values(**values))
    data = {"household": household_id, "answer": said.value, "before": before, "replied": contact is not None}
    entries.write(connection, incident_id, EntryKind.ROLL_CALL, data, now, account)
    _finish(connection, incident_id, now)
    if said is RollCallAnswer.NEED_HELP:
        desk.tell(connection, row, Say.NEED_HELP, now)
    entries.announce(connection, incident_id, now)
    return True


def for_rescuers(connection: Connection, incident_id: int) -> list[dict[str, Any]]:
    """Each household with what is known of it: who needs help first, then who did not answer."""
    order = sa.case({one.value: n for n, one in enumerate(RollCallAnswer)}, value=roll_call_answer.c.answer)
    chosen = (
        sa.select(
            roll_call_answer.c.household,
            roll_call_answer.c.answer,
            roll_call_answer.c.at,
            roll_call_answer.c.contact,
            household.c.label,
            household.c.place,
            household.c.call_numbers,
            place.c.name.label("place_name"),
        )
        .select_from(roll_call_answer.join(household).outerjoin(place, place.c.id == household.c.place))
        .where(roll_call_answer.c.incident == incident_id)
        .order_by(order, household.c.label, household.c.id)
    )
    return [dict(row) for row in connection.execute(chosen).mappings()]


def scope(connection: Connection, place_id: str | None) -> str | None:
    """The place whose households are called: the alley or group around it, the place itself where there is none."""
    around = [key for key, _ in path(connection, place_id)]
    kinds = dict(connection.execute(sa.select(place.c.id, place.c.kind).where(place.c.id.in_(around))).all())
    return next((key for key in around if kinds[key] in ("alley", "group")), around[0] if around else None)


def open_call(connection: Connection, row: sa.Row[Any], now: int, account: int | None) -> int:
    """Begin it for the incident `row`, also where there is nobody to call; says how many households there are."""
    around = scope(connection, row.place)
    households = _households(connection, around)
    values: dict[str, Any] = {"incident": row.id, "place": around, "begun": now, "due": now + DUE_MS}
    connection.execute(sa.insert(roll_call).values(**values, account=account, complete=None if households else now))
    _add(connection, row.id, households)
    data = {"households": len(households), "place": around}
    entries.write(connection, row.id, EntryKind.ROLL_CALL, data, now, account)
    entries.announce(connection, row.id, now)
    return len(households)


def _see_to(connection: Connection, row: sa.Row[Any], household_id: int, now: int) -> None:
    """Make sure that the household is on the list; one that does not live around may answer all the same."""
    if _call(connection, row.id) is None:
        open_call(connection, row, now, None)
    if household_id not in _asked(connection, row.id):
        _add(connection, row.id, [household_id])


def _finish(connection: Connection, incident_id: int, now: int) -> None:
    waiting = sa.select(roll_call_answer.c.household).where(
        roll_call_answer.c.incident == incident_id, roll_call_answer.c.answer == RollCallAnswer.NO_ANSWER.value
    )
    whole = connection.execute(waiting.limit(1)).first() is None
    since = sa.func.coalesce(roll_call.c.complete, now)
    values = {"complete": since if whole else None}
    connection.execute(sa.update(roll_call).where(roll_call.c.incident == incident_id).values(**values))


def _households(connection: Connection, around: str | None) -> list[int]:
    query = sa.select(household.c.id).where(household.c.ended.is_(None)).order_by(household.c.id)
    if around is not None:
        query = query.where(household.c.place.in_(subtree(around)))
    return list(connection.execute(query).scalars())


def _asked(connection: Connection, incident_id: int) -> set[int]:
    query = sa.select(roll_call_answer.c.household).where(roll_call_answer.c.incident == incident_id)
    return set(connection.execute(query).scalars())


def _add(connection: Connection, incident_id: int, households: list[int]) -> None:
    rows = [{"incident": incident_id, "household": key, "answer": RollCallAnswer.NO_ANSWER.value} for key in households]
    if rows:
        connection.execute(sa.insert(roll_call_answer), rows)
        connection.execute(sa.update(roll_call).where(roll_call.c.incident == incident_id).values(complete=None))


def _call(connection: Connection, incident_id: int) -> sa.Row[Any] | None:
    return connection.execute(sa.select(roll_call).where(roll_call.c.incident == incident_id)).one_or_none()
