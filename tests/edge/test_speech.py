"""What a voice would stumble over is written out in Vietnamese."""

from pathlib import Path

import pytest

from keng_edge.errors import ConfigError
from keng_edge.outputs import Announcement
from keng_edge.outputs.phrases import load
from keng_edge.outputs.speech import number, spoken
from keng_edge.patterns import PatternKey


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Ngõ 3", "Ngõ ba"),
        ("ngách 12/34", "ngách mười hai trên ba mươi tư"),
        ("số 12B", "số mười hai B"),
        ("SC-0231", "sự cố không hai ba một"),
        ("SC-2026-0231", "sự cố không hai ba một"),
        ("gọi 114", "gọi một một bốn"),
        ("21:00", "hai mươi mốt giờ"),
        ("lúc 21h05", "lúc hai mươi mốt giờ năm phút"),
        ("ngày 08/03/2026", "ngày tám tháng ba năm hai nghìn không trăm hai mươi sáu"),
        ("đội PCCC và ANTT, UBND", "đội phòng cháy chữa cháy và an ninh trật tự, ủy ban nhân dân"),
        ("TDP 5", "tổ dân phố năm"),
        ("TDPX", "TDPX"),
        ("0912345678", "không chín một hai ba bốn năm sáu bảy tám"),
        ("2,5%", "hai phẩy năm phần trăm"),
        ("10-15 phút", "mười đến mười lăm phút"),
        ("hoà", "hoà"),
        ("ngo\u0303 3", "ngõ ba"),
    ],
)
def test_a_text_is_said_as_people_say_it(written: str, said: str) -> None:
    assert spoken(written, load().abbreviations) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "không"),
        (10, "mười"),
        (15, "mười lăm"),
        (21, "hai mươi mốt"),
        (24, "hai mươi tư"),
        (100, "một trăm"),
        (101, "một trăm linh một"),
        (115, "một trăm mười lăm"),
        (1005, "một nghìn không trăm linh năm"),
        (231_000, "hai trăm ba mươi mốt nghìn"),
        (1_000_000_000, "một tỷ"),
    ],
)
def test_numbers_in_words(value: int, said: str) -> None:
    assert number(value) == said


def test_no_digit_is_left_to_the_voice() -> None:
    for value in (*range(1200), 98_765, 1_234_567_890):
        assert not any(letter.isdigit() for letter in number(value))


def test_a_fire_is_said_with_its_place_and_a_drill_is_marked_before_and_after() -> None:
    bank = load()
    assert bank.words(Announcement(PatternKey.FIRE, "Ngõ 3")) == ("", "Cháy! Ngõ ba. Thoát nạn ngay.")
    drill = ("Diễn tập.", "Cháy! Ngõ ba. Thoát nạn ngay. Diễn tập.")
    assert bank.words(Announcement(PatternKey.DRILL, "Ngõ 3")) == drill
    assert bank.words(Announcement(PatternKey.FIRE, "Ngõ 3", drill=True)) == drill
    assert bank.words(Announcement(PatternKey.ALL_CLEAR, "Ngõ 3")).after == "Ngõ ba đã an toàn."
    assert bank.words(Announcement(PatternKey.SELF_TEST)) == ("", "")


@pytest.mark.parametrize("key", PatternKey)
def test_no_phrase_of_a_drill_calls_anybody_and_every_call_but_the_chirp_has_words(key: PatternKey) -> None:
    words = load().words(Announcement(key, "Ngõ 3", drill=True))
    assert words.before == "Diễn tập."
    assert words.after.endswith("Diễn tập.")
    assert "114" not in f"{words}"
    assert "một một bốn" not in f"{words}"
    assert (load().words(Announcement(key)).after == "") == (key is PatternKey.SELF_TEST)


def test_a_village_says_it_in_its_own_words(tmp_path: Path) -> None:
    own = tmp_path / "cau.toml"
    own.write_text('[phrases]\nfire = "Có cháy ở {place}!"\n[abbreviations]\nNVH = "nhà văn hóa"\n')
    bank = load(own)
    assert bank.words(Announcement(PatternKey.FIRE, "NVH thôn 2")).after == "Có cháy ở nhà văn hóa thôn hai!"
    assert bank.words(Announcement(PatternKey.ALL_CLEAR, "Ngõ 3")).after == "Ngõ ba đã an toàn."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[phrases]\nfire = "Cháy {who}"\n', "only {place} is known, not who"),
        ('[phrases]\nfire = "Cháy {place"\n', "fire"),
        ('[phrases]\nchay = "Cháy"\n', "chay"),
        ("phrases = 3\n", "phrases"),
        ("[phrases\n", "line 1"),
        ("tieng = 1\n", "tieng"),
    ],
)
def test_a_table_with_a_mistake_is_told_with_its_file(tmp_path: Path, text: str, words: str) -> None:
    own = tmp_path / "cau.toml"
    own.write_text(text)
    with pytest.raises(ConfigError, match=r"cau\.toml") as caught:
        load(own)
    assert words in str(caught.value)
