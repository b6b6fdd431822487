"""What one transaction makes of what came in: numbers, duplicates, holes, gaps, errors of the pipeline."""

import pytest
from sqlalchemy.exc import OperationalError

from keng_hub.arrivals import Arrival
from keng_hub.database import Database
from keng_hub.tables import journal, node_event, page_event, progress
from keng_wire.topics import MessageClass, Up
from support.hub_parts import high, numbers, rows
from support.intake_bench import NOW, Bench
from support.wire_node import AT

ALARM, EVENT, READING = MessageClass.ALARM, MessageClass.EVENT, MessageClass.READING


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database)


def test_messages_become_rows_and_are_acknowledged_to_the_highest_number(bench: Bench) -> None:
    node = bench.node
    taken = bench.up(READING, node.reading(), node.reading(50), node.reading())
    assert numbers(bench.database, READING) == [1, 2, 3]
    assert taken.acks == {("ngo-3", node.stream): {READING: 3}}
    assert taken.counts == {READING: 3}


def test_a_row_keeps_the_bytes_and_the_times(bench: Bench) -> None:
    payload = bench.node.event()
    bench.up(EVENT, payload)
    (row,) = rows(bench.database, journal)
    assert (row.payload, row.at, row.received, row.repaired) == (payload, AT, NOW, False)


def test_a_message_twice_in_one_batch_and_again_later_is_one_row(bench: Bench) -> None:
    first = bench.node.alarm()
    assert bench.up(ALARM, first, first).duplicates == 1
    again = bench.up(ALARM, first)
    assert (again.duplicates, again.acks) == (1, {("ngo-3", bench.node.stream): {ALARM: 1}})
    assert numbers(bench.database, ALARM) == [1]
    assert len(bench.pipeline.alarms) == 1


def test_the_same_number_in_another_class_or_stream_is_another_message(bench: Bench) -> None:
    bench.up(EVENT, bench.node.event())
    bench.up(READING, bench.node.reading())
    bench.node.stream = "5747e002"
    bench.up(EVENT, bench.node.event(number=1))
    assert len(rows(bench.database, journal)) == 3


def test_a_hole_holds_the_acknowledgement_until_it_is_filled(bench: Bench) -> None:
    messages = [bench.node.event() for _ in range(6)]
    assert bench.up(EVENT, *messages[:2], messages[3], messages[5]).acks[("ngo-3", bench.node.stream)] == {EVENT: 2}
    assert bench.up(EVENT, messages[3]).duplicates == 1
    assert bench.up(EVENT, messages[2]).acks[("ngo-3", bench.node.stream)] == {EVENT: 4}
    assert bench.up(EVENT, messages[4]).acks[("ngo-3", bench.node.stream)] == {EVENT: 6}
    assert numbers(bench.database, EVENT) == [1, 2, 3, 4, 5, 6]


def test_any_order_within_one_batch_is_fine(bench: Bench) -> None:
    messages = [bench.node.reading() for _ in range(5)]
    taken = bench.up(READING, *reversed(messages))
    assert taken.acks[("ngo-3", bench.node.stream)] == {READING: 5}


@pytest.mark.expects_log("gave up 5 messages: full")
def test_a_gap_stands_for_all_numbers_it_gave_up(bench: Bench) -> None:
    node = bench.node
    bench.up(READING, node.reading(), node.reading())
    taken = bench.up(READING, node.gap(READING, 3, 7), node.reading())
    assert taken.acks[("ngo-3", node.stream)] == {READING: 8}
    (row,) = [row for row in rows(bench.database, journal) if row.number == 7]
    assert row.first == 3
    (line,) = rows(bench.database, node_event)
    assert (line.kind, line.body["first"]) == ("gap", 3)


@pytest.mark.expects_log("gave up")
def test_a_gap_over_numbers_that_came_out_of_order_closes_the_hole(bench: Bench) -> None:
    node = bench.node
    messages = [node.event() for _ in range(5)]
    bench.up(EVENT, messages[0], messages[3])
    assert bench.up(EVENT, node.gap(EVENT, 2, 5)).acks[("ngo-3", node.stream)] == {EVENT: 5}


@pytest.mark.expects_log("gave up")
def test_a_gap_beyond_a_hole_counts_once_the_hole_is_filled(bench: Bench) -> None:
    node = bench.node
    first, second = node.event(), node.event()
    bench.up(EVENT, first, node.gap(EVENT, 3, 9))
    assert high(bench.database, EVENT) == 1
    bench.up(EVENT, second)
    assert high(bench.database, EVENT) == 9


def test_an_event_reaches_the_pipeline_and_wakes_the_others_readings_do_not(bench: Bench) -> None:
    assert not bench.up(READING, bench.node.reading()).wakes
    assert bench.up(EVENT, bench.node.event()).wakes
    assert [arrival.message.number for arrival in bench.pipeline.events] == [1]


@pytest.mark.expects_log("broke the pipeline")
def test_an_alarm_that_breaks_the_pipeline_goes_on_as_unreadable_and_is_acknowledged(bench: Bench) -> None:
    def breaks(call: str, arrival: Arrival) -> None:
        if call == "alarm" and arrival.message.number == 2:
            raise KeyError("a rule is wrong")

    bench.pipeline.breaks = breaks
    taken = bench.up(ALARM, bench.node.alarm(), bench.node.alarm("b" * 16), bench.node.alarm("c" * 16))
    assert taken.acks[("ngo-3", bench.node.stream)] == {ALARM: 3}
    assert len(bench.pipeline.alarms) == 2
    ((arrival, error),) = bench.pipeline.unreadable
    assert arrival.message.number == 2
    assert "a rule is wrong" in str(error)


def test_a_database_that_fails_inside_the_pipeline_rolls_everything_back(bench: Bench) -> None:
    def breaks(call: str, arrival: Arrival) -> None:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    bench.pipeline.breaks = breaks
    with pytest.raises(OperationalError):
        bench.up(ALARM, bench.node.alarm())
    assert rows(bench.database, journal) == rows(bench.database, progress) == []


def test_page_events_are_written_once_a_batch(bench: Bench) -> None:
    faults = [bench.node.event("fault", code="disk", active=active) for active in (True, False, True)]
    bench.up(EVENT, *faults)
    assert [(row.name, row.data) for row in rows(bench.database, page_event)] == [("node", {"node": "ngo-3"})]


@pytest.mark.expects_log("no longer has 40 reading messages")
def test_a_hub_with_an_older_database_does_not_wait_for_what_the_node_no_longer_has(bench: Bench) -> None:
    node = bench.node
    node.last[READING] = 40
    late = [node.reading(), node.reading()]
    assert bench.up(READING, *late).acks[("ngo-3", node.stream)] == {READING: 0}
    health = node.health(reading={"count": 2, "highest": 42, "forgotten": 40})
    taken = bench.up(Up.HEALTH, health)
    assert taken.acks[("ngo-3", node.stream)] == {READING: 42}
    assert [row.kind for row in rows(bench.database, node_event)] == ["gap"]
