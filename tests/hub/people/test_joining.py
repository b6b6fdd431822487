"""How households join: codes on paper, six digits, and what makes a contact verified."""

import pytest
import sqlalchemy as sa

from keng_hub.people import codes, contacts, homes, linking, register, verification
from keng_hub.people.errors import Refused
from keng_hub.people.linking import link
from keng_hub.people.states import CodeKind, How
from keng_hub.people.verification import Failure, Wish
from keng_hub.tables import attempt, consent_event, contact, contact_code, delivery, joining_code
from support.households import OTHER, PHONE, Households
from support.village_rows import DUTY

DAY, MINUTE = 86_400_000, 60_000


def test_a_household_that_has_not_joined_is_a_recipient_whom_nobody_tells(small: Households) -> None:
    row = small.told(small.add())
    assert (row.id, row.tier, row.active, row.ladder, row.place) == ("ho-1", 0, False, [], "ngo-3")


def test_the_right_digits_verify_the_contact_and_put_it_on_the_ladder(homes: Households) -> None:
    house = homes.add()
    key = homes.join(house)
    row = homes.told(house)
    assert (row.active, row.ladder) == (True, [{"channel": "sms", "address": PHONE, "after_s": 15}])
    (said,) = homes.rows(sa.select(consent_event))
    assert (said.contact, said.channel, said.act, said.how) == (key, "sms", "given", "qr")
    assert homes.rows(sa.select(contact_code.c.digits))[0].digits is None


def test_the_code_is_sent_to_the_address_before_the_queue_of_notices_and_lives_ten_minutes(small: Households) -> None:
    house = small.add()
    digits = small.digits(small.begin(house))
    (sent,) = small.rows(sa.select(delivery))
    assert digits in sent.body_vi
    assert digits in sent.body_ascii
    assert len(sent.body_ascii) <= 160
    assert sent.expires == small.now + 10 * MINUTE
    (way,) = small.rows(sa.select(attempt))
    assert (way.channel, way.address, way.priority, way.due) == ("sms", PHONE, 3, small.now)
    assert small.told(house).ladder == []


def test_wrong_digits_verify_nothing_and_five_of_them_end_the_code(small: Households) -> None:
    house = small.add()
    code = small.begin(house)
    right = small.digits(code)
    wrong = "000000" if right != "000000" else "111111"

    def type_in(digits: str) -> int | Failure:
        return small.database.write_now(verification.confirm, code, house, digits, small.now)

    assert [type_in(wrong) for _ in range(5)] == [Failure.WRONG] * 5
    assert type_in(right) is Failure.OVER
    assert small.rows(sa.select(contact)) == []


@pytest.mark.parametrize("late", [10 * MINUTE, DAY])
def test_digits_are_good_for_ten_minutes(small: Households, late: int) -> None:
    house = small.add()
    code = small.begin(house)
    digits = small.digits(code)
    small.now += late
    assert small.database.write_now(verification.confirm, code, house, digits, small.now) is Failure.OVER


def test_digits_are_good_once_and_for_their_household_alone(homes: Households) -> None:
    house, neighbour = homes.add(), homes.add("Nhà 14")
    code = homes.begin(house)
    digits = homes.digits(code)
    assert homes.database.write_now(verification.confirm, code, neighbour, digits, homes.now) is Failure.OVER
    assert homes.database.write_now(verification.confirm, code, house, digits, homes.now) == 1
    assert homes.database.write_now(verification.confirm, code, house, digits, homes.now) is Failure.OVER


def test_nobody_is_flooded_with_codes(small: Households) -> None:
    house, neighbour = small.add(), small.add("Nhà 14")
    small.begin(house)
    with pytest.raises(Refused, match="too_soon"):
        small.begin(neighbour)
    for _ in range(2):
        small.now += 2 * MINUTE
        small.begin(house)
    small.now += 2 * MINUTE
    with pytest.raises(Refused, match="too_many"):
        small.begin(neighbour)
    small.begin(neighbour, address=OTHER)
    small.now += 60 * MINUTE
    small.begin(neighbour)


def test_a_household_may_ask_for_a_dozen_codes_a_day(small: Households) -> None:
    house = small.add()
    for n in range(verification.PER_HOUSEHOLD):
        small.begin(house, address=f"+8491234{n:04d}")
    with pytest.raises(Refused, match="too_many"):
        small.begin(house)
    small.now += DAY
    small.begin(house)


def test_a_chat_is_linked_by_the_message_it_sends(homes: Households) -> None:
    house = homes.add()
    wish = Wish(house, "zalo_bot", None, "vi", How.QR)
    begun = homes.database.write_now(verification.begin, wish, homes.now)
    assert homes.rows(sa.select(delivery)) == []
    assert homes.database.read_now(linking.linked, begun.id, house) is None
    assert homes.database.write_now(link, "zalo_oa", "chat-77", begun.digits, homes.now) is Failure.WRONG
    assert homes.database.write_now(link, "zalo_bot", "chat-77", begun.digits, homes.now + 1) == house
    assert homes.database.read_now(linking.linked, begun.id, house) == 1
    assert homes.told(house).ladder == [{"channel": "zalo_bot", "address": "chat-77", "after_s": 0}]
    assert homes.database.write_now(link, "zalo_bot", "chat-78", begun.digits, homes.now + 2) is Failure.WRONG


def test_a_chat_that_guesses_has_to_wait(small: Households) -> None:
    house = small.add()
    begun = small.database.write_now(verification.begin, Wish(house, "zalo_bot", None, "vi", How.QR), small.now)
    for _ in range(5):
        assert small.database.write_now(link, "zalo_bot", "chat-66", "bậy", small.now) is Failure.WRONG
    assert small.database.write_now(link, "zalo_bot", "chat-66", begun.digits, small.now + 1) is Failure.OVER
    assert small.database.write_now(link, "zalo_bot", "chat-77", begun.digits, small.now + 1) == house


def test_digits_in_use_are_never_given_twice(small: Households, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([7, 7, 7, 8])

    def draw(below: int) -> int:
        return next(drawn) % below

    monkeypatch.setattr("secrets.randbelow", draw)
    first = small.begin(small.add())
    second = small.begin(small.add("Nhà 14"), address=OTHER)
    assert [small.digits(code) for code in (first, second)] == ["000007", "000008"]


def test_the_paper_of_a_household_opens_for_its_days_and_a_new_one_makes_it_void(homes: Households) -> None:
    house = homes.add()
    old = homes.database.write_now(codes.make, house, CodeKind.HOUSEHOLD, DUTY, 60, homes.now)
    assert len(set(old)) > 5
    typed = codes.spelt(old).upper().replace("-", " ")
    row = homes.database.read_now(codes.find, typed)
    assert row is not None
    assert (row.household, row.label) == (house, "Nhà 12")
    assert codes.good(row, homes.now + 59 * DAY)
    assert not codes.good(row, homes.now + 60 * DAY)
    new = homes.database.write_now(codes.make, house, CodeKind.HOUSEHOLD, DUTY, 60, homes.now)
    assert homes.database.read_now(codes.find, old) is None
    assert homes.database.read_now(codes.find, new) is not None
    assert old not in str(homes.rows(sa.select(joining_code)))


def test_a_supporters_code_is_good_for_one_contact(homes: Households) -> None:
    house = homes.add()
    code = homes.database.write_now(codes.make, house, CodeKind.SUPPORTER, DUTY, 2, homes.now)
    row = homes.database.read_now(codes.find, code)
    assert row is not None

    def begin(address: str) -> int:
        wish = Wish(house, "sms", address, "vi", How.SUPPORTER, row.id)
        return homes.database.write_now(verification.begin, wish, homes.now).id

    first, second = begin(PHONE), begin(OTHER)
    answers = [
        homes.database.write_now(verification.confirm, one, house, homes.digits(one), homes.now)
        for one in (first, second)
    ]
    assert answers == [1, Failure.OVER]
    assert [one.address for one in homes.rows(sa.select(contact))] == [PHONE]
    spent = homes.database.read_now(codes.find, code)
    assert spent is not None
    assert not codes.good(spent, homes.now)


def test_a_code_taken_back_in_between_verifies_nothing(small: Households) -> None:
    house = small.add()
    code = small.database.write_now(codes.make, house, CodeKind.HOUSEHOLD, DUTY, 60, small.now)
    row = small.database.read_now(codes.find, code)
    assert row is not None
    begun = small.database.write_now(verification.begin, Wish(house, "sms", PHONE, "vi", How.QR, row.id), small.now)
    small.database.write_now(codes.revoke, house, small.now)
    assert small.database.write_now(verification.confirm, begun.id, house, begun.digits, small.now) is Failure.OVER


def test_the_link_of_a_home_is_known_by_its_digest_and_ends_with_its_contact(homes: Households) -> None:
    house = homes.add()
    key = homes.join(house)
    token = homes.database.write_now(_home, key, homes.now)
    found = homes.database.read_now(_found, token)
    assert found is not None
    assert (found.label, found.contact) == ("Nhà 12", key)
    assert homes.database.read_now(_found, token + "x") is None
    assert homes.database.write_now(register.end, house, homes.now, DUTY)
    assert homes.database.read_now(_found, token) is None


def test_two_people_of_a_house_are_two_steps_and_a_neighbours_phone_speaks_for_both_houses(homes: Households) -> None:
    house, neighbour = homes.add(), homes.add("Nhà 14")
    homes.join(house)
    homes.now += 2 * MINUTE
    homes.join(house, "email", "nha12@thon.example")
    homes.join(neighbour)
    assert [step["channel"] for step in homes.told(house).ladder] == ["sms", "email"]
    spoken = homes.database.read_now(contacts.at, "sms_gateway", PHONE)
    assert [row.household for row in spoken] == [house, neighbour]
    assert homes.database.read_now(contacts.at, "email", PHONE) == []


_home, _found = homes.make, homes.find
"""Under names of their own, because the fixture bears the module's."""
