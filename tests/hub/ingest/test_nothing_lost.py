"""From a node to committed rows and back with real broker, real database and real deaths: each message exactly once."""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from keng_hub.database import Database
from keng_hub.tables import journal, progress
from keng_wire.topics import MessageClass
from support.hub_parts import add_node, rows
from support.mosquitto import OPEN, Mosquitto
from support.mqtt_node import MqttNode
from support.processes import Program

PROGRAM = Path(__file__).parents[2] / "support" / "hub_program.py"
TESTS = Path(__file__).parents[2]
ALARM, EVENT, READING = MessageClass.ALARM, MessageClass.EVENT, MessageClass.READING


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker", OPEN + "max_inflight_messages 500\n") as broker:
        yield broker


@pytest.fixture
def hub(broker: Mosquitto, database: Database, database_url: str, tmp_path: Path) -> Iterator[Program]:
    add_node(database)
    command = [sys.executable, str(PROGRAM), str(broker.port), database_url]
    with Program(command, tmp_path / "hub.log", environment={"PYTHONPATH": str(TESTS)}) as hub:
        yield hub


def fill(node: MqttNode, count: int) -> None:
    """Give a node something of each class to say; an alarm now and then."""
    for n in range(count):
        rows: list[Any] = [["cong-to-1", "energy_import", 0, 1000.0 + n, "m"]]
        node.put(READING, {"kind": "readings", "rows": rows})
        if n % 4 == 0:
            node.put(EVENT, {"kind": "sounder", "output": "coi-1", "pattern": "fire", "on": True})
        if n % 40 == 0:
            body = {"phase": "raised", "category": "fire", "severity": "critical", "cause": "smoke"}
            more = {"evidence": "single_detector", "device": "khoi-1", "occurrence": f"{n:016x}"}
            node.put(ALARM, {"kind": "alarm", **body, **more})


def check_all_there(database: Database, node: MqttNode) -> None:
    """Every number of every class is in the journal once."""
    found = Counter((row.message_class, row.number) for row in rows(database, journal))
    expected = {(cls.value, n) for cls, last in node.wire.last.items() for n in range(1, last + 1)}
    assert set(found) == expected
    assert set(found.values()) == {1}
    assert {row.message_class: row.high for row in rows(database, progress)} == {
        cls.value: last for cls, last in node.wire.last.items()
    }


async def test_a_backlog_arrives_whole(hub: Program, database: Database, broker: Mosquitto) -> None:
    node = MqttNode(broker.port)
    fill(node, 800)
    await node.deliver()
    check_all_there(database, node)


@pytest.mark.parametrize("seed", range(2))
async def test_a_hub_killed_in_the_middle_of_its_work_loses_nothing(
    hub: Program, database: Database, broker: Mosquitto, seed: int
) -> None:
    chance = random.Random(seed)
    node = MqttNode(broker.port)
    fill(node, 1_500)
    delivering = asyncio.create_task(node.deliver())
    for _ in range(2):
        await node.progress()
        await asyncio.sleep(chance.uniform(0, 0.06))
        hub.kill()
        # What the node was told is committed must be committed, at any moment.
        high = {row.message_class: row.high for row in rows(database, progress)}
        assert all(high.get(cls.value, 0) >= number for cls, number in node.acknowledged.items())
        hub.start()
    await delivering
    check_all_there(database, node)


@pytest.mark.parametrize("wiped", [False, True])
async def test_a_broker_killed_and_even_wiped_loses_nothing(
    hub: Program, database: Database, broker: Mosquitto, wiped: bool
) -> None:
    node = MqttNode(broker.port)
    fill(node, 1_500)
    delivering = asyncio.create_task(node.deliver())
    for _ in range(3):
        await node.progress()
        broker.kill()
        if wiped:
            broker.wipe()
        broker.start()
    await delivering
    check_all_there(database, node)


async def test_a_database_restored_from_yesterday_does_not_hold_a_node_up(
    hub: Program, database: Database, broker: Mosquitto
) -> None:
    node = MqttNode(broker.port)
    fill(node, 100)
    await node.deliver()
    hub.kill()

    def go_back(connection: sa.Connection) -> None:
        connection.execute(sa.delete(journal).where(journal.c.message_class == EVENT.value, journal.c.number > 10))
        connection.execute(
            sa.update(progress).where(progress.c.message_class == EVENT.value).values(high=10, highest=10)
        )

    database.write_now(go_back)
    hub.start()
    fill(node, 8)
    told = {"event": {"count": 2, "highest": node.wire.last[EVENT], "forgotten": node.acknowledged[EVENT]}}
    node.heartbeat = node.wire.health(**told)
    await node.deliver()
    assert {row.high for row in rows(database, progress) if row.message_class == EVENT} == {node.wire.last[EVENT]}
