"""Alarms and readings in = alarms and readings out, each exactly once, whatever is killed on the way."""

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

from support.crash_village import CrashVillage
from support.processes import until

YEAR_MS = 365 * 86_400_000
TO_1970, TO_2120 = -56 * YEAR_MS, 94 * YEAR_MS

pytestmark = pytest.mark.skipif(
    shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin") is None,
    reason="Mosquitto is not installed (Debian: apt install mosquitto)",
)


@pytest.fixture
def village(tmp_path: Path) -> Generator[CrashVillage]:
    """Two nodes, a broker with certificates, a hub; nothing runs yet."""
    made = CrashVillage(tmp_path / "village", nodes=2)
    yield made
    made.stop()


async def test_what_was_accepted_is_stored_once_whatever_is_killed(
    village: CrashVillage, rounds: int, seed: int
) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    village.start_broker()
    village.start_hub()
    for node in village.nodes:
        node.start("--steady")

    fallen: Counter[str] = Counter()
    for _ in range(rounds):
        await asyncio.sleep(chance.uniform(0.1, 1.2))
        victims = chance.sample(["node", "broker", "hub", "disk"], chance.choice([1, 1, 2, 3]))
        fallen.update(victims)
        down = chance.uniform(0.0, 0.8)
        node = chance.choice(village.nodes)
        if "node" in victims:
            node.kill()
        if "hub" in victims:
            village.hub.kill()
        if {"broker", "disk"} & set(victims):
            village.broker.kill()
        await asyncio.sleep(down)
        if "disk" in victims:
            village.wipe_broker()
        if {"broker", "disk"} & set(victims):
            village.start_broker()
        if "hub" in victims:
            village.start_hub()
        if "node" in victims:
            node.start("--steady")

    for node in village.nodes:
        node.stop()
        node.start()  # sends what is left, makes nothing new
    await village.settled()

    for node in village.nodes:
        alarms, values = node.accepted()
        assert len(alarms) >= rounds
        assert len(values) >= rounds * 50
        stored = village.alarms(node)
        assert {rows for _, rows in stored.values()} == {1}
        points = Counter(value for _, value, _ in await village.points(node))
        assert [value for value, times in points.items() if times > 1] == []
    print(f"killed: {dict(fallen)}")


async def test_72_hours_without_an_uplink_arrive_whole_at_their_own_times(village: CrashVillage) -> None:
    node = village.nodes[0]
    node.start("--hours", "72", "--cut")
    await until(node.made, "three days have passed on the node", 60)
    node.kill()  # and then the power fails, too

    village.start_broker()
    village.start_hub()
    node.start()
    await village.settled()

    alarms, values = node.accepted()
    assert (len(alarms), len(values)) == (12, 72 * 2 * 20)
    for occurrence, (frame_at, rows) in village.alarms(node).items():
        assert rows == 1
        assert abs(frame_at - alarms[occurrence]) < 2_000
    points = await village.points(node)
    assert len(points) == len(values)
    assert max(abs(ts + (int(value) % 20) * 60_000 - values[value]) for ts, value, _ in points) < 2_000
    late = village.query("SELECT count(*) FROM incident WHERE late > 0")
    assert late != [(0,)]


@pytest.mark.parametrize("ahead", [TO_1970, TO_2120], ids=["1970", "2120"])
async def test_a_node_whose_clock_is_wrong_by_decades_is_stored_at_the_true_time(
    village: CrashVillage, ahead: int
) -> None:
    village.start_broker()
    village.start_hub()
    right, wrong = village.nodes
    right.start("--steady")
    wrong.start("--steady", "--ahead", str(ahead), "--clock", "unknown")
    await until(lambda: len(wrong.accepted()[0]) >= 10, "ten alarms")
    for node in village.nodes:
        node.stop()
        node.start(*(["--ahead", str(ahead), "--clock", "unknown"] if node is wrong else []))
    await village.settled()

    for node in village.nodes:
        alarms, values = node.accepted()
        stored = village.alarms(node)
        assert max(abs(stored[each][0] - at) for each, at in alarms.items()) < 5_000
        points = {value: ts for ts, value, _ in await village.points(node)}
        assert max(abs(points[value] - at) for value, at in values.items()) < 5_000
