"""What the worker of deliveries makes of households: codes go out at any hour, a dead number leaves its ladder."""

import sqlalchemy as sa

from keng_hub.channels.channel import ErrorClass, Outcome
from keng_hub.deliveries import ledger
from keng_hub.deliveries.ledger import Letter, Text
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.deliveries.worker import Deliveries
from keng_hub.people import recipients, trying
from keng_hub.tables import contact, incident
from keng_hub.wakes import Wakes
from keng_wire.alarm import Category
from support.households import OTHER, PHONE, Households
from support.scripted_channel import ScriptedChannel

HOUR = 3_600_000
GONE = Outcome.refused(ErrorClass.UNREACHABLE, "no_such_number")


async def _send(homes: Households, **channels: ScriptedChannel) -> None:
    worker = Deliveries(homes.database, channels, Wakes(), lambda: homes.now)
    while await worker.run_once():
        await worker.settled()


async def test_a_code_asked_for_at_night_is_sent_at_night_before_the_notices(small: Households) -> None:
    small.now += 5 * HOUR  # 23:06
    house, neighbour = small.add(), small.add("Nhà 14")
    notice = Letter(None, "TB-1", DeliveryKind.NOTICE, Category.INFO, False, Text("Họp", "Hop", "Meeting"))
    person = small.database.read_now(recipients.person, neighbour)._replace(ladder=[ledger.Step("sms", OTHER)])
    small.database.write_now(ledger.enqueue, notice, [person], small.now)
    digits = small.digits(small.begin(house))
    sms = ScriptedChannel()
    await _send(small, sms=sms)
    assert [(one.address, digits in one.body_ascii) for one in sms.sent] == [(PHONE, True)]


async def test_a_code_that_cannot_be_sent_troubles_nobody_but_its_reader(small: Households) -> None:
    house = small.add()
    small.begin(house)
    await _send(small, sms=ScriptedChannel(GONE))
    assert small.rows(sa.select(incident)) == []
    assert small.rows(sa.select(contact)) == []


async def test_a_number_where_nobody_is_any_more_is_dead_and_the_next_step_goes_on(homes: Households) -> None:
    house = homes.add()
    homes.join(house)
    homes.join(house, "email", "nha12@thon.example")
    await _send(homes, sms=ScriptedChannel(), email=ScriptedChannel())
    homes.database.write_now(trying.send, house, homes.now)
    mail = ScriptedChannel()
    await _send(homes, sms=ScriptedChannel(GONE), email=mail)
    assert [one.body_vi.partition(".")[0] for one in mail.sent] == ["THỬ"]
    row = homes.told(house)
    assert (row.active, [step["channel"] for step in row.ladder]) == (True, ["email"])
    states = homes.rows(sa.select(contact.c.channel, contact.c.state).order_by(contact.c.id))
    assert [tuple(one) for one in states] == [("sms", "dead"), ("email", "verified")]
