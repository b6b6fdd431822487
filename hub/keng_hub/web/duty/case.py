"""The work on one incident as its page shows it: steps, call card, who was sent, roll call, how it ended, reports."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents import call_card, dispatch, emergency, outcome, roll_call, targets
from keng_hub.incidents.emergency import Emergency
from keng_hub.incidents.outcome import CAUSES, FalseAlarmCause
from keng_hub.incidents.roll_call import RollCallAnswer
from keng_hub.incidents.states import State
from keng_hub.reports.urgent import SERIOUS
from keng_hub.tables import account as accounts
from keng_hub.tables import incident_photo, place, urgent_report
from keng_hub.web.permissions import Action, may, sees_place, subtree
from keng_hub.web.sessions import Account
from keng_wire.alarm import Category

Row = dict[str, Any]
_CALLED: Final = (Category.FIRE.value, Category.MEDICAL.value, Category.SECURITY.value)


def work_of(connection: Connection, account: Account, row: Row, numbers: Emergency) -> Row:
    """Everything of it that this account may see; `row` is the incident's."""
    people = may(account, Action.SEE_PEOPLE)
    tasks = dispatch.of_incident(connection, row["id"]) if people else []
    households = _households(connection, account, row["id"]) if people else []
    return {
        "targets": targets.of(connection, [row])[row["id"]],
        "card": card_of(connection, account, row, numbers) if people and row["category"] in _CALLED else None,
        "tasks": tasks,
        "people_names": {one["account"]: one["name"] for one in tasks},
        "sendable": _sendable(connection, account, row),
        "households": households,
        "house_names": {one["household"]: one["label"] for one in households},
        "outcome": outcome.of(connection, row["id"]),
        "causes": [one.value for one in CAUSES[Category(row["category"])]],
        "false_alarm_causes": [one.value for one in FalseAlarmCause],
        "photos": _photos(connection, row["id"]) if may(account, Action.SEE_SNAPSHOTS) else [],
        "urgent": _urgent(connection, row) if people else [],
        "serious": row["category"] in SERIOUS,
        "can_file": State(row["state"]) is State.CLOSED,
        "answers": [one.value for one in RollCallAnswer],
    }


def card_of(connection: Connection, account: Account, row: Row, numbers: Emergency) -> Row:
    """The call card; a drill's has no number to call."""
    category, drill = Category(row["category"]), bool(row["drill"] or row["test"])
    called = emergency.numbers(numbers, category, drill=drill)
    key = row["place"]
    return call_card.known_of(connection, key) | {
        "numbers": [(service, number, emergency.dialled(number)) for service, number in called],
        "drill": drill,
        "sources": call_card.sources(connection, row["id"]),
        "households": call_card.households(connection, key) if key else [],
        "place": key if key and _looks_after(connection, account, key) else None,
    }


def _sendable(connection: Connection, account: Account, row: Row) -> list[Row]:
    if not may(account, Action.DISPATCH):
        return []
    return [dict(one) for one in dispatch.candidates(connection, Category(row["category"]), row["place"])]


def _households(connection: Connection, account: Account, incident_id: int) -> list[Row]:
    rows = roll_call.for_rescuers(connection, incident_id)
    if account.place is None:
        return rows
    mine = set(connection.execute(subtree(account.place)).scalars())
    return [row for row in rows if row["place"] in mine]


def _photos(connection: Connection, incident_id: int) -> list[Row]:
    columns = [incident_photo.c[key] for key in ("id", "at", "width", "height")]
    chosen = sa.select(*columns).where(incident_photo.c.incident == incident_id).order_by(incident_photo.c.id)
    return [dict(row) for row in connection.execute(chosen).mappings()]


def _urgent(connection: Connection, row: Row) -> list[Row]:
    chosen = (
        sa.select(urgent_report.c.code, urgent_report.c.made, accounts.c.full_name.label("who"))
        .join(accounts, accounts.c.id == urgent_report.c.account)
        .where(urgent_report.c.incident == row["id"])
        .order_by(urgent_report.c.n)
    )
    return [dict(one) for one in connection.execute(chosen).mappings()]


def _looks_after(connection: Connection, account: Account, key: str) -> bool:
    known = sa.select(place.c.id).where(place.c.id == key)
    known = known.where(sees_place(account, place.c.id))
    return connection.execute(known).first() is not None
