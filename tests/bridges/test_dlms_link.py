"""The conversation of HDLC frame by frame, and every answer that a meter could give to any question."""

import contextlib
from collections.abc import Generator
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keng_bridges.dlms import mode_e, wrapper
from keng_bridges.dlms.access import Access
from keng_bridges.dlms.association import Association
from keng_bridges.dlms.cipher import Keys
from keng_bridges.dlms.hdlc import DISC, DM, FRMR, SNRM, UA, Frame, address, decode
from keng_bridges.dlms.link import LLC_IN, LLC_OUT, Link
from keng_bridges.dlms.reading import Scales, registers
from keng_bridges.dlms_session import carried
from keng_bridges.errors import BridgeError, FrameError, NoAnswer, Refused

METER, CLIENT = address(1, 17), address(16)


def frame(control: int, information: bytes = b"", *, segmented: bool = False) -> Frame:
    return Frame(CLIENT, METER, control, information, segmented)


class Talk:
    """A conversation led by hand: each call gives an answer and takes the next question."""

    def __init__(self, conversation: Generator[Frame, Frame | None, object]) -> None:
        self._conversation = conversation
        self.asked = next(conversation)
        self.result: object = None

    def answer(self, reply: Frame | None) -> int | None:
        """The control byte of what is asked next; None when it is over."""
        try:
            self.asked = self._conversation.send(reply)
        except StopIteration as finished:
            self.result = finished.value
            return None
        return self.asked.control


def connected(parameters: bytes = b"") -> Link:
    link = Link(METER, CLIENT)
    talk = Talk(link.connect())
    assert talk.asked == Frame(METER, CLIENT, SNRM)
    assert talk.answer(frame(UA, parameters)) is None
    return link


def test_a_question_and_its_answer_are_numbered() -> None:
    link = connected()
    talk = Talk(link.exchange(b"one"))
    assert (talk.asked.control, talk.asked.information) == (0x10, LLC_OUT + b"one")
    assert talk.answer(frame(0x30, LLC_IN + b"1")) is None
    assert talk.result == b"1"
    assert Talk(link.exchange(b"two")).asked.control == 0x32


def test_numbers_go_round_after_eight() -> None:
    link = connected()
    for number in range(20):
        talk = Talk(link.exchange(b"?"))
        assert talk.asked.control == (number % 8) << 5 | 0x10 | (number % 8) << 1
        assert talk.answer(frame(((number + 1) % 8) << 5 | 0x10 | (number % 8) << 1, LLC_IN)) is None


def test_an_answer_in_segments_is_asked_for_one_by_one() -> None:
    talk = Talk(connected().exchange(b"?"))
    assert talk.answer(frame(0x30, LLC_IN + b"a", segmented=True)) == 0x31
    assert talk.answer(frame(0x32, b"b", segmented=True)) == 0x51
    assert talk.answer(frame(0x34, b"c")) is None
    assert talk.result == b"abc"


def test_a_long_question_goes_out_in_segments_that_the_meter_can_take() -> None:
    talk = Talk(connected(bytes.fromhex("81800306012a")).exchange(bytes(60)))
    assert (talk.asked.segmented, len(talk.asked.information)) == (True, 42)
    assert talk.answer(frame(0x31)) == 0x12
    assert (talk.asked.segmented, len(talk.asked.information)) == (False, 21)
    assert talk.answer(frame(0x50, LLC_IN)) is None


def test_after_silence_the_meter_is_asked_what_it_has() -> None:
    talk = Talk(connected().exchange(b"?"))
    assert talk.answer(None) == 0x11
    assert talk.answer(frame(0x30, LLC_IN + b"late")) is None
    assert talk.result == b"late"


def test_a_question_that_never_arrived_is_sent_again() -> None:
    talk = Talk(connected().exchange(b"?"))
    assert talk.answer(None) == 0x11
    assert talk.answer(frame(0x11)) == 0x10
    assert talk.answer(frame(0x30, LLC_IN)) is None


def test_a_meter_that_is_not_ready_is_asked_again() -> None:
    talk = Talk(connected().exchange(b"?"))
    assert talk.answer(frame(0x35)) == 0x11
    assert talk.answer(frame(0x30, LLC_IN)) is None


def test_an_old_answer_is_not_taken_for_the_new_one() -> None:
    link = connected()
    Talk(link.exchange(b"one")).answer(frame(0x30, LLC_IN + b"1"))
    talk = Talk(link.exchange(b"two"))
    assert talk.answer(frame(0x30, LLC_IN + b"1")) == 0x31
    assert talk.answer(frame(0x52, LLC_IN + b"2")) is None
    assert talk.result == b"2"


@pytest.mark.parametrize("answers", [[DM], [FRMR], [None] * 3, [0x31, 0x31, 0x31]])
def test_a_meter_that_does_not_go_on_is_given_up(answers: list[int | None]) -> None:
    talk = Talk(connected().exchange(b"?"))
    *first, last = [None if control is None else frame(control) for control in answers]
    for reply in first:
        talk.answer(reply)
    with pytest.raises(NoAnswer):
        talk.answer(last)


def test_a_connection_that_is_not_opened_is_given_up_after_three_tries() -> None:
    talk = Talk(Link(METER, CLIENT).connect())
    assert [talk.answer(None), talk.answer(frame(DM))] == [SNRM, SNRM]
    with pytest.raises(NoAnswer, match="address"):
        talk.answer(None)


def test_good_bye_is_said_once() -> None:
    talk = Talk(connected().disconnect())
    assert talk.asked.control == DISC
    assert talk.answer(None) is None


@pytest.mark.parametrize("reply", [b"", b"\xe6\xe6\x00", b"nothing of ours"])
def test_an_answer_without_the_meters_llc_is_none(reply: bytes) -> None:
    talk = Talk(connected().exchange(b"?"))
    with pytest.raises(FrameError, match="LLC"):
        talk.answer(frame(0x30, reply))


def test_an_answer_without_an_end_is_cut_off() -> None:
    talk = Talk(connected().exchange(b"?"))
    for number in range(65):
        talk.answer(frame(0x30 | (number % 8) << 1, LLC_IN + bytes(1000), segmented=True))
    with pytest.raises(FrameError, match="more than"):
        talk.answer(frame(0x32, LLC_IN + bytes(1000), segmented=True))


@pytest.mark.parametrize(
    "parameters", ["", "8180", "818012", "81801206", "8180140502008006020080070400000001080400000001", "818003060100"]
)
def test_parameters_of_any_kind_leave_a_usable_frame_size(parameters: str) -> None:
    talk = Talk(connected(bytes.fromhex(parameters)).exchange(bytes(300)))
    assert 32 <= len(talk.asked.information) <= 128


def test_frames_of_others_are_not_ours() -> None:
    link = Link(METER, CLIENT)
    assert link.is_answer(frame(UA))
    assert not link.is_answer(Frame(CLIENT, address(1, 18), UA))
    assert not link.is_answer(Frame(METER, CLIENT, SNRM))


# -- mode E


@pytest.mark.parametrize(
    ("heard", "fastest", "speed"),
    [
        (b"/KNG5\\2METER\r\n", 19200, 9600),
        (b"/?!\r\n\x7f/KNG6\\2METER\r\n", 19200, 19200),
        (b"/KNG5\\2METER\r\n", 5000, 4800),
        (bytes(byte | 0x80 for byte in b"/KNG0\\2METER\r\n"), 9600, 300),
        (b"/KNG5\\2MET", 9600, None),
        (b"", 9600, None),
    ],
)
def test_the_speed_that_a_meter_offers_for_hdlc(heard: bytes, fastest: int, speed: int | None) -> None:
    assert mode_e.offered(heard, fastest) == speed


@pytest.mark.parametrize("heard", [b"/KNG5METER\r\n", b"/KNGA\\2METER\r\n"])
def test_a_meter_that_speaks_no_hdlc_is_refused(heard: bytes) -> None:
    with pytest.raises(Refused, match="62056-21"):
        mode_e.offered(heard, 9600)


def test_hdlc_is_confirmed_with_its_speed() -> None:
    assert mode_e.confirmation(9600) == bytes.fromhex("06323532 0D0A".replace(" ", ""))


# -- whatever a meter answers

replies = st.binary(max_size=60) | st.sampled_from(
    [
        bytes.fromhex("6129a109060760857405080101a203020100a305a103020100be10040e0800065f1f0400005014fa000007"),
        bytes.fromhex("c401c1000600000001"),
        bytes.fromhex("c401c10104"),
        bytes.fromhex("c402c100000000010003020101"),
        bytes.fromhex("d80101"),
        bytes.fromhex("0e010600"),
    ]
)


@settings(max_examples=150)
@given(st.lists(replies, min_size=1, max_size=8), st.booleans())
def test_an_association_takes_any_answer_and_raises_nothing_of_its_own(answers: list[bytes], keyed: bool) -> None:
    class Numbers:
        def take(self) -> int:
            return 1

    keys = Keys(bytes(16), bytes(range(16)))
    association = Association(Access(keys=keys), Numbers()) if keyed else Association(Access())
    waiting = iter(answers * 10)

    def run(conversation: Generator[bytes, bytes, object]) -> None:
        with contextlib.suppress(BridgeError, StopIteration):
            next(conversation)
            while True:
                conversation.send(next(waiting, b""))

    run(association.open())
    run(registers(association, {bytes((1, 0, 1, 8, 0, 255)): 3}, Scales()))
    run(association.release())


@settings(max_examples=150)
@given(st.lists(st.none() | st.tuples(st.integers(0, 255), st.binary(max_size=20), st.booleans()), max_size=30))
def test_a_link_takes_any_frames_and_comes_to_an_end(answers: list[tuple[int, bytes, bool] | None]) -> None:
    link = Link(METER, CLIENT)
    for conversation in (link.connect(), link.exchange(bytes(300)), link.exchange(b"?"), link.disconnect()):
        with contextlib.suppress(BridgeError, StopIteration):
            next(conversation)
            for reply in [*answers, *[None] * 10]:
                conversation.send(reply and frame(reply[0], reply[1], segmented=reply[2]))
            raise AssertionError("it still asks")


@given(st.binary(max_size=12))
def test_a_header_over_tcp_is_ours_or_refused(header: bytes) -> None:
    with contextlib.suppress(FrameError):
        assert 0 < wrapper.length(header, 1, 16) < 65_536
        assert header[:6] == bytes.fromhex("000100010010")


async def test_a_conversation_without_questions_has_only_a_result() -> None:
    def silent() -> Generator[bytes, bytes, datetime]:
        return datetime(2026, 1, 1)
        yield b""

    async def never(message: bytes) -> bytes:
        raise AssertionError(message)

    assert await carried(silent(), never) == datetime(2026, 1, 1)


def test_the_frame_of_the_standard_is_what_opens_a_connection() -> None:
    first = next(Link(address(1, 17, size=4), CLIENT).connect())
    assert decode(bytes.fromhex("A00A000200232193 1871".replace(" ", ""))) == first
