"""AN TOAN and CAN GIUP: what a household says of itself goes into the roll call of its incident."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries.states import AttemptState
from keng_hub.incidents import roll_call
from keng_hub.incidents.roll_call import RollCallAnswer
from keng_hub.people.recipients import recipient_id
from keng_hub.replies import incident_of, receipt, reports, texts
from keng_hub.replies.answering import Answer
from keng_hub.replies.reading import Reading
from keng_hub.replies.reasons import ReplyReason
from keng_hub.tables import incident
from keng_wire.alarm import Category


def safe(connection: Connection, one: Reading) -> Answer:
    """Nobody is called safe of whom that is not sure: one household, one incident that is open."""
    if not one.sender.contacts:
        return Answer(texts.stranger(one.numbers), reason=ReplyReason.UNKNOWN_SENDER)
    told = _told(connection, one)
    if not told:
        return Answer(texts.NO_INCIDENT, reason=ReplyReason.NO_INCIDENT)
    if len(told) > 1:
        return Answer(texts.WHICH_HOUSEHOLD, reason=ReplyReason.WHICH_HOUSEHOLD)
    [(contact, row)] = told
    _heard(connection, one, contact, row)
    drill = bool(row.drill or row.test)
    if incident_of.is_over(row):
        return Answer(texts.closed(row), drill=drill, incident=row.id, reason=ReplyReason.CLOSED)
    roll_call.answer(connection, row.id, contact.household, RollCallAnswer.SAFE, one.now, contact=contact.id)
    return Answer(texts.safe(row), Category(row.category), drill, row.id)


def need_help(connection: Connection, one: Reading) -> Answer:
    """Help is called for every household that may be meant; with no incident open it is a report of its own."""
    if not one.sender.contacts:
        return Answer(texts.stranger(one.numbers), category=Category.MEDICAL, reason=ReplyReason.UNKNOWN_SENDER)
    told = [pair for pair in _told(connection, one) if not incident_of.is_over(pair[1])]
    for contact, row in told:
        _heard(connection, one, contact, row)
        roll_call.answer(connection, row.id, contact.household, RollCallAnswer.NEED_HELP, one.now, contact=contact.id)
    row = told[0][1] if told else _report(connection, one)
    drill = bool(row.drill or row.test)
    return Answer(texts.help_called(row, one.numbers), Category(row.category), drill, row.id)


def _told(connection: Connection, one: Reading) -> list[tuple[sa.Row[Any], sa.Row[Any]]]:
    """Each household of the sender that was told of an incident or is asked about one, with that incident."""
    code, now = one.said.code, one.now
    homes = one.sender.contacts
    found = [(home, incident_of.of_household(connection, home.household, code, now)) for home in homes]
    told = [(contact, row) for contact, row in found if row is not None]
    still_open = [pair for pair in told if not incident_of.is_over(pair[1])]
    return still_open or told[:1]


def _heard(connection: Connection, one: Reading, contact: sa.Row[Any], row: sa.Row[Any]) -> None:
    whom = recipient_id(contact.household)
    receipt.note(connection, whom, row.id, one.message.channel, AttemptState.REPLIED, one.now)


def _report(connection: Connection, one: Reading) -> sa.Row[Any]:
    said, home = one.said, one.sender.contacts[0].household
    category = Category.MEDICAL if said.category is Category.INFO else said.category
    taken = reports.of_message(connection, one.message, home, category, said.rest, one.now)
    return connection.execute(sa.select(incident).where(incident.c.id == taken.incident)).one()
