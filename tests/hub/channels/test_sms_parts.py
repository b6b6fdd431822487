"""How many messages a text is: the two alphabets, borders of parts, and the spelling that costs least."""

import unicodedata

import pytest

from keng_hub.channels.sms.parts import Coding, Spelling, sms_parts, spelled
from support.messages import message

ALERT = (
    "CHÁY: đầu báo khói tầng 2. Số 5, Ngõ 3, thôn Mẫu. Chưa xác minh. "
    "Ra ngoài theo lối gần nhất, gọi 114. Lúc 18:06 18/11. SC-0231"
)


@pytest.mark.parametrize(
    ("text", "coding", "units", "messages"),
    [
        ("", Coding.GSM7, 0, 1),
        ("a" * 160, Coding.GSM7, 160, 1),
        ("a" * 161, Coding.GSM7, 161, 2),
        ("a" * 306, Coding.GSM7, 306, 2),
        ("a" * 307, Coding.GSM7, 307, 3),
        ("[" * 80, Coding.GSM7, 160, 1),
        ("a" * 159 + "€", Coding.GSM7, 161, 2),
        ("a" * 152 + "€" + "a" * 152, Coding.GSM7, 306, 3),  # the euro does not stand across a border
        ("àèéìòùÑ@", Coding.GSM7, 8, 1),
        ("ă" * 70, Coding.UCS2, 70, 1),
        ("ă" * 71, Coding.UCS2, 71, 2),
        ("ă" * 134, Coding.UCS2, 134, 2),
        ("ă" * 135, Coding.UCS2, 135, 3),
        ("a\u00a0b", Coding.UCS2, 3, 1),
        ("🔥" * 35, Coding.UCS2, 70, 1),
        ("ă" * 66 + "🔥" + "ă" * 66, Coding.UCS2, 134, 3),  # nor does one of two units
        ("`", Coding.UCS2, 1, 1),
    ],
)
def test_a_text_is_counted_as_the_network_counts_it(text: str, coding: Coding, units: int, messages: int) -> None:
    assert sms_parts(text) == (coding, units, messages)


def test_a_decomposed_text_counts_as_the_composed_one_that_is_sent() -> None:
    assert 115 < len(ALERT) < 135
    assert sms_parts(ALERT).messages == sms_parts(unicodedata.normalize("NFD", ALERT)).messages == 2


def test_of_the_letters_with_marks_only_six_are_in_the_small_alphabet() -> None:
    marked = [chr(n) for n in range(0xC0, 0x1EFA) if _is_vietnamese(chr(n))]
    assert {letter for letter in marked if sms_parts(letter).coding is Coding.GSM7} == set("àèéìòù")


def _is_vietnamese(letter: str) -> bool:
    plain = unicodedata.normalize("NFD", letter)
    marks = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323", "\u0302", "\u0306", "\u031b"}
    return letter in "đ" or (plain[0] in "aeiouy" and len(plain) > 1 and set(plain[1:]) <= marks)


@pytest.mark.parametrize(
    ("spelling", "marked", "expected"),
    [
        (Spelling.PLAIN, "CHÁY số 5", "CHAY so 5"),
        (Spelling.MARKS, "CHÁY " * 60, "CHÁY " * 60),
        (Spelling.CHEAPEST, "CHÁY số 5", "CHÁY số 5"),
        (Spelling.CHEAPEST, "CHÁY số 5. " * 7, "CHAY so 5. " * 7),
        (Spelling.CHEAPEST, "CHAY so 5. " * 20, "CHAY so 5. " * 20),
    ],
)
def test_marks_are_kept_where_they_cost_no_part_more(spelling: Spelling, marked: str, expected: str) -> None:
    plain = unicodedata.normalize("NFD", marked).encode("ascii", "ignore").decode()
    sent = message(body_vi=unicodedata.normalize("NFD", marked), body_ascii=plain)
    assert spelled(sent, spelling) == expected


def test_signs_that_nobody_misses_do_not_double_the_price() -> None:
    sent = message(body_ascii="Mat dien\u00a0tu “8h” – 17h…")
    assert spelled(sent, Spelling.PLAIN) == 'Mat dien tu "8h" - 17h...'
