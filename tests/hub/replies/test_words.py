"""What people write, as they write it: no marks, other marks, any case, slips; and never *safe* on a denial."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keng_hub.replies.spelling import folded, slips
from keng_hub.replies.words import Code, Meaning, parse
from keng_wire.alarm import Category

DENIALS = ["không", "khong", "KO", "k", "chưa", "chua", "chẳng", "mất", "hết", "not", "chả", "đâu", "thiếu", "kém", "?"]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("AN TOAN", Meaning.SAFE),
        ("an toàn", Meaning.SAFE),
        ("antoan", Meaning.SAFE),
        ("AN TÒAN", Meaning.SAFE),
        ("an taon", Meaning.SAFE),
        ("an toann", Meaning.SAFE),
        ("An toàn.", Meaning.SAFE),
        ("ＡＮ ＴＯＡＮ", Meaning.SAFE),
        ("cả nhà em đều an toàn ạ", Meaning.SAFE),
        ("nha 5 an toan roi", Meaning.SAFE),
        ("we are safe", Meaning.SAFE),
        ("CAN GIUP", Meaning.NEED_HELP),
        ("cần giúp", Meaning.NEED_HELP),
        ("cna giup", Meaning.NEED_HELP),
        ("cangiup", Meaning.NEED_HELP),
        ("cứu với", Meaning.NEED_HELP),
        ("không thở được, cứu tôi", Meaning.NEED_HELP),
        ("không an toàn", Meaning.NEED_HELP),
        ("chua an toan", Meaning.NEED_HELP),
        ("ko antoan", Meaning.NEED_HELP),
        ("mất an toàn", Meaning.NEED_HELP),
        ("not safe", Meaning.NEED_HELP),
        ("SOS", Meaning.NEED_HELP),
        ("DUNG", Meaning.STOP),
        ("Dừng", Meaning.STOP),
        ("dừng nhận tin", Meaning.STOP),
        ("1", Meaning.TEST_ANSWER),
        ("BAO co nguoi la vao nha", Meaning.REPORT),
        ("báo: rò gas ngõ 3", Meaning.REPORT),
        ("Cháy nhà 12 ngõ 3", Meaning.REPORT),
        ("chay o ngo 3", Meaning.REPORT),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_it_is_understood(text: str, meaning: Meaning, form: str) -> None:
    assert parse(unicodedata.normalize(form, text)).meaning is meaning  # type: ignore[arg-type]  # one of the two


@pytest.mark.parametrize(
    "text",
    ["Đúng", "dùng", "đừng nhận tin", "không cần giúp", "có an toàn không", "an toàn không?", "an toàn à", "am i safe",
     "kantoan", "k antoan k", "antoank", "an toàn trừ ông", "bình an", "", "   ", "😀", "0231", "11", "tôi chạy ra rồi",
     "toi chay ra roi", "đập khóa", "khong chay", "nha 12", "nhà 0012", "SC-0231", "LIENKET", "LIENKET 12345", "bao"],
)  # fmt: skip
def test_what_is_not_clear_goes_to_a_person(text: str) -> None:
    assert parse(text).meaning in (Meaning.UNCLEAR, Meaning.NEED_HELP)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NHAN 0231", Code(231)),
        ("nhận 231", Code(231)),
        ("Nhan SC-0231", Code(231)),
        ("NHAN SC-2026-0231", Code(231, 2026)),
        ("nhan0231", Code(231)),
        ("nahn 0231", Code(231)),
        ("Đã tiếp nhận 0231", Code(231)),
        ("NHAN", None),
        ("nhan 12345678", None),
    ],
)
def test_an_acknowledgement_names_its_incident(text: str, code: Code | None) -> None:
    said = parse(text)
    assert (said.meaning, said.code) == (Meaning.ACKNOWLEDGE, code)


@pytest.mark.parametrize("text", ["LIENKET 123456", "lien ket 123456", "Liên kết: 123456", "lienkte123456"])
def test_a_code_links_a_phone(text: str) -> None:
    said = parse(text)
    assert (said.meaning, said.digits) == (Meaning.LINK, "123456")


@pytest.mark.parametrize(
    ("text", "category", "rest"),
    [
        ("BAO chay nha 5", Category.FIRE, "chay nha 5"),
        ("Báo có trộm ở ngõ 3", Category.SECURITY, "có trộm ở ngõ 3"),
        ("bao: tai nạn đầu ngõ", Category.MEDICAL, "tai nạn đầu ngõ"),
        ("bao cột điện nghiêng", Category.INFO, "cột điện nghiêng"),
    ],
)
def test_a_report_says_what_it_is_about(text: str, category: Category, rest: str) -> None:
    said = parse(text)
    assert (said.meaning, said.category, said.rest) == (Meaning.REPORT, category, rest)


@given(st.text())
@example("a" * 100_000)
@example("\u0301" * 5000)
@example("NHAN " + "9" * 5000)
def test_nothing_that_is_sent_breaks_it(text: str) -> None:
    assert isinstance(parse(text).meaning, Meaning)


@given(
    st.sampled_from(DENIALS),
    st.sampled_from(["an toàn", "AN TOAN", "antoan", "an toàn rồi", "cả nhà an toàn", "safe"]),
    st.sampled_from(["{d} {s}", "{s} {d}", "tôi {d} {s}", "{s} thì {d}", "{d} được {s}", "nhà em {s} {d}", "{d}{s}"]),
    st.sampled_from(["NFC", "NFD"]),
)
def test_a_denial_is_never_safe(denial: str, safe: str, shape: str, form: str) -> None:
    text = unicodedata.normalize(form, shape.format(d=denial, s=safe))  # type: ignore[arg-type]  # one of the two
    assert parse(text).meaning is not Meaning.SAFE


@given(st.text(alphabet="kKhHoOnNgG ", min_size=1, max_size=8))
def test_no_beginning_of_a_khong_is_lost_in_front_of_safe(before: str) -> None:
    text = before + "an toan"
    if folded(before).strip() not in ("", "o", "on", "ngo", "ho"):
        assert parse(text).meaning is not Meaning.SAFE


@given(st.text(alphabet="abc", max_size=6), st.text(alphabet="abc", max_size=6))
def test_slips_are_counted_the_same_both_ways(one: str, other: str) -> None:
    assert slips(one, other) == slips(other, one)
    assert (slips(one, other) == 0) == (one == other)
