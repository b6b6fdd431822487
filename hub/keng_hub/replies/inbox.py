"""Where every message of a person arrives: a row, before anybody asks what it means."""

from unicodedata import normalize

from sqlalchemy.engine import Connection

from keng_hub.channels.channel import Inbound
from keng_hub.tables import inbound
from keng_hub.upsert import insert

LONGEST = 4000
"""Characters that are kept of a text; no phone sends more in one message."""


def take(connection: Connection, said: Inbound, now: int) -> bool:
    """Keep the message, NFC and without NUL, which no PostgreSQL takes; False when it was brought before."""
    text = normalize("NFC", said.text.replace("\x00", ""))
    row = insert(connection, inbound).values(
        channel=said.channel,
        provider_id=said.provider_id,
        address=said.address,
        text=text[:LONGEST],
        at=said.at,
        received=now,
    )
    kept = row.on_conflict_do_nothing(index_elements=["channel", "provider_id"]).returning(inbound.c.id)
    return connection.execute(kept).scalar_one_or_none() is not None
