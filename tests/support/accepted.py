"""A message that a provider took, and of which it may say more later."""

import sqlalchemy as sa

from keng_hub.database import Database
from keng_hub.deliveries import ledger
from keng_hub.deliveries.ledger import Letter, Person, Step, Text
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.tables import attempt, recipient
from keng_wire.alarm import Category
from support.messages import SENT


def accepted(database: Database, provider_id: str, *steps: Step) -> None:
    """A notice to one person at `SENT`: its first step was accepted, which stopped the others."""

    def write(connection: sa.Connection) -> None:
        letter = Letter(None, "SC-0231", DeliveryKind.NOTICE, Category.INFO, False, Text("x", "x", "x"))
        person = connection.execute(sa.select(recipient.c.id).limit(1)).scalar_one()
        ledger.enqueue(connection, letter, [Person(person, steps)], SENT)
        newest = sa.select(sa.func.max(attempt.c.delivery)).scalar_subquery()
        ours = sa.update(attempt).where(attempt.c.delivery == newest)
        connection.execute(ours.where(attempt.c.n == 1).values(state="accepted", provider_id=provider_id))
        connection.execute(ours.where(attempt.c.n > 1).values(state="stopped", due=SENT + 60_000))

    database.write_now(write)
