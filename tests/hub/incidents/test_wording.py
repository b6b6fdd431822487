"""The texts people get: every kind, short, in three spellings, without names."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keng_hub.deliveries.lateness import with_lateness
from keng_hub.incidents.wording import Facts, Say, compose, short_code, without_marks
from keng_hub.incidents.words import CAUSES
from keng_wire.alarm import Category, Evidence
from keng_wire.fire_hint import FireSign

_FACTS = Facts(
    code="SC-2026-0231",
    category=Category.FIRE,
    cause="smoke",
    evidence=Evidence.SINGLE_DETECTOR,
    verdict="unverified",
    place_words="Số 5, Ngõ 3, Thôn Mẫu, Xã Mẫu",
    happened=1_795_000_000_000,
)


def test_a_fire_in_plain_vietnamese() -> None:
    assert compose(Say.ALARM, _FACTS) == (
        "CHÁY: đầu báo khói. Số 5, Ngõ 3, Thôn Mẫu, Xã Mẫu. Chưa xác minh. Lúc 18:06 18/11. SC-0231",
        "CHAY: dau bao khoi. So 5, Ngo 3, Thon Mau, Xa Mau. Chua xac minh. Luc 18:06 18/11. SC-0231",
        "FIRE: smoke detector. Số 5, Ngõ 3, Thôn Mẫu, Xã Mẫu. Not verified. At 18:06 18/11. SC-0231",
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"evidence": Evidence.TWO_DETECTORS}, "Từ hai đầu báo trở lên."),
        ({"evidence": Evidence.PERSON, "cause": "manual_call_point"}, "có người ấn nút báo cháy."),
        ({"evidence": Evidence.PERSON}, "Người tại chỗ báo."),
        ({"hinted": FireSign.FLAMES}, "Camera cũng thấy giống lửa, chưa xác minh."),
        ({"hinted": FireSign.SMOKE}, "Camera cũng thấy giống khói, chưa chắc, chưa xác minh."),
        ({"hinted": FireSign.FLAMES, "evidence": Evidence.TWO_DETECTORS}, "Từ hai đầu báo trở lên."),
        ({"verdict": "confirmed"}, "Đã xác nhận có thật."),
        ({"rescued": True}, "Tin đọc được không đủ, chưa xác minh."),
        ({"category": Category.SECURITY, "cause": "intrusion"}, "AN NINH: có xâm nhập."),
        ({"category": Category.MEDICAL, "cause": "sos_button"}, "CẤP CỨU: có người bấm nút khẩn cấp."),
        ({"cause": "co-gi-do-moi"}, "CHÁY: chưa rõ nguyên nhân."),
        ({"late": 125_000}, "MUỘN 2 phút. CHÁY"),
        ({"drill": True, "late": 125_000}, "DIỄN TẬP. MUỘN 2 phút. CHÁY"),
        ({"test": True}, "THỬ. CHÁY"),
        ({"clock_doubt": True}, "Lúc khoảng 18:06"),
    ],
)
def test_what_is_known_is_said(changed: dict[str, object], words: str) -> None:
    assert words in compose(Say.ALARM, replace(_FACTS, **changed)).vi  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("unverified", "Đã khống chế."),
        ("confirmed", "Đã khống chế."),
        ("false_alarm", "Là báo nhầm, không có nguy hiểm."),
        ("hoax", "Là báo giả, không có nguy hiểm."),
        ("device_fault", "Do lỗi thiết bị, không có nguy hiểm."),
        ("drill", "Kết thúc diễn tập."),
    ],
)
def test_an_all_clear_says_what_it_was(verdict: str, words: str) -> None:
    text = compose(Say.ALL_CLEAR, replace(_FACTS, verdict=verdict, drill=verdict == "drill", late=600_000)).vi
    assert words in text
    assert text.removeprefix("DIỄN TẬP. ").startswith("BÁO YÊN: ")


def test_a_fault_has_no_word_on_sureness() -> None:
    text = compose(Say.ALARM, replace(_FACTS, category=Category.FAULT, cause="node_silent")).vi
    assert text == "LỖI KỸ THUẬT: mất liên lạc với trạm. Số 5, Ngõ 3, Thôn Mẫu, Xã Mẫu. Lúc 18:06 18/11. SC-0231"


def test_nobody_is_counted_in_minutes() -> None:
    assert compose(Say.NOBODY, replace(_FACTS, waiting_ms=185_000)).vi.startswith("3 PHÚT CHƯA AI TIẾP NHẬN. CHÁY")


@pytest.mark.parametrize("say", list(Say))
@pytest.mark.parametrize("cause", list(CAUSES))
def test_every_text_without_marks_fits_one_message(say: Say, cause: str) -> None:
    facts = replace(_FACTS, cause=cause, drill=True, late=3_000_000, clock_doubt=True, waiting_ms=3_000_000)
    text = compose(say, facts)
    assert len(text.ascii) <= 160
    assert text.ascii.isascii()
    assert "114" not in text.vi + text.ascii + text.en
    assert text.vi.startswith("DIỄN TẬP. ")


def test_a_long_place_loses_its_outer_parts_never_the_house() -> None:
    place = "Số 5, " + ", ".join(f"Một nơi có cái tên rất dài thứ {n}" for n in range(9))
    text = compose(Say.ALARM, replace(_FACTS, place_words=place))
    assert len(text.ascii) <= 160
    assert "So 5" in text.ascii
    assert place in text.vi


@given(st.text())
def test_without_marks_is_ascii_whatever_people_write(text: str) -> None:
    assert without_marks(text).isascii()


def test_decomposed_names_come_out_composed() -> None:
    place = unicodedata.normalize("NFD", "Thôn Mẫu")
    text = compose(Say.ALARM, replace(_FACTS, place_words=place))
    assert "Thôn Mẫu" in text.vi
    assert "Thon Mau" in text.ascii


def test_the_short_code_leaves_the_year_out() -> None:
    assert short_code("SC-2026-0231") == "SC-0231"
    assert short_code("SC-2026-12345") == "SC-12345"


@pytest.mark.parametrize(
    ("body", "waited", "marked"),
    [
        ("CHÁY", 60_000, "CHÁY"),
        ("CHÁY", 61_000, "MUỘN 1 phút. CHÁY"),
        ("DIỄN TẬP. CHÁY", 600_000, "DIỄN TẬP. MUỘN 10 phút. CHÁY"),
        ("THỬ. CHÁY", 600_000, "THỬ. MUỘN 10 phút. CHÁY"),
        ("MUỘN 7 phút. CHÁY", 600_000, "MUỘN 17 phút. CHÁY"),
    ],
)
def test_what_waited_in_our_own_queue_says_so_too(body: str, waited: int, marked: str) -> None:
    assert with_lateness(body, waited, "vi") == marked
