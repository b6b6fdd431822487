"""What nobody needs any more of residents goes: numbers of who left, codes that are over, previews of lists."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.incidents.turn import take_turn
from keng_hub.people.states import ContactState
from keng_hub.tables import attempt, contact, contact_code, delivery, home_link, household, household_import, recipient

DAY_MS: Final = 86_400_000
KEEP_MS: Final = 90 * DAY_MS
"""So long a number is kept after its owner left: until then a dispute about a message can be settled."""
SLICE: Final = 1_000
GONE: Final = "đã xóa"


def forget(connection: Connection, now: int) -> int:
    """Delete some of it; says how many rows changed. That somebody agreed and left stays."""
    return (
        _addresses(connection, now)
        + _numbers(connection, now)
        + _delete(connection, contact_code, contact_code.c.expires < now - DAY_MS)
        + _delete(connection, household_import, household_import.c.made < now - 30 * DAY_MS)
    )


def _addresses(connection: Connection, now: int) -> int:
    """The addresses of those who left."""
    over = sa.select(contact).where(
        contact.c.state == ContactState.LEFT.value,
        contact.c.left < now - KEEP_MS,
        sa.not_(contact.c.address.startswith(GONE)),
    )
    rows = connection.execute(over.limit(SLICE)).all()
    if rows:
        take_turn(connection)
    for row in rows:
        _scrub(connection, row.household, row.address)
        connection.execute(sa.update(contact).where(contact.c.id == row.id).values(address=f"{GONE} {row.id}"))
    return len(rows)


def _scrub(connection: Connection, household_id: int, address: str) -> None:
    """The same address in the messages of the household, which stay."""
    told = (
        sa.select(delivery.c.id, delivery.c.ladder)
        .join(recipient, recipient.c.id == delivery.c.recipient)
        .where(recipient.c.household == household_id)
    )
    for one in connection.execute(told).all():
        ladder = [step | {"address": GONE} if step["address"] == address else step for step in one.ladder]
        if ladder != one.ladder:
            same = sa.and_(attempt.c.delivery == one.id, attempt.c.address == address)
            connection.execute(sa.update(attempt).where(same).values(address=GONE))
            connection.execute(sa.update(delivery).where(delivery.c.id == one.id).values(ladder=ladder))


def _numbers(connection: Connection, now: int) -> int:
    """The numbers to call of households that moved away, and the links to their pages."""
    over = sa.and_(household.c.ended < now - KEEP_MS, household.c.legacy_address.is_distinct_from(GONE))
    moved = list(connection.execute(sa.select(household.c.id).where(over).limit(SLICE)).scalars())
    values: dict[str, Any] = {"call_numbers": [], "legacy_address": GONE}
    connection.execute(sa.update(household).where(household.c.id.in_(moved)).values(**values))
    connection.execute(sa.delete(home_link).where(home_link.c.household.in_(moved)))
    return len(moved)


def _delete(connection: Connection, table: sa.Table, old: sa.ColumnElement[bool]) -> int:
    some = sa.select(table.c.id).where(old).limit(SLICE)
    return connection.execute(sa.delete(table).where(table.c.id.in_(some))).rowcount
