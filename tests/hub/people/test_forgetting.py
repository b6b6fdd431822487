"""What nobody needs any more of residents is deleted, and that they agreed and left is not."""

import sqlalchemy as sa

from keng_hub import doctor
from keng_hub.people import leaving, register, trying
from keng_hub.people.forgetting import forget
from keng_hub.people.states import How
from keng_hub.tables import attempt, consent_event, contact, contact_code, delivery, household
from support.households import OTHER, PHONE, Households
from support.village_rows import DUTY

DAY = 86_400_000


def _everywhere(homes: Households) -> str:
    queries = (sa.select(contact), sa.select(attempt), sa.select(delivery), sa.select(household))
    return "".join(str(row) for query in queries for row in homes.rows(query))


def test_the_number_of_who_left_is_gone_after_ninety_days_and_the_consent_stays(homes: Households) -> None:
    house, neighbour = homes.add(), homes.add("Nhà 14")
    key = homes.join(house)
    homes.now += 120_000
    homes.join(neighbour, address=OTHER)
    homes.database.write_now(trying.send, house, homes.now)
    homes.database.write_now(leaving.withdraw, key, How.HOME, homes.now)
    homes.now += 89 * DAY
    homes.database.write_now(forget, homes.now)
    assert PHONE in _everywhere(homes)
    homes.now += 2 * DAY
    assert homes.database.write_now(forget, homes.now) == 1
    assert homes.database.write_now(forget, homes.now) == 0
    left = _everywhere(homes)
    assert PHONE not in left
    assert OTHER in left
    assert [row.act for row in homes.rows(sa.select(consent_event).where(consent_event.c.household == house))] == [
        "given",
        "withdrawn",
    ]


def test_numbers_to_call_go_with_the_household(small: Households) -> None:
    house = small.add(call_numbers=(PHONE,), legacy_address="Xóm Đình")
    small.database.write_now(register.end, house, small.now, DUTY)
    small.now += 91 * DAY
    assert small.database.write_now(forget, small.now) == 1
    assert small.database.write_now(forget, small.now) == 0
    assert PHONE not in _everywhere(small)
    assert "Xóm Đình" not in _everywhere(small)


def test_codes_that_are_over_go_after_a_day(small: Households) -> None:
    small.begin(small.add())
    small.now += 2 * DAY
    assert small.database.write_now(forget, small.now) == 1
    assert small.rows(sa.select(contact_code)) == []


def test_the_doctor_counts_people_and_warns_before_the_limit(small: Households) -> None:
    small.add(call_numbers=(PHONE, OTHER))
    finding = small.database.read_now(doctor._subjects)  # pyright: ignore[reportPrivateUsage]
    assert finding.ok
    assert finding.detail.startswith("4 người")
    numbers = [f"+8491{n:07d}" for n in range(register.WARNED_FROM)]
    many = sa.update(household).values(call_numbers=numbers)
    small.database.write_now(lambda connection: connection.execute(many))
    assert not small.database.read_now(doctor._subjects).ok  # pyright: ignore[reportPrivateUsage]
