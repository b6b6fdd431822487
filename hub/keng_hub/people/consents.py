"""What residents consented to: each word is a row that nothing changes."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.people.states import ConsentAct, How
from keng_hub.tables import account, consent_event, contact

TEXT_VERSION: Final = "2026-11"
"""The version of the words on the page for joining, as it stands in each consent."""
TEXTS: Final = {"2026-11": "963f124f756b425bc773b4e02fc1dd4280a195e0910deae4f89ace0237755743"}
"""Version → SHA-256 of its Vietnamese words; other words need another version and a line more here."""


def write(
    connection: Connection, contact_row: sa.Row[Any], act: ConsentAct, how: How, at: int, account_id: int | None = None
) -> None:
    """Note what was said about `contact_row`; `at` is when, UTC ms; `account_id` who wrote it for the resident."""
    connection.execute(
        sa.insert(consent_event).values(
            household=contact_row.household,
            contact=contact_row.id,
            channel=contact_row.channel,
            act=act.value,
            text_version=TEXT_VERSION,
            how=how.value,
            account=account_id,
            at=at,
        )
    )


def of_household(connection: Connection, household_id: int) -> list[dict[str, Any]]:
    """What this household said, newest first."""
    query = (
        sa.select(consent_event, contact.c.address, account.c.full_name)
        .join(contact, contact.c.id == consent_event.c.contact)
        .outerjoin(account, account.c.id == consent_event.c.account)
        .where(consent_event.c.household == household_id)
        .order_by(consent_event.c.at.desc(), consent_event.c.id.desc())
    )
    return [dict(row) for row in connection.execute(query).mappings()]
