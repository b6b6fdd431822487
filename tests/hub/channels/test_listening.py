"""A channel that listens: begun again after a failure, and one at a time among all processes."""

import asyncio

import pytest

from keng_hub.channels import lease
from keng_hub.channels.listening import Listening
from keng_hub.database import Database
from keng_hub.health import Health


class Ear:
    """Fails so many times, then listens."""

    def __init__(self, failures: int) -> None:
        self.failures, self.begun = failures, 0
        self.listens = asyncio.Event()

    async def run(self) -> None:
        self.begun += 1
        if self.begun <= self.failures:
            raise ZeroDivisionError
        self.listens.set()
        await asyncio.Event().wait()


class SpeakingEar(Ear):
    async def health(self) -> Health:
        return Health(False, "the modem is gone")


@pytest.mark.expects_log("channel tai no longer listens")
async def test_it_is_begun_again_after_growing_waits() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    ear = Ear(9)
    part = Listening("tai", ear, sleep)
    task = asyncio.create_task(part.run())
    await asyncio.wait_for(ear.listens.wait(), 10)
    assert waits == [1, 2, 4, 8, 16, 30, 60, 60, 60]
    assert not (await part.health()).ok
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_it_is_well_as_long_as_its_channel_says_so() -> None:
    assert (await Listening("tai", Ear(0)).health()).ok
    assert await Listening("tai", SpeakingEar(0)).health() == Health(False, "the modem is gone")


def test_a_lease_is_held_by_one_until_it_ends_or_is_given_back(database: Database) -> None:
    def take(holder: str, now: int) -> bool:
        return database.write_now(lease.take, "poll", holder, now, 100)

    assert take("a", 0)
    assert not take("b", 50)
    assert take("a", 90)  # prolonged
    assert not take("b", 150)
    assert take("b", 190)
    database.write_now(lease.give_back, "poll", "a")  # not its own any more
    assert not take("a", 200)
    database.write_now(lease.give_back, "poll", "b")
    assert take("a", 200)
