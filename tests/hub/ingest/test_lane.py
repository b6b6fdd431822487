"""The queue between broker and transaction: right of way, linger, bounds."""

import asyncio

from keng_hub.lane import Lane, Lanes, Packet

NOW = 1_790_000_000_000


def packet(n: int, size: int = 10) -> Packet:
    return Packet(f"t{n}", bytes(size), NOW)


def names(batch: list[Packet]) -> list[str]:
    return [each.topic for each in batch]


async def test_what_has_right_of_way_overtakes_readings_and_each_rank_keeps_its_order() -> None:
    lane = Lane("rest")
    for n in range(4):
        lane.offer(packet(n), reading=True)
    lane.offer(packet(8))
    lane.offer(packet(9))
    assert names(await lane.take()) == ["t8", "t9", "t0", "t1", "t2", "t3"]


async def test_a_batch_has_its_most_and_the_rest_stays() -> None:
    lane = Lane("rest", most=3)
    for n in range(5):
        lane.offer(packet(n), reading=True)
    assert names(await lane.take()) == ["t0", "t1", "t2"]
    assert names(await lane.take()) == ["t3", "t4"]
    assert (len(lane), lane.size) == (0, 0)


async def test_a_batch_of_large_messages_ends_sooner_but_one_always_goes() -> None:
    lane = Lane("rest", most_bytes=250)
    for n in range(4):
        lane.offer(packet(n, 100), reading=True)
    lane.offer(packet(9, 1_000))
    assert names(await lane.take()) == ["t9"]
    assert names(await lane.take()) == ["t0", "t1", "t2"]
    assert names(await lane.take()) == ["t3"]


async def test_a_few_readings_wait_for_company_and_an_event_ends_the_wait() -> None:
    lane = Lane("rest", linger_s=60)
    lane.offer(packet(1), reading=True)
    taking = asyncio.create_task(lane.take())
    await asyncio.sleep(0.01)
    lane.offer(packet(2), reading=True)
    await asyncio.sleep(0.01)
    assert not taking.done()
    lane.offer(packet(3))
    assert names(await taking) == ["t3", "t1", "t2"]


async def test_enough_readings_do_not_wait() -> None:
    lane = Lane("rest", linger_s=60, few=3)
    for n in range(3):
        lane.offer(packet(n), reading=True)
    assert len(await lane.take()) == 3


async def test_a_few_readings_do_not_wait_longer_than_the_linger() -> None:
    lane = Lane("rest", linger_s=0.02)
    lane.offer(packet(1), reading=True)
    assert len(await lane.take()) == 1


async def test_a_full_lane_has_no_room_until_it_is_half_empty() -> None:
    lane = Lane("rest", limit=10, most=4)
    for n in range(12):
        lane.offer(packet(n), reading=True)
    assert not lane.room.is_set()
    await lane.take()
    assert not lane.room.is_set()
    await lane.take()
    assert lane.room.is_set()


async def test_large_messages_fill_a_lane_too() -> None:
    lane = Lane("rest", limit_bytes=1_000)
    lane.offer(packet(1, 999), reading=True)
    assert lane.room.is_set()
    lane.offer(packet(2, 1))
    assert not lane.room.is_set()
    await lane.take()
    assert lane.room.is_set()


async def test_alarms_have_a_lane_of_their_own() -> None:
    lanes = Lanes(linger_s=0)
    for leaf in ("reading", "alarm", "health", "event", "odd"):
        lanes.offer(f"keng/v1/ngo-3/up/{leaf}", b"{}", NOW)
    assert names(await lanes.alarms.take()) == ["keng/v1/ngo-3/up/alarm"]
    assert [name.rsplit("/", 1)[1] for name in names(await lanes.rest.take())] == ["health", "event", "odd", "reading"]
