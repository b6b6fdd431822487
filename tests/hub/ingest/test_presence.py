"""Silence, by a clock that the test turns."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from keng_hub.database import Database
from keng_hub.presence import LOST_AFTER_MS, Presence
from keng_hub.tables import device, node, page_event
from keng_hub.wakes import Wakes
from support.hub_parts import FakePipeline, add_device, add_node, rows
from support.wire_node import AT

SECOND = 1_000


class Watch:
    """A presence with its clock, its ears and its pipeline."""

    def __init__(self, database: Database) -> None:
        self.database, self.pipeline, self.wakes = database, FakePipeline(), Wakes()
        self.now, self.listening = AT, True
        self.presence = self.made()

    def made(self) -> Presence:
        return Presence(
            self.database,
            self.pipeline,
            self.wakes,
            clock=lambda: self.now,
            listening=lambda: self.listening,
        )

    async def wait(self, seconds: float, heard: Callable[[], None] = lambda: None) -> None:
        """Let time pass, with a look every five seconds to save time of ours."""
        end = self.now + round(seconds * SECOND)
        while self.now < end:
            self.now += min(5 * SECOND, end - self.now)
            heard()
            await self.presence.look()

    def online(self) -> bool:
        return bool(rows(self.database, node)[0].online)

    def condition(self) -> str:
        return str(rows(self.database, device)[0].condition)

    def write(self, statement: sa.Executable) -> None:
        self.database.write_now(lambda connection: connection.execute(statement))


@pytest.fixture
def watch(database: Database) -> Watch:
    add_node(database, online=True, seen=AT - 5 * SECOND)
    add_device(database, "khoi-1", condition="normal")
    return Watch(database)


async def test_ninety_seconds_of_silence_make_a_node_lost_and_its_devices_unknown(watch: Watch) -> None:
    await watch.wait(90)
    assert watch.online()
    await watch.wait(1)
    assert not watch.online()
    assert watch.condition() == "unknown"
    assert watch.pipeline.silences == [("ngo-3", AT - 5 * SECOND)]
    assert watch.wakes.page.is_set()
    assert [row.name for row in rows(watch.database, page_event)] == ["node", "devices"]


async def test_it_is_told_once(watch: Watch) -> None:
    await watch.wait(300)
    assert len(watch.pipeline.silences) == 1


async def test_a_node_that_is_heard_stays(watch: Watch) -> None:
    await watch.wait(300, lambda: watch.presence.heard("ngo-3", watch.now))
    assert watch.online()
    assert watch.condition() == "normal"
    assert (rows(watch.database, node)[0].seen or 0) > watch.now - 16 * SECOND


async def test_a_node_that_is_heard_again_is_back_but_its_devices_wait_for_their_heartbeat(watch: Watch) -> None:
    await watch.wait(100)
    watch.presence.heard("ngo-3", watch.now)
    await watch.wait(1)
    assert watch.online()
    assert watch.condition() == "unknown"
    assert watch.pipeline.returns == ["ngo-3"]


async def test_a_restart_of_the_hub_gives_every_node_its_full_time(watch: Watch) -> None:
    watch.now += 3_600 * SECOND
    watch.presence = watch.made()
    await watch.wait(89)
    assert watch.online()
    await watch.wait(3)
    assert watch.pipeline.silences == [("ngo-3", AT - 5 * SECOND)]


async def test_a_node_that_was_lost_before_a_restart_is_not_told_again(watch: Watch) -> None:
    await watch.wait(100)
    watch.presence = watch.made()
    await watch.wait(200)
    assert len(watch.pipeline.silences) == 1


async def test_a_node_that_never_was_there_is_not_missed(watch: Watch) -> None:
    watch.write(sa.update(node).values(online=False, seen=None))
    await watch.wait(200)
    assert watch.pipeline.silences == []


@pytest.mark.expects_log("hears no broker")
async def test_a_deaf_hub_blames_nobody_but_knows_nothing_either(watch: Watch) -> None:
    watch.listening = False
    await watch.wait(88)
    assert watch.condition() == "normal"
    await watch.wait(10)
    assert watch.condition() == "unknown"
    await watch.wait(300)
    watch.listening = True
    await watch.wait(88)
    assert watch.pipeline.silences == []
    await watch.wait(5)
    assert len(watch.pipeline.silences) == 1


async def test_a_short_deafness_changes_nothing(watch: Watch) -> None:
    watch.listening = False
    await watch.wait(20)
    watch.listening = True
    await watch.wait(60)
    assert watch.condition() == "normal"
    assert watch.pipeline.silences == []


@pytest.mark.parametrize("leap_s", [7_200, -7_200])
async def test_a_leap_of_the_hubs_clock_blames_nobody(watch: Watch, leap_s: int) -> None:
    await watch.wait(10, lambda: watch.presence.heard("ngo-3", watch.now))
    watch.now += leap_s * SECOND
    await watch.wait(80)
    assert watch.pipeline.silences == []
    await watch.wait(LOST_AFTER_MS / SECOND)
    assert len(watch.pipeline.silences) == 1


async def test_what_was_said_before_the_brokers_word_of_loss_does_not_bring_a_node_back(watch: Watch) -> None:
    await watch.wait(5, lambda: watch.presence.heard("ngo-3", watch.now))
    said = watch.now
    watch.presence.left("ngo-3", watch.now + 500)
    watch.write(sa.update(node).values(online=False))
    watch.presence.heard("ngo-3", said)
    await watch.wait(2)
    assert not watch.online()
    watch.presence.heard("ngo-3", watch.now)
    await watch.wait(1)
    assert watch.online()


async def test_health_says_when_it_last_looked(watch: Watch) -> None:
    assert (await watch.presence.health()).ok
    watch.now += 60 * SECOND
    assert not (await watch.presence.health()).ok
