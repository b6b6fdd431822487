"""What each meaning does: one function a meaning, all of them in the transaction that looked at the message."""

from collections.abc import Callable
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries.states import AttemptState
from keng_hub.people import leaving, linking
from keng_hub.people.recipients import recipient_id
from keng_hub.people.verification import Failure
from keng_hub.replies import receipt, reports, texts
from keng_hub.replies.acknowledging import acknowledge
from keng_hub.replies.answering import Answer
from keng_hub.replies.reading import Reading
from keng_hub.replies.reasons import ReplyReason
from keng_hub.replies.safety import need_help, safe
from keng_hub.replies.words import Meaning
from keng_hub.tables import incident

Act = Callable[[Connection, Reading], Answer]


def _stop(connection: Connection, one: Reading) -> Answer:
    if not leaving.leave(connection, one.message.channel, one.message.address, one.now):
        return Answer(texts.NOTHING_TO_STOP, reason=ReplyReason.NOTHING_TO_STOP)
    return Answer(texts.STOPPED)


def _link(connection: Connection, one: Reading) -> Answer:
    linked = linking.link(connection, one.message.channel, one.message.address, one.said.digits, one.now)
    if isinstance(linked, Failure):
        return Answer(texts.WRONG_DIGITS, reason=ReplyReason.WRONG_DIGITS)
    return Answer(texts.LINKED)


def _test_answer(connection: Connection, one: Reading) -> Answer:
    """1: the message to which it answers arrived."""
    whom = [recipient_id(home.household) for home in one.sender.contacts] + [row.id for row in one.sender.staff]
    about = (one.message.channel, AttemptState.REPLIED, one.now)
    if any([receipt.note(connection, key, None, *about) for key in whom]):  # each of them, so no generator
        return Answer(texts.PROVED)
    return _unclear(connection, one)


def _report(connection: Connection, one: Reading) -> Answer:
    """A known household's report is an incident at its place; of anybody else nobody knows where it is."""
    said = one.said
    if not one.sender.contacts:
        return Answer(texts.stranger(one.numbers), category=said.category, reason=ReplyReason.UNKNOWN_SENDER)
    home = one.sender.contacts[0].household
    taken = reports.of_message(connection, one.message, home, said.category, said.rest, one.now)
    row = connection.execute(sa.select(incident).where(incident.c.id == taken.incident)).one()
    text = texts.reported(row, f"{one.link_base}/s/{taken.code}")
    return Answer(text, said.category, incident=row.id)


def _unclear(_: Connection, one: Reading) -> Answer:
    known = one.sender.known
    text = texts.UNCLEAR if known else texts.stranger(one.numbers)
    reason = ReplyReason.UNCLEAR if known else ReplyReason.UNKNOWN_SENDER
    return Answer(text, category=one.said.category, reason=reason)


ACTS: Final[dict[Meaning, Act]] = {
    Meaning.ACKNOWLEDGE: acknowledge,
    Meaning.SAFE: safe,
    Meaning.NEED_HELP: need_help,
    Meaning.STOP: _stop,
    Meaning.LINK: _link,
    Meaning.TEST_ANSWER: _test_answer,
    Meaning.REPORT: _report,
    Meaning.UNCLEAR: _unclear,
}
