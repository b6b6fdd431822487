"""NHAN: a person on duty takes an incident by a message, with the same right and in the same area as on the pages."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.audit import chain
from keng_hub.audit.chain import Entry
from keng_hub.audit.outcomes import AuditOutcome
from keng_hub.deliveries.states import AttemptState
from keng_hub.incidents import actions
from keng_hub.replies import incident_of, receipt, texts
from keng_hub.replies.answering import Answer
from keng_hub.replies.reading import Reading
from keng_hub.replies.reasons import ReplyReason
from keng_hub.web.permissions import Action, may
from keng_hub.web.sessions import Account
from keng_wire.alarm import Category


def acknowledge(connection: Connection, one: Reading) -> Answer:
    """Take the incident of the short code; without one the only incident that waits for this person."""
    said, sender = one.said, one.sender
    if not sender.known:
        return Answer(texts.stranger(one.numbers), reason=ReplyReason.UNKNOWN_SENDER)
    account = sender.account
    if account is None or not may(account, Action.ACKNOWLEDGE):
        return Answer(texts.NO_RIGHT, reason=ReplyReason.NO_RIGHT)
    if said.code is not None:
        found = incident_of.of_code(connection, said.code, account)
    else:
        found = incident_of.waiting_for(connection, account, [row.id for row in sender.staff])
    if not found and said.code is not None:
        return Answer(texts.no_such(said.code.number), reason=ReplyReason.NO_RIGHT)
    if len(found) != 1:
        return Answer(texts.which_incident([row.code for row in found]), reason=ReplyReason.WHICH_INCIDENT)
    return _take(connection, one, found[0], account)


def _take(connection: Connection, one: Reading, row: sa.Row[Any], account: Account) -> Answer:
    drill = bool(row.drill or row.test)
    if incident_of.is_over(row):
        return Answer(texts.closed(row), drill=drill, incident=row.id, reason=ReplyReason.CLOSED)
    channel, now = one.message.channel, one.now
    for person in one.sender.staff:
        receipt.note(connection, person.id, row.id, channel, AttemptState.REPLIED, now)
    actions.acknowledge(connection, row.id, account.id, now)
    act = Entry(account.username, f"reply NHAN {row.code}", AuditOutcome.DONE, account.id, account.role, channel)
    chain.write(connection, act, now)
    return Answer(texts.acknowledged(row, now), Category(row.category), drill, row.id)
