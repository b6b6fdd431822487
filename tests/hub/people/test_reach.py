"""Reach of places, the tree of groups and lists from files, on both databases."""

import pytest
import sqlalchemy as sa

from keng_hub.people import groups, imports, reach
from keng_hub.people.errors import Refused
from keng_hub.people.files import Bad, EntryFault, Line, read
from keng_hub.people.imports import EntryChange
from keng_hub.people.reach import Channels, Unreached
from keng_hub.people.register import Entry
from keng_hub.tables import account, channel_test, household_import, place, recipient
from support.households import OTHER, PHONE, Households
from support.village_rows import DUTY

ALL = Channels(frozenset({"sms", "email"}), frozenset())


@pytest.mark.parametrize(
    ("contacts", "why"),
    [
        ([], Unreached.NEVER),
        ([("sms", "verified")], None),
        ([("sms", "left")], Unreached.LEFT),
        ([("sms", "dead"), ("sms", "left")], Unreached.DEAD),
        ([("zalo_bot", "verified")], Unreached.CHANNEL),
        ([("email", "verified"), ("zalo_bot", "verified")], Unreached.TEST),
        ([("email", "verified"), ("sms", "verified")], None),
    ],
)
def test_why_a_household_is_not_reached_is_what_is_nearest_to_working(
    contacts: list[tuple[str, str]], why: Unreached | None
) -> None:
    known = Channels(frozenset({"sms", "email"}), frozenset({"email"}))
    assert reach.why(contacts, known) is why


def test_the_reach_of_a_place_is_that_of_all_that_lies_in_it(homes: Households) -> None:
    first, _ = homes.add(), homes.add("Nhà 5", "so-5")
    homes.add("Nhà 1", "thon-khac")
    homes.join(first)
    shares = [homes.database.read_now(reach.of_place, where, ALL) for where in ("xa-mau", "thon-mau", "thon-khac")]
    assert [(one.reached, one.households) for one in shares] == [(1, 3), (1, 2), (0, 1)]
    assert shares[1].percent == 50
    assert homes.database.read_now(reach.of_place, "so-7", ALL).percent is None


def test_the_last_self_test_of_a_channel_decides(small: Households) -> None:
    for at, channel, ok in ((1, "sms", False), (2, "sms", True), (1, "email", True), (2, "email", False)):
        row = sa.insert(channel_test).values(channel=channel, at=at, ok=ok, detail="")
        small.database.write_now(lambda connection, row=row: connection.execute(row))  # type: ignore[misc]
    known = small.database.read_now(reach.channels, {"sms", "email", "zalo_bot"})
    assert sorted(known.working) == ["sms", "zalo_bot"]
    assert sorted(known.failing) == ["email"]


def test_groups_stand_under_their_village_with_leader_counts_and_chats(homes: Households) -> None:
    house = homes.add("Nhà 5", "so-5")
    homes.add()
    homes.join(house)
    head = sa.update(account).where(account.c.id == DUTY).values(role="group_head", place="ngo-3")
    homes.database.write_now(lambda connection: connection.execute(head))
    key = homes.database.write_now(groups.add_channel, "ngo-3", "zalo_oa", "123", "Zalo ngõ 3", homes.now)
    rows = homes.database.read_now(groups.tree, sa.true(), ALL)
    assert [(one["id"], one["depth"], one["own"]) for one in rows] == [
        ("xa-mau", 0, 0),
        ("thon-khac", 1, 0),
        ("thon-mau", 1, 0),
        ("ngo-3", 2, 2),
    ]
    assert (rows[3]["leaders"], tuple(rows[3]["share"])) == (["Nguyễn Văn Mẫu"], (1, 2))
    assert rows[3]["channels"][0]["address"] == "gmf:123"
    with pytest.raises(Refused, match="doubled"):
        homes.database.write_now(groups.add_channel, "thon-mau", "zalo_oa", "gmf:123", "lại", homes.now)
    homes.database.write_now(groups.end_channel, key, homes.now)
    (told,) = homes.rows(sa.select(recipient).where(recipient.c.id == groups.recipient_id(key)))
    assert (told.tier, told.active) == (0, False)


def test_a_list_is_compared_kept_and_brought_in_once(homes: Households) -> None:
    homes.add("Nhà 1", call_numbers=(PHONE,))
    names = homes.database.read_now(imports.place_names, place.c.id.in_(["ngo-3", "so-5"]))
    lines = read([["Nhà", "Ngõ", "SĐT"], ["Nhà 1", "Ngõ 3", OTHER], ["Nhà 2", "NGO 3", ""], ["Nhà 3", "Xa", ""]], names)
    assert lines[2] == Bad(4, EntryFault.UNKNOWN, "Xa")
    key = homes.database.write_now(imports.prepare, DUTY, ("ho.csv", b"x"), lines, homes.now)
    row = homes.database.read_now(imports.get, DUTY, key)
    assert row is not None
    assert [line[5] for line in row["lines"]] == [EntryChange.DIFFERENT.value, EntryChange.NEW.value]
    assert homes.database.read_now(imports.get, DUTY + 1, key) is None
    homes.add("nha 2")  # somebody was quicker
    assert homes.database.write_now(imports.confirm, DUTY, key, homes.now) == 0
    with pytest.raises(Refused, match="done"):
        homes.database.write_now(imports.confirm, DUTY, key, homes.now)
    homes.database.write_now(imports.prepare, DUTY, ("ho.csv", b"x"), lines, homes.now)
    homes.database.write_now(imports.prepare, DUTY, ("ho.csv", b"x"), [], homes.now + 2 * 86_400_000)
    assert len(homes.rows(sa.select(household_import))) == 2


def test_a_place_that_bears_the_name_of_another_is_asked_about(small: Households) -> None:
    places = {"ngo 3": ["a", "b"], "ngo 4": ["c"]}
    lines = read([["Nhà", "Ngõ"], ["1", "Ngõ 3"], ["2", "ngo 4"], ["3", ""], ["", ""]], places, "d")
    assert lines == [
        Bad(2, EntryFault.AMBIGUOUS, "Ngõ 3"),
        Line(3, Entry("c", "2")),
        Line(4, Entry("d", "3")),
    ]
