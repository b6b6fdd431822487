"""Promise 10: a known log of outages gives the exact figure, for nodes and for channels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keng_hub import availability
from keng_hub.availability import TARGET, Outage, PathKind
from keng_hub.database import Database
from keng_hub.incidents import contact, faults
from keng_hub.tables import path_outage
from support.village_rows import START, Village

DAY = 86_400_000
MINUTE = 60_000


@pytest.fixture
def village(database: Database) -> Village:
    return Village(database)


def test_a_replayed_log_gives_the_exact_share_of_the_month(village: Village) -> None:
    begin, end = START, START + 30 * DAY
    for minutes, length in ((100, 30), (5_000, 12), (20_000, 44)):  # 86 minutes of 43,200
        since = begin + minutes * MINUTE
        village.do(contact.lost, "ngo-3", since, since + 90_000)
        village.do(contact.lost, "ngo-3", since, since + 95_000)  # said twice
        village.do(contact.returned, "ngo-3", since + length * MINUTE)
    [node] = village.do(availability.paths, begin, end, [], end)
    assert node.share == pytest.approx(1 - 86 / 43_200, abs=1e-12)
    assert (len(node.outages), node.missing_ms(end)) == (3, 86 * MINUTE)
    assert node.share > TARGET
    village.do(contact.lost, "ngo-3", end - MINUTE, end)
    [node] = village.do(availability.paths, begin, end, [], end)
    assert node.share == pytest.approx(1 - 87 / 43_200, abs=1e-12)
    assert node.share < TARGET


def test_a_channel_whose_breaker_opened_was_away_until_it_closed(village: Village) -> None:
    village.act(faults.channel_down, "email", "timeout")
    village.wait(600)
    village.act(faults.channel_up, "email")
    village.wait(600)
    found = village.do(availability.paths, START, START + DAY, ["email", "sms"], village.now)
    shares = {one.name: one.share for one in found if one.kind is PathKind.CHANNEL}
    assert shares == {"email": 0.5, "sms": 1.0}
    assert found[0].name == "email"


def test_a_node_counts_from_when_it_was_added_and_a_month_to_come_is_empty(village: Village) -> None:
    assert village.do(availability.paths, START - 30 * DAY, START, [], START) == []
    [node] = village.do(availability.paths, START - DAY, START + DAY, [], START + 2 * DAY)
    assert node.share == 1
    assert village.rows(path_outage) == []


def test_an_outage_that_goes_on_may_begin_with_one_that_is_over() -> None:
    assert availability.share(0, 100, [Outage(90, None), Outage(90, 90)]) == 0.9


@given(st.lists(st.tuples(st.integers(-50, 150), st.integers(0, 60))), st.booleans())
def test_overlapping_outages_are_counted_once(spans: list[tuple[int, int]], goes_on: bool) -> None:
    outages = [Outage(begun, begun + length) for begun, length in spans]
    if goes_on:
        outages.append(Outage(90, None))
    down = sum(any(one.begun <= at < (100 if one.ended is None else one.ended) for one in outages) for at in range(100))
    assert availability.share(0, 100, outages) == pytest.approx(1 - down / 100)
