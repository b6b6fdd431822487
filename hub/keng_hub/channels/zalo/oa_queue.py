"""The events of the webhook between its answer, which has two seconds, and what follows from them."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import page_events, quarantine
from keng_hub.channels.channel import Inbound
from keng_hub.channels.zalo.oa_events import Event
from keng_hub.deliveries import receipts
from keng_hub.deliveries.states import AttemptState
from keng_hub.incidents.turn import take_turn
from keng_hub.people import contacts, leaving
from keng_hub.replies import inbox
from keng_hub.replies.words import Meaning, parse
from keng_hub.tables import attempt, zalo_account, zalo_event
from keng_hub.upsert import insert

CHANNEL = "zalo_oa"
SLICE = 50
EARLY_MS = 120_000
"""A receipt may be faster than our own note of what it is about; so long it is looked at again."""
_AGAIN_MS = 5_000
_RECEIPTS = {"user_received_message": AttemptState.DELIVERED, "user_seen_message": AttemptState.SEEN}


def put(connection: Connection, app_id: str, event: Event, now: int) -> bool:
    """Keep a genuine event; False when it waits already. Either way the webhook was heard."""
    connection.execute(sa.update(zalo_account).where(zalo_account.c.app_id == app_id).values(heard=now))
    row = insert(connection, zalo_event).values(digest=event.digest, body=event.to_json(), received=now, due=now)
    kept = row.on_conflict_do_nothing(index_elements=["digest"]).returning(zalo_event.c.id)
    return connection.execute(kept).scalar_one_or_none() is not None


def due(connection: Connection, now: int) -> list[int]:
    """The events to work on now, oldest first."""
    query = sa.select(zalo_event.c.id).where(zalo_event.c.due <= now).order_by(zalo_event.c.id).limit(SLICE)
    return list(connection.execute(query).scalars())


def work(connection: Connection, key: int, now: int) -> None:
    """Do what follows from one event, unless another process has done it."""
    take_turn(connection)
    row = connection.execute(sa.delete(zalo_event).where(zalo_event.c.id == key).returning(zalo_event)).one_or_none()
    if row is None:
        return
    event = Event.from_json(row.body)
    if not follow(connection, event, now) and now < row.received + EARLY_MS:
        values = {"digest": row.digest, "body": row.body, "received": row.received, "due": now + _AGAIN_MS}
        connection.execute(sa.insert(zalo_event).values(values))


def set_aside(connection: Connection, key: int, reason: str, now: int) -> None:
    """An event that cannot be worked on holds up no other."""
    row = connection.execute(sa.delete(zalo_event).where(zalo_event.c.id == key).returning(zalo_event)).one_or_none()
    if row is not None:
        quarantine.put(connection, f"hooks/{CHANNEL}", reason, row.body.encode(), now)


def follow(connection: Connection, event: Event, now: int) -> bool:
    """What the event means to us; False when it is about a message we do not know yet."""
    if event.name in _RECEIPTS:
        return _receipt(connection, event, now)
    if event.name == "user_withdraw":
        leaving.leave(connection, CHANNEL, event.user, now)
    elif event.name == "unfollow":
        contacts.unreachable(connection, CHANNEL, event.user, now)
    elif event.text and event.messages and not _chatter(event):
        inbox.take(connection, Inbound(CHANNEL, event.user, event.messages[0], event.text, event.at), now)
    return True


def _chatter(event: Event) -> bool:
    """What neighbours say to each other in a group is not said to us."""
    return event.name.startswith("user_send_group_") and parse(event.text).meaning is Meaning.UNCLEAR


def _receipt(connection: Connection, event: Event, now: int) -> bool:
    ours = sa.select(attempt.c.provider_id).where(
        attempt.c.channel == CHANNEL, attempt.c.provider_id.in_(event.messages)
    )
    known = set(connection.execute(ours).scalars())
    incidents = {receipts.note(connection, CHANNEL, one, _RECEIPTS[event.name], now) for one in known}
    for incident in incidents - {None}:
        page_events.publish(connection, "incident", {"incident": incident}, now)
    return bool(known)
