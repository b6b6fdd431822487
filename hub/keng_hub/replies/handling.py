"""What a person does with a message or a report that waits: answer it, put it to an incident, or call it done."""

import hashlib
import unicodedata
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.errors import HubError
from keng_hub.incidents import entries
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.msgid import N_
from keng_hub.incidents.turn import take_turn
from keng_hub.replies import answering, incident_of, reports, senders, texts, words
from keng_hub.replies.answering import Answer
from keng_hub.replies.reports import Report
from keng_hub.tables import inbound, resident_report
from keng_hub.web.sessions import Account
from keng_wire.alarm import Category

LONGEST = 300
TEXTS = {
    "not_found": N_("There is no such message."),
    "handled": N_("Somebody has dealt with this already."),
    "text_needed": N_("Write something first."),
    "too_long": N_("This is too long."),
    "no_incident": N_("No open incident that you see has this code."),
}


class Refused(HubError):
    """It cannot be done; `code` is a key of `TEXTS`, the message its text."""

    def __init__(self, code: str) -> None:
        super().__init__(TEXTS[code])
        self.code = code


def done(connection: Connection, key: int, account: Account, now: int) -> None:
    """Nothing more is to be done."""
    _close(connection, inbound, _row(connection, key).id, account, now)


def report_done(connection: Connection, key: int, account: Account, now: int) -> None:
    """The report was read; its incident goes on by itself."""
    take_turn(connection)
    _close(connection, resident_report, key, account, now)


def answer(connection: Connection, key: int, text: str, account: Account, now: int) -> None:
    """Write back by the way the message came."""
    row = _row(connection, key)
    written = unicodedata.normalize("NFC", " ".join(text.split()))
    if not written:
        raise Refused("text_needed")
    if len(written) > LONGEST:
        raise Refused("too_long")
    sender = senders.find(connection, row.channel, row.address)
    answering.write(connection, row, sender, Answer(texts.text(written, written)), now)
    _close(connection, inbound, key, account, now)


def join(connection: Connection, key: int, code: str, account: Account, now: int) -> int:
    """Put it into the timeline of an open incident; gives its id."""
    row = _row(connection, key)
    said = words.parse(f"NHAN {code}").code
    found = incident_of.of_code(connection, said, account) if said is not None else []
    if len(found) != 1 or incident_of.is_over(found[0]):
        raise Refused("no_incident")
    data: dict[str, Any] = {"text": row.text, "place": "", "at": row.at, "household": row.household}
    entries.write(connection, found[0].id, EntryKind.REPORT, data, now, account.id)
    entries.announce(connection, found[0].id, now)
    connection.execute(sa.update(inbound).where(inbound.c.id == key).values(incident=found[0].id))
    _close(connection, inbound, key, account, now)
    return int(found[0].id)


def open_incident(connection: Connection, key: int, place: str, category: Category, account: Account, now: int) -> int:
    """Make it a report of `place`, which opens or joins an incident; gives the incident's id."""
    row = _row(connection, key)
    report = Report(
        form=f"inbound-{row.id}",
        place=place,
        category=category,
        text=row.text,
        reporter=hashlib.sha256(f"{row.channel} {row.address}".encode()).hexdigest(),
        at=min(row.at, now),
        household=row.household,
        inbound=row.id,
    )
    taken = reports.take(connection, report, now)
    connection.execute(sa.update(inbound).where(inbound.c.id == key).values(incident=taken.incident))
    _close(connection, inbound, key, account, now)
    _close(connection, resident_report, taken.id, account, now)
    return taken.incident


def _row(connection: Connection, key: int) -> sa.Row[Any]:
    take_turn(connection)
    row = connection.execute(sa.select(inbound).where(inbound.c.id == key).with_for_update()).one_or_none()
    if row is None:
        raise Refused("not_found")
    if row.handled is not None:
        raise Refused("handled")
    return row


def _close(connection: Connection, table: sa.Table, key: int, account: Account, now: int) -> None:
    mine = sa.update(table).where(table.c.id == key, table.c.handled.is_(None))
    if connection.execute(mine.values(handled=now, handled_by=account.id)).rowcount != 1:
        raise Refused("handled")
