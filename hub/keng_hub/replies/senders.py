"""Who is behind an address: a household by its verified contacts, a person on duty by a ladder of the configuration."""

from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.deliveries.states import RESIDENTS
from keng_hub.people import contacts, ways
from keng_hub.tables import account, recipient
from keng_hub.web.sessions import Account


class Sender(NamedTuple):
    """`contacts` has one row a household; `staff` the recipients, `account` the login that one of them names."""

    contacts: list[sa.Row[Any]]
    staff: list[sa.Row[Any]]
    account: Account | None

    @property
    def known(self) -> bool:
        """Whether anybody is behind it."""
        return bool(self.contacts or self.staff)

    @property
    def household(self) -> int | None:
        """The household, when it can only be one."""
        return self.contacts[0].household if len(self.contacts) == 1 else None


def find(connection: Connection, channel: str, address: str) -> Sender:
    """Everybody who is reached at this address; a telephone is the same one by modem and by gateway."""
    alike = ways.alike(channel)
    rows = connection.execute(
        sa.select(recipient).where(recipient.c.active, recipient.c.tier > RESIDENTS).order_by(recipient.c.id)
    ).all()
    staff = [row for row in rows if any(_is(step, alike, address) for step in row.ladder)]
    return Sender(contacts.at(connection, channel, address), staff, _account(connection, staff))


def _is(step: dict[str, Any], channels: list[str], address: str) -> bool:
    return step["channel"] in channels and step.get("address") == address


def _account(connection: Connection, staff: list[sa.Row[Any]]) -> Account | None:
    names = {row.account for row in staff if row.account}
    if len(names) != 1:
        return None  # two people with one telephone: nobody can say who answered
    query = sa.select(account).where(account.c.username == names.pop(), sa.not_(account.c.disabled))
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Account(row.id, row.username, row.full_name, row.role, row.place, row.must_change, row.language, session="")
