"""Messages: stamping, reading, and every way a payload can be wrong."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keng_wire.alarm import Category, Evidence, Phase, Severity
from keng_wire.conditions import ClockQuality
from keng_wire.control import Ack
from keng_wire.event import SNAPSHOT_LIMIT, Gap, Snapshot
from keng_wire.examples import all_examples
from keng_wire.message import AlarmMessage, BadMessage, Sent, first_number, parse, rescue_alarm, stamped
from keng_wire.topics import MessageClass

SENT = Sent(boot="5e1f00d1", up=90_000, at=1_795_402_900_000, clock=ClockQuality.HOLDOVER, replay=True)


def payload(name: str = "alarm", case: str = "raised", /, **changes: object) -> dict[str, Any]:
    return {**all_examples()[name][case], **changes}


def refusal(fields: object, cls: MessageClass = MessageClass.ALARM, node: str = "ngo-3") -> BadMessage:
    raw = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    with pytest.raises(BadMessage) as caught:
        parse(cls, node, raw)
    return caught.value


@pytest.mark.parametrize("cls", MessageClass)
def test_every_example_is_read_on_its_own_topic_and_written_back_the_same(cls: MessageClass) -> None:
    for given_payload in all_examples()[cls.value].values():
        message = parse(cls, "ngo-3", json.dumps(given_payload).encode())
        assert json.loads(message.model_dump_json(exclude_none=True)) == given_payload
        assert parse(cls, "ngo-3", message.model_dump_json().encode()) == message


def test_stamping_puts_the_time_of_sending_in_front_of_the_same_bytes() -> None:
    fields = payload()
    del fields["sent"]
    record = json.dumps(fields).encode()
    message = stamped(record, SENT)
    assert message.endswith(record[1:])
    assert parse(MessageClass.ALARM, "ngo-3", message).sent == SENT


def test_a_record_without_a_stamp_is_a_message_too() -> None:
    fields = payload()
    del fields["sent"]
    assert parse(MessageClass.ALARM, "ngo-3", json.dumps(fields).encode()).sent is None


def test_a_gap_stands_for_all_its_numbers() -> None:
    message = parse(MessageClass.EVENT, "ngo-3", json.dumps(payload("event", "gap")).encode())
    assert isinstance(message.body, Gap)
    assert (first_number(message), message.number) == (100, 115)


def test_an_ordinary_message_stands_for_its_own_number() -> None:
    assert first_number(parse(MessageClass.ALARM, "ngo-3", json.dumps(payload()).encode())) == 41


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"v": 2}, "v: version 2 is not known here; this hub speaks 1"),
        ({"node": "ngo-4"}, "node: says 'ngo-4' on the topic of 'ngo-3'"),
        ({"node": "Ngõ 3"}, "node: String should match pattern"),
        ({"number": 0}, "number: Input should be greater than or equal to 1"),
        ({"number": "seven"}, "number: Input should be a valid integer"),
        ({"stream": "no hex"}, "stream: String should match pattern"),
        ({"boot": None}, "boot: Input should be a valid string"),
        ({"at": -1}, "at: Input should be greater than or equal to 0"),
        ({"at": 10**18}, "at: Input should be less than or equal to"),
        ({"clock": "perfect"}, "clock: Input should be 'synced', 'holdover' or 'unknown'"),
        ({"class": "event"}, "class: Input should be 'alarm'"),
        ({"body": {}}, "body.occurrence: Field required (+6 more)"),
        ({"body": 7}, "body: Input should be"),
        ({"tea": 1}, "tea: Extra inputs are not permitted"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_wrong(change: dict[str, object], said: str) -> None:
    assert said in refusal(payload(**change)).reason


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "payload: Invalid JSON"),
        (b"not json", "payload: Invalid JSON"),
        (b"[]", "payload: Input should be an object"),
        (b'"alarm"', "payload: Input should be an object"),
        (b'{"v":1', "payload: Invalid JSON"),
        (b"\xff\xfe", "payload: Invalid JSON"),
        (b'{"a":' * 3_000 + b"1" + b"}" * 3_000, "payload: Invalid JSON: recursion limit exceeded"),
    ],
)
def test_what_is_no_object_of_json_is_refused(raw: bytes, said: str) -> None:
    error = refusal(raw)
    assert said in error.reason
    assert (error.stream, error.number) == (None, None)


def test_a_value_that_is_no_number_is_refused() -> None:
    raw = json.dumps(payload("reading", "readings")).replace("229.8", "NaN").encode()
    assert "body.readings.rows.1.3" in refusal(raw, MessageClass.READING).reason


def test_too_many_readings_are_refused() -> None:
    rows = [["cong-to-1", "power", 0, 1.0]] * 501
    assert (
        "at most 500"
        in refusal(payload("reading", "readings", body={"kind": "readings", "rows": rows}), MessageClass.READING).reason
    )


def test_a_snapshot_over_the_limit_is_refused_and_one_at_it_is_not() -> None:
    from base64 import b64encode

    fields = all_examples()["event"]["snapshot"]["body"]
    assert len(Snapshot(**fields | {"jpeg": b64encode(bytes(SNAPSHOT_LIMIT))}).jpeg) == SNAPSHOT_LIMIT
    with pytest.raises(ValueError, match="150000"):
        Snapshot(**fields | {"jpeg": b64encode(bytes(SNAPSHOT_LIMIT + 1))})


def test_a_gap_that_ends_before_it_begins_is_refused() -> None:
    body = {"kind": "gap", "first": 200, "count": 1, "reason": "disk full"}
    error = refusal(payload("event", "gap", body=body), MessageClass.EVENT)
    assert "body.first" in error.reason
    assert (error.stream, error.number) == ("0badcafe", 115)


def test_stream_and_number_are_told_when_only_the_rest_is_wrong() -> None:
    error = refusal(payload(clock="perfect"))
    assert (error.stream, error.number) == ("0badcafe", 41)


@pytest.mark.parametrize("number", [True, 0, -5, 1.5, "41", None])
def test_a_number_that_is_none_is_not_told(number: object) -> None:
    assert refusal(payload(number=number, clock="perfect")).number is None


def test_an_alarm_of_a_version_from_the_future_is_still_an_alarm() -> None:
    fields = payload(v=7, mood="grim", body=payload()["body"] | {"smell": "burnt", "cause": "plasma"})
    rescued = rescue_alarm("ngo-3", json.dumps(fields).encode())
    assert rescued is not None
    assert (rescued.number, rescued.stream, rescued.at) == (41, "0badcafe", fields["at"])
    assert rescued.body.device == "bep-khoi-1"
    assert rescued.body.occurrence == "00c0ffee00c0ffee"
    assert rescued.body.cause == "other"


def test_what_cannot_be_understood_is_taken_for_the_worst() -> None:
    rescued = rescue_alarm("ngo-3", b'{"stream": "0badcafe", "number": 41, "body": "help"}')
    assert rescued is not None
    body = rescued.body
    assert (body.category, body.severity, body.phase) == (Category.FIRE, Severity.CRITICAL, Phase.RAISED)
    assert body.evidence is Evidence.SINGLE_DETECTOR
    assert rescued.clock is ClockQuality.UNKNOWN


def test_rescued_alarms_of_two_numbers_are_two_occurrences_and_a_repeat_is_the_same() -> None:
    first, second = (rescue_alarm("ngo-3", b'{"stream":"0badcafe","number":%d}' % number) for number in (41, 42))
    again = rescue_alarm("ngo-3", b'{"number":41,"stream":"0badcafe"}')
    assert first is not None
    assert second is not None
    assert first.body.occurrence != second.body.occurrence
    assert first == again


def test_without_stream_or_number_there_is_nothing_to_rescue() -> None:
    assert rescue_alarm("ngo-3", b'{"number": 41}') is None
    assert rescue_alarm("ngo-3", b"\x00\x01") is None


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from([*payload(), *payload()["body"], "body", "sent", "node"])


@settings(max_examples=50)
@given(st.dictionaries(FIELDS, JSON_VALUES), st.dictionaries(FIELDS, JSON_VALUES))
def test_with_stream_and_number_every_alarm_is_rescued_whatever_else_it_holds(
    outer: dict[str, Any], body: dict[str, Any]
) -> None:
    fields = payload() | outer | {"body": payload()["body"] | body, "stream": "0badcafe", "number": 41}
    rescued = rescue_alarm("ngo-3", json.dumps(fields).encode())
    assert isinstance(rescued, AlarmMessage)
    assert (rescued.node, rescued.stream, rescued.number) == ("ngo-3", "0badcafe", 41)
    assert parse(MessageClass.ALARM, "ngo-3", rescued.model_dump_json().encode()) == rescued


@given(st.binary() | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_no_payload_does_worse_than_being_refused(raw: bytes) -> None:
    for cls in MessageClass:
        with pytest.raises(BadMessage):
            parse(cls, "ngo-3", raw)
    rescue_alarm("ngo-3", raw)


def test_an_acknowledgement_counts_each_class_for_itself() -> None:
    ack = Ack(stream="0badcafe", alarm=3, reading=900, at=1)
    assert [ack.up_to(cls) for cls in MessageClass] == [3, 0, 900]
