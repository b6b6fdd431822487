"""Handing an incident over to another body: to whom, when, how, under which number, and by whom."""

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from keng_hub.incidents import entries
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.rows import any_row


@dataclass(frozen=True, slots=True)
class Handover:
    """One handover; `given` is when it happened, UTC ms."""

    to: str
    channel: str
    reference: str
    given: int
    note: str = ""


def record(connection: Connection, incident_id: int, account: int, done: Handover, now: int) -> None:
    """Note it in the timeline; the incident stays with whoever has it until a person closes it."""
    row = any_row(connection, incident_id)
    if not done.to.strip() or not done.channel.strip():
        raise Refused("text_needed")
    data = {
        "to": done.to.strip(),
        "channel": done.channel.strip(),
        "reference": done.reference.strip(),
        "given": min(done.given, now),
        "note": done.note.strip(),
    }
    entries.write(connection, row.id, EntryKind.HANDOVER, data, now, account)
    entries.announce(connection, row.id, now)
