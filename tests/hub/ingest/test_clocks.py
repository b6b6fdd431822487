"""When things really happened, by clocks that jump, were never set, or lie."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection

from keng_hub.clocks import AHEAD_MS, FRESH_MS, BootClocks
from keng_hub.database import Database
from keng_hub.tables import boot_clock
from keng_wire.message import ReadingMessage, Sent
from support.hub_parts import rows
from support.wire_node import AT

BOOT_AT = AT - 1_000_000
"""UTC at the boot of the node in these tests: it has been up for 1,000 s at AT."""
IN_1970, IN_2120 = 3_600_000, 4_733_500_000_000


def message(
    at: int, up: int, clock: str = "synced", sent: Sent | None = None, boot: str = "b0070001", rows: int = 1
) -> Any:
    fields: dict[str, Any] = {"node": "ngo-3", "stream": "5747e001", "number": 1, "boot": boot, "at": at, "up": up}
    body = {"kind": "readings", "rows": [["m", "power", -n, 1.0, "m"] for n in reversed(range(rows))]}
    return ReadingMessage.model_validate(fields | {"clock": clock, "sent": sent, "body": body})


def sent(up: int, at: int = IN_1970, clock: str = "unknown", boot: str = "b0070001") -> Sent:
    return Sent.model_validate({"boot": boot, "up": up, "at": at, "clock": clock})


@contextmanager
def memory() -> Generator[Connection]:
    """A database that holds the offsets of boots and nothing else."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        boot_clock.create(connection)
        yield connection
    engine.dispose()


class Clocks:
    """Boot clocks on a database, driven as the ingest does."""

    def __init__(self, database: Database) -> None:
        self.database, self.clocks = database, BootClocks()

    def take(self, message: Any, received: int) -> tuple[int, bool]:
        def work(connection: Any) -> tuple[int, bool]:
            if message.sent is not None:
                self.clocks.learn(connection, "ngo-3", message.sent, received)
            return self.clocks.repair(connection, message, received)

        return self.database.write_now(work)


@pytest.fixture
def clocks(database: Database) -> Clocks:
    return Clocks(database)


def test_a_good_stamp_is_left_alone(clocks: Clocks) -> None:
    assert clocks.take(message(AT, 1_000_000, sent=sent(1_000_100, AT + 100, "synced")), AT + 200) == (AT, False)


def test_a_stamp_of_an_unknown_clock_is_reckoned_from_the_boot(clocks: Clocks) -> None:
    repaired = clocks.take(message(IN_1970, 400_000, "unknown", sent(1_000_000)), AT + 30)
    assert repaired == (BOOT_AT + 400_000 + 30, True)


@pytest.mark.parametrize("lie", [IN_1970, IN_2120, AT + AHEAD_MS + 62_000])
def test_a_clock_that_jumps_while_it_claims_to_be_right_is_not_believed(clocks: Clocks, lie: int) -> None:
    clocks.take(message(AT, 1_000_000, sent=sent(1_000_000, AT, "synced")), AT + 20)
    assert clocks.take(message(lie, 1_060_000, sent=sent(1_061_000, lie, "synced")), AT + 61_500) == (AT + 60_000, True)


def test_a_clock_set_between_event_and_sending_gives_the_exact_time(clocks: Clocks) -> None:
    slow = message(IN_1970, 700_000, "unknown", sent(1_000_000, AT, "synced"))
    assert clocks.take(slow, AT + 9_000_000) == (BOOT_AT + 700_000, True)


def test_the_fastest_message_of_a_boot_counts(clocks: Clocks) -> None:
    clocks.take(message(IN_1970, 10, "unknown", sent(1_000_000)), AT + 3_600_000)  # an hour in the broker's queue
    clocks.take(message(IN_1970, 10, "unknown", sent(1_000_000)), AT + 40)
    slow = message(IN_1970, 500_000, "unknown", sent(1_000_000))
    assert clocks.take(slow, AT + 7_200_000) == (BOOT_AT + 500_000 + 40, True)
    assert [row.offset for row in rows(clocks.database, boot_clock)] == [BOOT_AT + 40]


def test_an_offset_a_day_old_gives_way_so_that_drift_does_not_add_up(clocks: Clocks) -> None:
    clocks.take(message(IN_1970, 0, "unknown", sent(1_000_000)), AT)
    later = FRESH_MS + 60_000
    clocks.take(message(IN_1970, 0, "unknown", sent(1_000_000 + later)), AT + later + 5_000)
    slow = message(IN_1970, 1_000_000 + later, "unknown", sent(1_000_000 + later))
    assert clocks.take(slow, AT + later + 9_000) == (AT + later + 5_000, True)


def test_a_restart_of_the_hub_remembers_the_boot(clocks: Clocks) -> None:
    clocks.take(message(IN_1970, 10, "unknown", sent(1_000_000)), AT)
    again = Clocks(clocks.database)
    old = message(IN_1970, 300_000, "unknown", sent(5_000, boot="b0070002"))
    assert again.take(old, AT + 60_000) == (BOOT_AT + 300_000, True)


def test_an_earlier_boot_without_any_exchange_keeps_a_stamp_that_can_be_true(clocks: Clocks) -> None:
    old = message(AT - 86_400_000, 300_000, "unknown", sent(5_000, boot="b0070002"), boot="b0070000")
    assert clocks.take(old, AT) == (AT - 86_400_000, True)


def test_an_earlier_boot_with_absurd_stamps_keeps_its_distances_and_never_lies_ahead(clocks: Clocks) -> None:
    sending = sent(5_000, boot="b0070002")
    first = message(IN_1970, 300_000, "unknown", sending, boot="b0070000")
    second = message(IN_1970, 301_000, "unknown", sending, boot="b0070000")
    third = message(IN_1970, 900_000, "unknown", sending, boot="b0070000")
    assert clocks.take(first, AT) == (AT - 5_000, True)
    assert clocks.take(second, AT) == (AT - 4_000, True)
    assert clocks.take(third, AT) == (AT, True)


def test_without_any_time_of_sending_the_receipt_is_the_bound(clocks: Clocks) -> None:
    assert clocks.take(message(IN_2120, 300_000), AT) == (AT, True)


def test_a_hub_whose_own_clock_is_not_set_repairs_nothing_and_learns_nothing(clocks: Clocks) -> None:
    good = message(AT, 1_000_000, sent=sent(1_000_000, AT, "synced"))
    assert clocks.take(good, IN_1970) == (AT, False)
    assert rows(clocks.database, boot_clock) == []


def test_small_gains_are_not_written(clocks: Clocks) -> None:
    clocks.take(message(IN_1970, 10, "unknown", sent(1_000_000)), AT + 40)
    clocks.take(message(IN_1970, 10, "unknown", sent(1_000_000)), AT + 5)
    assert [row.offset for row in rows(clocks.database, boot_clock)] == [BOOT_AT + 40]


def test_what_a_meter_remembers_of_weeks_ago_stays_where_the_meter_has_placed_it(clocks: Clocks) -> None:
    """Its message says `holdover`, made by a boot that was not there then, and by a clock that was never set."""
    weeks_ago = AT - 30 * 86_400_000
    told = message(weeks_ago, 1_000_000, "holdover", sent(1_000_100))
    assert clocks.take(told, AT + 200) == (weeks_ago, False)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 400), st.booleans()), min_size=2, max_size=30))
def test_readings_of_one_boot_never_fall_on_one_another_however_they_travel(journeys: list[tuple[int, bool]]) -> None:
    """Twenty readings a millisecond apart in each message, one every 21 ms; some come together with the one before.

    Two of a series at one time would be one in the store, and one that was accepted would be gone.
    """
    clocks, taken, received = BootClocks(), list[int](), 0
    with memory() as connection:
        for number, (latency, together) in enumerate(journeys):
            up = 1_000_000 + 21 * number
            received = received if together and number else max(received, BOOT_AT + up + latency)
            received = max(received, BOOT_AT + up)
            made = message(IN_1970, up, "unknown", sent(up), rows=20)
            clocks.learn(connection, "ngo-3", sent(up), received)
            at, _ = clocks.repair(connection, made, received)
            taken += [at + row.offset for row in made.body.rows]
    assert len(set(taken)) == len(taken)
    assert taken[-1] - (BOOT_AT + 1_000_000 + 21 * (len(journeys) - 1)) <= 1_000
