"""A village with a worker whose channels are scripted, for tests of the ledger."""

from typing import Any

import sqlalchemy as sa

from keng_hub import tables
from keng_hub.channels.channel import Outgoing
from keng_hub.deliveries import ledger
from keng_hub.deliveries.budgets import Limits
from keng_hub.deliveries.ledger import Letter, Person, Step, Text
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.deliveries.worker import Deliveries
from keng_hub.wakes import Wakes
from keng_wire.alarm import Category
from support.scripted_channel import ScriptedChannel
from support.village_rows import Village, add_recipient


class PricedChannel(ScriptedChannel):
    """One whose messages cost 300 đồng, and are of `of_parts` parts."""

    of_parts = 1

    def price(self, message: Outgoing) -> int:
        """Đồng."""
        return 300

    def parts(self, message: Outgoing) -> int:
        """How many."""
        return self.of_parts


class Post:
    """`sms` costs money; one `round` claims, sends and settles."""

    def __init__(self, village: Village, **limits: Limits) -> None:
        self.village = village
        self.page, self.sms, self.email = ScriptedChannel(), PricedChannel(), ScriptedChannel()
        channels = {"page": self.page, "sms": self.sms, "email": self.email}
        self.worker = Deliveries(village.database, channels, Wakes(), village.clock, "https://keng.example", limits)

    async def round(self, seconds: float = 0) -> int:
        """Move the clock on and work once; says how many tries began."""
        self.village.wait(seconds)
        begun = await self.worker.run_once()
        await self.worker.settled()
        return begun

    def house(self, key: str, *steps: Step) -> Person:
        """A household with this ladder."""
        household = {"place": "so-5", "label": "Nhà 5", "call_numbers": list[str](), "added": self.village.now}
        number = self.village.do(_insert_household, household)
        ladder = [step._asdict() for step in steps]
        self.village.do(add_recipient, key, ladder, tier=0, household=number)
        for step in steps:
            values = {"household": number, "channel": step.channel, "address": step.address, "state": "verified"}
            self.village.execute(sa.insert(tables.contact).values(**values, added=self.village.now))
        return Person(key, steps)

    def tell(self, *people: Person, category: Category = Category.INFO, code: str = "TB-0001", **more: Any) -> int:
        """Write a message to them; says how many."""
        kind = DeliveryKind.NOTICE if category is Category.INFO else DeliveryKind.ALARM
        letter = Letter(None, code, kind, category, False, Text("Mất điện.", "Mat dien.", "No power."), **more)
        count: int = self.village.do(ledger.enqueue, letter, people, self.village.now)
        return count

    def states(self, channel: str = "sms") -> list[str]:
        """How far the attempts of a channel got."""
        return [row.state for row in self.village.rows(tables.attempt, tables.attempt.c.channel == channel)]

    def faults(self, cause: str) -> list[sa.Row[Any]]:
        """The incidents with this cause."""
        return self.village.rows(tables.incident, tables.incident.c.cause == cause)


def _insert_household(connection: sa.Connection, values: dict[str, Any]) -> int:
    written = sa.insert(tables.household).values(values).returning(tables.household.c.id)
    return int(connection.execute(written).scalar_one())
