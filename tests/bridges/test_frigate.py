"""Frigate's words over MQTT: read by its documentation, refused where they make no sense, never a person's name."""

import contextlib
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keng_bridges.errors import PayloadError
from keng_bridges.frigate import Available, Followed, Review, Stats, Step, decode, recording
from keng_bridges.recording import Damaged, Decoded
from support.frigate_words import event, review, stats


def said(leaf: str, body: dict[str, Any]) -> object:
    return decode(f"frigate/{leaf}", json.dumps(body).encode())


def test_a_thing_that_is_followed() -> None:
    assert said("events", event()) == Followed(
        id="1795402800.250000-vat1",
        camera="cong_lang",
        label="person",
        step=Step.NEW,
        score=Decimal("0.8984375"),
        false_positive=False,
        zones=("duong_vao",),
        lasted=3500,
    )


def test_its_end_is_told_by_frigates_own_clock() -> None:
    found = said("events", event("end", lasted=61.25))
    assert isinstance(found, Followed)
    assert (found.step, found.lasted) == (Step.END, 61_250)


def test_a_review() -> None:
    assert said("reviews", review("end")) == Review(
        id="1795402800.250000-xem1",
        camera="cong_lang",
        alert=True,
        step=Step.END,
        labels=("dog", "person"),
        zones=("duong_vao",),
        lasted=12_500,
    )


@pytest.mark.parametrize(("word", "online"), [(b"online", True), (b"offline", False)])
def test_birth_and_last_will(word: bytes, online: bool) -> None:
    assert decode("frigate/available", word) == Available(online)


def test_how_the_cameras_do() -> None:
    assert said("stats", stats(cong_lang=5.1, kho=0.0)) == Stats({"cong_lang": Decimal("5.1"), "kho": Decimal("0.0")})


def test_names_of_people_and_plates_are_never_read() -> None:
    body = event(sub_label=["Người Thử", 0.9], recognized_license_plate="00X-00000")
    text = repr(said("events", body)) + repr(list(recording(json.dumps(body).encode())))
    assert "Người" not in text
    assert "00X" not in text


@pytest.mark.parametrize("topic", ["frigate/cong_lang/person", "frigate", "nha/frigate/events", "frigate/events/x"])
def test_other_topics_are_passed_over(topic: str) -> None:
    assert decode(topic, b"\xff\xd8") is None


def test_another_base_and_a_deleted_message() -> None:
    body = json.dumps(event()).encode()
    assert isinstance(decode("nha/cam/events", body, base="nha/cam"), Followed)
    assert decode("frigate/events", b"") is None


@pytest.mark.parametrize(
    ("leaf", "body", "words"),
    [
        ("events", {"type": "begun", "after": {}}, "not new, update or end"),
        ("events", {"type": "new"}, "no `after`"),
        ("events", event(id=7), "id"),
        ("events", event(id="x" * 65), "id"),
        ("events", event(camera="a/b"), "camera"),
        ("events", event(label=""), "label"),
        ("events", event(start_time=None), "start_time"),
        ("reviews", review(severity="grave"), "severity"),
        ("reviews", review(start_time="soon"), "start_time"),
    ],
)
def test_what_makes_no_sense_is_refused(leaf: str, body: dict[str, Any], words: str) -> None:
    with pytest.raises(PayloadError, match=words):
        said(leaf, body)


@pytest.mark.parametrize(
    ("leaf", "payload"),
    [("available", b"perhaps"), ("events", b"[]"), ("events", b"x" * 300_000), ("stats", b"\xff"), ("reviews", b"{")],
)
def test_what_is_no_message_is_refused(leaf: str, payload: bytes) -> None:
    with pytest.raises(PayloadError, match=f"frigate/{leaf}"):
        decode(f"frigate/{leaf}", payload)


def test_odd_numbers_are_no_scores_and_no_times() -> None:
    found = said("events", event("end", top_score=7, end_time=1.0))
    assert isinstance(found, Followed)
    assert (found.score, found.lasted) == (None, 0)
    assert said("stats", {"cameras": {"a": {"camera_fps": -1}, "b": 5, "c": {"camera_fps": "nan"}}}) == Stats({})


@pytest.mark.parametrize(("leaf", "body"), [("events", event()), ("reviews", review())])
def test_a_message_that_is_cut_anywhere_is_refused(leaf: str, body: dict[str, Any]) -> None:
    whole = json.dumps(body).encode()
    for length in range(1, len(whole)):
        with pytest.raises(PayloadError):
            decode(f"frigate/{leaf}", whole[:length])


@pytest.mark.parametrize(("leaf", "body"), [("events", event()), ("reviews", review())])
def test_a_wrong_bit_is_refused_or_another_message_but_never_a_fault_of_ours(leaf: str, body: dict[str, Any]) -> None:
    """There is no check sum: a bit may make another name, number or zone out of one."""
    whole = json.dumps(body).encode()
    for place in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[place // 8] ^= 1 << place % 8
        try:
            found = decode(f"frigate/{leaf}", bytes(changed))
        except PayloadError:
            continue
        assert isinstance(found, Followed | Review)


@given(st.binary(max_size=200), st.sampled_from(["events", "reviews", "stats", "available", "x"]))
def test_any_bytes_are_refused_or_read(payload: bytes, leaf: str) -> None:
    with contextlib.suppress(PayloadError):
        decode(f"frigate/{leaf}", payload)
    assert all(isinstance(item, Decoded | Damaged) for item in recording(f"frigate/{leaf} ".encode() + payload))
    assert all(isinstance(item, Decoded | Damaged) for item in recording(payload))


def test_a_recording_of_bare_messages_and_of_lines_with_topics() -> None:
    lines = [
        json.dumps(event()),
        "frigate/reviews " + json.dumps(review()),
        "frigate/available online",
        "frigate/stats " + json.dumps(stats(kho=5)),
        "frigate/events {",
    ]
    items = list(recording("\n".join(lines).encode()))
    followed, reviewed, online, pictures = (item for item in items if isinstance(item, Decoded))
    assert (followed.device, followed.facts["label"]) == ("cong_lang", "person")
    assert reviewed.facts["severity"] == "alert"
    assert online.facts["online"] is True
    assert pictures.facts["camera_fps"] == {"kho": "5"}
    assert isinstance(items[-1], Damaged)
