"""Browsers that asked to be pushed to, as rows. Ladders and contacts hold their id, a digest of the endpoint."""

import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import account, push_subscription
from keng_hub.upsert import insert

OF_ACCOUNT = "account:"
"""In front of a login name in the address of a step: every browser of that person."""


def keep(connection: Connection, endpoint: str, p256dh: str, auth: str, account_id: int | None, now: int) -> str:
    """Keep a subscription, or renew it; gives its id."""
    key = hashlib.sha256(endpoint.encode()).hexdigest()[:32]
    values = {"p256dh": p256dh, "auth": auth, "account": account_id, "added": now, "dropped": None}
    row = insert(connection, push_subscription).values(id=key, endpoint=endpoint, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["id"], set_=values))
    return key


def drop(connection: Connection, keys: Sequence[str], now: int) -> None:
    """The person, or the push service, does not want it any more."""
    gone = push_subscription.c.id.in_(keys), push_subscription.c.dropped.is_(None)
    connection.execute(sa.update(push_subscription).where(*gone).values(dropped=now))


def drop_endpoint(connection: Connection, endpoint: str, account_id: int, now: int) -> None:
    """The same for a browser of an account."""
    mine = push_subscription.c.endpoint == endpoint, push_subscription.c.account == account_id
    connection.execute(sa.update(push_subscription).where(*mine).values(dropped=now))


def of_address(connection: Connection, address: str) -> list[Any]:
    """The living subscriptions that an address means: one by its id, or all of an account that is not disabled."""
    query = sa.select(push_subscription).where(push_subscription.c.dropped.is_(None))
    if address.startswith(OF_ACCOUNT):
        query = query.join(account, account.c.id == push_subscription.c.account)
        query = query.where(account.c.username == address.removeprefix(OF_ACCOUNT), sa.not_(account.c.disabled))
    else:
        query = query.where(push_subscription.c.id == address)
    return list(connection.execute(query.order_by(push_subscription.c.added)).all())
