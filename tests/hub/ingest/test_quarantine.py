"""What cannot be taken is kept aside with its reason; an alarm is an alarm all the same."""

import json

import pytest

from keng_hub import quarantine as kept
from keng_hub.database import Database
from keng_hub.lane import Packet
from keng_hub.parcel import Refused, open_packet
from keng_hub.tables import journal, progress, quarantine
from keng_wire.topics import MessageClass, Up
from support.hub_parts import add_node, body, numbers, reasons, rows
from support.intake_bench import NOW, Bench
from support.wire_node import WireNode

ALARM, EVENT, READING = MessageClass.ALARM, MessageClass.EVENT, MessageClass.READING


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "EOF"),
        (b"\xff\xfe\x00", "Invalid JSON|invalid"),
        (b"not json", "Invalid JSON"),
        (b"[" * 100_000, "recursion|Invalid JSON"),
        (b"[1,2,3]", "object"),
        (b'{"v":1}', "Field required"),
        (b'{"v":2,"stream":"5747e001","number":9}', "version 2 is not known"),
    ],
)
def test_what_is_no_message_is_quarantined_with_its_reason(bench: Bench, payload: bytes, reason: str) -> None:
    taken = bench.up(EVENT, payload)
    assert taken.refused == 1
    (row,) = rows(bench.database, quarantine)
    assert row.payload == payload[: kept.KEPT_BYTES]
    assert any(word in row.reason for word in reason.split("|")), row.reason


def test_nan_is_no_reading(bench: Bench) -> None:
    payload = bench.node.reading().replace(b"1234.5", b"NaN")
    assert b"NaN" in payload
    bench.up(READING, payload)
    assert "finite" in reasons(bench.database)[0]


def test_an_unknown_field_is_refused_and_its_number_does_not_block(bench: Bench) -> None:
    odd = bench.node.event().replace(b'"pattern"', b'"colour":1,"pattern"')
    taken = bench.up(EVENT, odd, bench.node.event())
    assert taken.acks[("ngo-3", bench.node.stream)] == {EVENT: 2}
    assert "colour" in reasons(bench.database)[0]
    assert numbers(bench.database, EVENT) == [2]


def test_a_refused_number_beyond_a_hole_is_left_for_its_next_coming(bench: Bench) -> None:
    first = bench.node.event()
    odd = bench.node.event().replace(b'"pattern"', b'"colour":1,"pattern"')
    assert bench.up(EVENT, odd).acks[("ngo-3", bench.node.stream)] == {EVENT: 0}
    bench.up(EVENT, first)
    assert bench.up(EVENT, odd).acks[("ngo-3", bench.node.stream)] == {EVENT: 2}


def test_the_same_bad_message_again_is_counted_not_stored_even_when_stamped_anew(bench: Bench) -> None:
    record = bench.node.record(EVENT, {"kind": "started", "version": "1", "hardware": "x"}).replace(b'"v":1', b'"v":7')
    for ms in (0, 10_000, 20_000):
        bench.up(EVENT, bench.node.send(record, later_ms=ms, replay=ms > 0))
    (row,) = rows(bench.database, quarantine)
    assert row.count == 3


@pytest.mark.parametrize(
    "topic",
    [
        "keng/v1/ngo-3/up/colour",
        "keng/v2/ngo-3/up/event",
        "keng/v1/ngo-3/down/ack",
        "keng/v1//up/event",
        "a",
        "\ufffd/\x01",
        "x" * 1_000,
    ],
)
def test_a_foreign_topic_is_quarantined(bench: Bench, topic: str) -> None:
    bench.take((topic, bench.node.event()))
    assert reasons(bench.database)[0].startswith("topic: ")
    assert rows(bench.database, journal) == []


def test_a_message_on_the_topic_of_another_node_is_quarantined_and_moves_nobodys_numbers(bench: Bench) -> None:
    other = WireNode("ngo-4")
    add_node(bench.database, "ngo-4")
    bench.up(EVENT, other.event())
    assert "ngo-4" in reasons(bench.database)[0]
    assert [row.high for row in rows(bench.database, progress)] in ([], [0])


def test_a_node_that_is_not_in_the_register_is_quarantined_and_not_acknowledged(bench: Bench) -> None:
    stranger = WireNode("la-1")
    taken = bench.take((stranger.topic(EVENT), stranger.event()), (stranger.topic(Up.HEALTH), stranger.health()))
    assert taken.acks == {}
    assert all("not in the register" in reason for reason in reasons(bench.database))
    assert len(reasons(bench.database)) == 2


def test_too_large_a_message_is_quarantined_in_part(bench: Bench) -> None:
    bench.up(EVENT, b'{"x":"' + b"y" * 300_000)
    assert "300006 bytes" in reasons(bench.database)[0]
    assert len(rows(bench.database, quarantine)[0].payload) == kept.KEPT_BYTES


def test_a_nul_in_a_reason_is_no_trouble(bench: Bench) -> None:
    odd = json.loads(bench.node.event())
    odd["a\x00b"] = 1
    bench.up(EVENT, json.dumps(odd).encode())
    assert len(reasons(bench.database)) == 1


def test_the_quarantine_is_bounded_and_forgets_the_longest_unseen(bench: Bench) -> None:
    for n in range(5):
        bench.take(("x", str(n).encode()), now=NOW + n)
    assert bench.database.write_now(kept.bound, 3) == 2
    assert [row.payload for row in rows(bench.database, quarantine)] == [b"2", b"3", b"4"]


@pytest.mark.expects_log("could not be read whole: v: version 2")
def test_an_alarm_of_an_unknown_version_is_an_alarm(bench: Bench) -> None:
    taken = bench.up(ALARM, bench.node.alarm().replace(b'"v":1', b'"v":2'))
    (arrival,) = bench.pipeline.alarms
    assert arrival.rescued
    assert taken.acks[("ngo-3", bench.node.stream)] == {ALARM: 1}
    assert taken.rescued == 1
    assert "version 2" in reasons(bench.database)[0]


@pytest.mark.expects_log("could not be read whole")
def test_an_alarm_with_nan_or_unknown_words_is_an_alarm_without_them(bench: Bench) -> None:
    bench.up(ALARM, bench.node.alarm(value=1.5).replace(b"1.5", b"NaN"), bench.node.alarm("b" * 16, cause="gas"))
    odd = bench.node.alarm("c" * 16).replace(b'"smoke"', b'"volcano"')
    bench.up(ALARM, odd)
    first, _, third = (body(arrival) for arrival in bench.pipeline.alarms)
    assert (first.value, third.cause, third.occurrence) == (None, "other", "c" * 16)


@pytest.mark.parametrize("payload", [b"", b"garbage", b"\xff\xff", b"[" * 50_000, b'{"number":"x"}', b"[1]"])
def test_an_alarm_of_which_nothing_can_be_read_opens_one_incident_an_hour(bench: Bench, payload: bytes) -> None:
    for _ in range(3):
        bench.up(ALARM, payload)
    assert len({body(arrival).occurrence for arrival, _ in bench.pipeline.unreadable}) == 1
    assert rows(bench.database, quarantine)[0].count == 3
    assert rows(bench.database, journal) == []


def test_a_huge_alarm_is_not_searched_but_is_an_alarm(bench: Bench) -> None:
    bench.up(ALARM, b'{"x":"' + b"y" * 2_000_000)
    assert len(bench.pipeline.unreadable) == 1


def test_numbers_no_database_could_hold_are_not_taken_from_a_bad_message() -> None:
    odd = b'{"v":3,"stream":"5747e001","number":99999999999999999999999999}'
    parcel = open_packet(Packet("keng/v1/ngo-3/up/event", odd, NOW))
    assert isinstance(parcel, Refused)
    assert parcel.key is None
