"""What people send by every two-way channel: wrong, huge, doubled, forged, late has its reason and is answered."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
import sqlalchemy as sa

from keng_hub import tables
from keng_hub.database import Database
from keng_hub.incidents import actions
from keng_hub.incidents.states import Verdict
from keng_hub.people import verification
from keng_hub.people.states import How
from keng_hub.people.verification import Wish
from keng_hub.replies.inbox import LONGEST
from support.homes import PHONE, add_home, answers, send
from support.village_rows import DUTY, Village

ADDRESSES = {"sms": PHONE, "zalo_bot": "chat-7", "zalo_oa": "777"}
"""E-mail, push and the gateway bring nothing that people write."""
STRANGERS = {"sms": "+84988000111", "zalo_bot": "chat-la", "zalo_oa": "999"}


class Case(NamedTuple):
    """What is sent, by whom, the reason that stands beside it, and words of the answer."""

    kind: str
    text: str
    reason: str
    answer: str
    known: bool = True


CASES = [
    Case("wrong", "", "unclear", "Chưa hiểu tin của bạn"),
    Case("wrong", "🔥🔥 ???", "unclear", "Chưa hiểu tin của bạn"),
    Case("wrong", "AN\x00 \x07\x1b[2J", "unclear", "Chưa hiểu tin của bạn"),
    Case("wrong", "LIENKET abc", "unclear", "Chưa hiểu tin của bạn"),
    Case("wrong", "NHAN 9999999999", "no_right", "không được quyền tiếp nhận"),
    Case("huge", "hỏi " * 250_000, "unclear", "Chưa hiểu tin của bạn"),
    Case("forged", "NHAN 0001", "no_right", "không được quyền tiếp nhận"),
    Case("forged", "NHAN 0001", "unknown_sender", "chưa đăng ký", known=False),
    Case("forged", "AN TOAN", "unknown_sender", "chưa đăng ký", known=False),
    Case("forged", "DUNG", "nothing_to_stop", "không có trong danh sách", known=False),
    Case("forged", "LIENKET 123456", "wrong_digits", "Mã không đúng hoặc đã hết hạn", known=False),
]


@pytest.fixture
def hamlet(sqlite_url: str) -> Iterator[Village]:
    """A village with a household that is told by every channel, and a fire."""
    database = Database(sqlite_url)
    made = Village(database)
    home = made.do(add_home)
    for channel, address in ADDRESSES.items():
        if channel != "sms":
            values = {"household": home, "channel": channel, "address": address, "state": "verified", "added": 1}
            made.execute(sa.insert(tables.contact).values(**values, consented=1, verified=1))
    made.alarm()
    yield made
    database.close()


def _answer(village: Village) -> str:
    """The last answer, as it was written."""
    answered = sa.select(tables.inbound.c.answer).where(tables.inbound.c.answer.is_not(None))
    return str(village.rows(tables.delivery, tables.delivery.c.id.in_(answered))[-1].body_vi)


@pytest.mark.parametrize("channel", ADDRESSES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}-{case.text[:10]!r}-{case.reason}")
def test_a_bad_message_is_kept_with_its_reason_and_answered(hamlet: Village, channel: str, case: Case) -> None:
    incidents = [(row.id, row.state) for row in hamlet.rows(tables.incident)]
    address = (ADDRESSES if case.known else STRANGERS)[channel]
    row = hamlet.row(tables.inbound, send(hamlet, case.text, address, channel))
    assert (row.reason, len(row.text) <= LONGEST) == (case.reason, True)
    assert case.answer in _answer(hamlet)
    assert [(row.id, row.state) for row in hamlet.rows(tables.incident)] == incidents
    assert hamlet.rows(tables.roll_call_answer) == []
    assert [row.state for row in hamlet.rows(tables.contact)] == ["verified"] * 3


@pytest.mark.parametrize("channel", ADDRESSES)
def test_a_message_that_is_brought_twice_is_one_and_answered_once(hamlet: Village, channel: str) -> None:
    for text in ("CAN GIUP", "CAN GIUP", "chữ khác, cùng số của nhà mạng"):
        send(hamlet, text, ADDRESSES[channel], channel, key="một tin")
    assert [row.text for row in hamlet.rows(tables.inbound)] == ["CAN GIUP"]
    assert "CẦN GIÚP" in _answer(hamlet)
    assert len(answers(hamlet)) == 1


@pytest.mark.parametrize("channel", ADDRESSES)
def test_a_message_after_the_end_is_written_down_and_said_so(hamlet: Village, channel: str) -> None:
    hamlet.act(actions.acknowledge, 1, DUTY)
    hamlet.act(actions.close, 1, DUTY, Verdict.DEVICE_FAULT, "đã dập")
    row = hamlet.row(tables.inbound, send(hamlet, "AN TOAN", ADDRESSES[channel], channel))
    assert (row.text, row.reason) == ("AN TOAN", "no_incident")
    assert "Hiện không có báo động nào ở chỗ bạn" in _answer(hamlet)


@pytest.mark.parametrize("channel", ["zalo_bot", "zalo_oa"])
def test_digits_that_ran_out_link_nothing_and_say_so(hamlet: Village, channel: str) -> None:
    begun = hamlet.do(verification.begin, Wish(1, channel, None, "vi", How.QR), hamlet.now)
    code = hamlet.row(tables.contact_code, begun.id)
    hamlet.wait((code.expires - hamlet.now) / 1000 + 1)
    row = hamlet.row(tables.inbound, send(hamlet, f"LIENKET {code.digits}", STRANGERS[channel], channel))
    assert row.reason == "wrong_digits"
    assert "Mã không đúng hoặc đã hết hạn" in _answer(hamlet)
    assert len(hamlet.rows(tables.contact)) == 3
