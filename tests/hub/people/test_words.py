"""Telephone numbers and the order of Vietnamese names, as people write and expect them."""

import random
import unicodedata

import pytest

from keng_hub.people import phones, sorting, ways
from keng_hub.people.errors import Refused


@pytest.mark.parametrize("typed", ["0912345678", "0912 345 678", "+84 912 345 678", "84912345678", "(0912) 345-678"])
def test_a_number_is_kept_in_one_form_however_it_is_typed(typed: str) -> None:
    assert phones.number(typed, mobile=True) == "+84912345678"


def test_numbers_are_shown_as_people_write_them() -> None:
    assert phones.shown("+84912345678") == "0912 345 678"
    assert phones.shown(phones.number("02438261234")) == "024 3826 1234"


def test_a_masked_number_shows_its_ends_only() -> None:
    assert phones.masked("+84912345678") == "09•• ••• 678"
    assert "2345" not in ways.masked("sms", "+84912345678")
    assert ways.masked("email", "lan@thon.example") == "l•••@thon.example"
    assert ways.masked("zalo_bot", "chat-77") == ""


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("01234567890", "old_number"),
        ("0168 234 5678", "old_number"),
        ("+84 1234567890", "old_number"),
        ("123", "number"),
        ("114", "number"),
        ("0912 345", "number"),
        ("+1 650 253 0000", "number"),
        ("không có", "number"),
        ("0912345678 ext 5", "number"),
        ("9" * 5000, "number"),
        ("024 3826 1234", "not_mobile"),
    ],
)
def test_what_cannot_get_a_message_is_refused_with_its_reason(typed: str, why: str) -> None:
    with pytest.raises(Refused) as refused:
        phones.number(typed, mobile=True)
    assert refused.value.code == why


@pytest.mark.parametrize("typed", ["lan", "lan@", "@thon.example", "a b@thon.example", "lan@thon", "x@y.z\n@a.example"])
def test_what_is_no_mail_address_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match="mail"):
        ways.address("email", typed)


def test_a_chat_is_never_typed() -> None:
    with pytest.raises(Refused, match="chat"):
        ways.address("zalo_bot", "chat-77")


def test_residents_choose_text_messages_once_however_many_ways_send_them() -> None:
    assert ways.offered({"page", "email", "sms_gateway", "sms"}) == ["sms", "email"]
    assert ways.offered({"sms_gateway", "zalo_bot"}) == ["zalo_bot", "sms_gateway"]
    assert ways.offered({"page", "webhook"}) == []


ORDERED = [
    "12 Ngõ 3",
    "An",
    "án",
    "ăn",
    "Ân",
    "Ba",
    "bà",
    "bả",
    "bã",
    "bá",
    "bạ",
    "ban",
    "Dung",
    "đu",
    "Đức",
    "em",
    "êm",
    "Nhà 2",
    "Nhà 10",
    "Nhà 10A",
    "Oanh",
    "ông",
    "ớt",
    "Sơn",
    "Uyên",
    "ưng",
    "Xuân",
]


def test_the_order_is_that_of_the_dictionary_and_of_the_numbers() -> None:
    mixed = ORDERED.copy()
    random.Random(7).shuffle(mixed)
    assert sorted(mixed, key=sorting.key) == ORDERED
    decomposed = [unicodedata.normalize("NFD", text) for text in mixed]
    assert [unicodedata.normalize("NFC", text) for text in sorted(decomposed, key=sorting.key)] == ORDERED


def test_letters_count_before_tones_and_anything_can_be_sorted() -> None:
    assert sorting.key("bà") < sorting.key("ban") < sorting.key("bàn")
    for strange in ("", "\u0301", "…", "中", "x\u030a", "½", "²", "ß", "\U0001f525"):
        assert sorting.key(strange) == sorting.key(strange)
        sorted([strange, "Nhà 2", "2"], key=sorting.key)


def test_people_stand_by_their_given_names() -> None:
    people = ["Trần Văn Ân", "Lê Thị Bình", "Đỗ Văn An"]
    assert sorted(people, key=sorting.person) == ["Đỗ Văn An", "Trần Văn Ân", "Lê Thị Bình"]
