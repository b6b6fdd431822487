"""Leaving is as easy as joining: it counts at once, is written down, and no list of the file undoes a joining."""

from typing import Any

import pytest
import sqlalchemy as sa

from keng_hub import places
from keng_hub.config import Recipient, Step
from keng_hub.deliveries import ledger
from keng_hub.deliveries.ledger import Letter, Text
from keng_hub.deliveries.states import DeliveryKind
from keng_hub.incidents import route
from keng_hub.people import consents, contacts, leaving, recipients, register
from keng_hub.people.errors import Refused
from keng_hub.people.register import Entry
from keng_hub.people.states import How
from keng_hub.tables import attempt, contact, household, recipient
from keng_wire.alarm import Category
from support.households import OTHER, PHONE, Households
from support.village_rows import DUTY

FIRE = Letter(None, "SC-0001", DeliveryKind.ALARM, Category.FIRE, False, Text("Cháy", "Chay", "Fire"))


def _alarm(homes: Households, house: int) -> None:
    person = homes.database.read_now(recipients.person, house)
    homes.database.write_now(ledger.enqueue, FIRE, [person], homes.now)


def _waiting(homes: Households) -> list[str]:
    return [row.address for row in homes.rows(sa.select(attempt).where(attempt.c.state == "queued"))]


def test_a_stop_by_message_ends_the_contact_its_ladder_and_what_waits_for_it(homes: Households) -> None:
    house = homes.add()
    homes.join(house)
    homes.database.write_now(homes_clear)
    homes.join(house, "email", "nha12@thon.example")
    _alarm(homes, house)
    assert homes.database.write_now(leaving.leave, "sms", PHONE, homes.now + 5) == [house]
    row = homes.told(house)
    assert [step["channel"] for step in row.ladder] == ["email"]
    assert PHONE not in _waiting(homes)
    assert "nha12@thon.example" in _waiting(homes)
    newest = homes.database.read_now(consents.of_household, house)[0]
    assert (newest["act"], newest["how"], newest["at"]) == ("withdrawn", "reply", homes.now + 5)


def homes_clear(connection: Any) -> None:
    """The code's own message is out of the way."""
    connection.execute(sa.update(attempt).values(state="accepted"))


def test_who_left_everywhere_is_not_told_any_more_and_may_come_back(homes: Households) -> None:
    house = homes.add()
    key = homes.join(house)
    assert homes.database.write_now(leaving.withdraw, key, How.HOME, homes.now)
    assert not homes.database.write_now(leaving.withdraw, key, How.HOME, homes.now)
    assert (homes.told(house).active, homes.told(house).ladder) == (False, [])
    assert homes.database.write_now(leaving.leave, "sms", PHONE, homes.now) == []
    homes.now += 120_000
    assert homes.join(house) == key
    assert homes.told(house).active
    acts = [one["act"] for one in homes.database.read_now(consents.of_household, house)]
    assert acts == ["given", "withdrawn", "given"]


def test_a_number_where_nobody_is_leaves_the_ladder_and_is_no_withdrawal(small: Households) -> None:
    house = small.add()
    small.join(house)
    assert small.database.write_now(contacts.unreachable, "sms", PHONE, small.now) == [house]
    assert small.database.write_now(contacts.unreachable, "sms", PHONE, small.now) == []
    assert not small.told(house).active
    assert small.rows(sa.select(contact.c.state))[0].state == "dead"
    assert [one["act"] for one in small.database.read_now(consents.of_household, house)] == ["given"]


def test_a_household_that_moved_away_is_told_nothing_and_its_house_can_be_added_anew(homes: Households) -> None:
    house = homes.add()
    homes.join(house)
    assert homes.database.write_now(register.end, house, homes.now, DUTY)
    assert not homes.database.write_now(register.end, house, homes.now, DUTY)
    assert not homes.told(house).active
    said = homes.database.read_now(consents.of_household, house)[0]
    assert (said["how"], said["full_name"]) == ("moved", "Nguyễn Văn Mẫu")
    assert homes.add() != house


def test_the_file_of_recipients_leaves_households_alone(small: Households) -> None:
    house = small.add()
    small.join(house)
    officer = Recipient(id="truc-ban", name="Trực ban", ladder=[Step(channel="page")])
    small.database.write_now(places.apply_recipients, [officer])
    assert small.told(house).active
    gone = small.rows(sa.select(recipient.c.active).where(recipient.c.id == "truong-thon"))
    assert [row.active for row in gone] == [False]


def test_no_escalation_ever_tells_a_household(small: Households) -> None:
    house = small.add()
    small.join(house)
    for tiers in (range(1, 2), range(1, 5)):
        people = small.database.write_now(route.people, "fire", "ngo-3", tiers, small.now)
        assert people
        assert f"ho-{house}" not in {person.id for person in people}
    assert small.database.read_now(route.tiers_above_first) == [2]


def test_a_house_is_there_once_marks_and_capitals_aside(small: Households) -> None:
    house = small.add("Nhà số 12")
    for label in ("nha so 12", "NHÀ  SỐ 12", "Nha\u0300 số 12"):
        with pytest.raises(Refused, match="doubled"):
            small.add(label)
    other = small.add("Nhà số 12", "so-7")
    with pytest.raises(Refused, match="doubled"):
        small.database.write_now(register.change, other, Entry("ngo-3", "Nhà số 12"))
    small.database.write_now(register.change, house, Entry("ngo-3", "Nhà số 12A", (OTHER,)))
    assert small.rows(sa.select(household.c.call_numbers).where(household.c.id == house))[0].call_numbers == [OTHER]
    assert small.told(house).name == "Nhà số 12A"


@pytest.mark.parametrize(
    ("entry", "why"),
    [(Entry("nowhere", "Nhà 1"), "no_place"), (Entry("ngo-3", "Nhà 1", ("+841", "+842", "+843", "+844")), "numbers")],
)
def test_an_entry_that_cannot_be_kept_is_refused(small: Households, entry: Entry, why: str) -> None:
    with pytest.raises(Refused, match=why):
        small.database.write_now(register.add, entry, small.now)


def test_households_are_found_with_and_without_marks_by_the_old_address_too(small: Households) -> None:
    small.add("Nhà 10")
    small.add("Nhà 2", legacy_address="Xóm Đình, xã Cũ")
    small.add("Nhà hoà", "so-5")

    def find(words: str) -> list[str]:
        return [row["label"] for row in small.database.read_now(register.listed, sa.true(), words)]

    assert find("") == ["Nhà 2", "Nhà 10", "Nhà hoà"]
    assert find("xom dinh") == ["Nhà 2"]
    assert find("hòa") == ["Nhà hoà"]
    assert find("ngõ 3") == ["Nhà 2", "Nhà 10"]


def test_a_telephone_is_a_person_for_the_count_of_the_system_level(small: Households) -> None:
    before = small.database.read_now(register.subjects)
    house = small.add(call_numbers=(PHONE, OTHER))
    small.join(house)
    assert small.database.read_now(register.subjects) == before + 3
