"""The daily self-test of channels: kept, told to staff, ended; and what a notice would cost."""

import pytest
import sqlalchemy as sa

from keng_hub import tables
from keng_hub.channels.channel import ErrorClass, Outcome, Outgoing
from keng_hub.channels.selftest import SelfTests
from keng_hub.deliveries.estimate import Estimate, estimate
from keng_hub.deliveries.ledger import Step, Text
from keng_hub.wakes import Wakes
from support.post import Post, PricedChannel
from support.scripted_channel import ScriptedChannel
from support.village_rows import Village


class TestedChannel(ScriptedChannel):
    """One that can be asked."""

    __test__ = False

    def __init__(self) -> None:
        super().__init__()
        self.answer: Outcome | Exception = Outcome.accepted("số dư 120000")
        self.asked = 0

    async def check(self) -> Outcome:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class PartsChannel(PricedChannel):
    """One that goes in parts."""

    def parts(self, message: Outgoing) -> int:
        return len(message.body_ascii) // 10 + 1


def self_tests(village: Village, channel: ScriptedChannel) -> SelfTests:
    return SelfTests(village.database, {"sms": channel, "page": ScriptedChannel()}, Wakes(), village.clock)


async def test_a_channel_is_tested_once_a_day_and_the_answer_is_kept(village: Village) -> None:
    channel = TestedChannel()
    part = self_tests(village, channel)
    assert [await part.run_once(), await part.run_once()] == [1, 0]
    village.wait(24 * 3600)
    assert await self_tests(village, channel).run_once() == 1  # also by another process
    assert [(row.ok, row.detail) for row in village.rows(tables.channel_test)] == [(True, "số dư 120000")] * 2


async def test_a_channel_that_fails_is_a_fault_and_is_asked_again_in_an_hour(village: Village) -> None:
    channel = TestedChannel()
    channel.answer = Outcome.refused(ErrorClass.MONEY, "103")
    part = self_tests(village, channel)
    await part.run_once()
    [fault] = village.rows(tables.incident, tables.incident.c.cause == "channel")
    assert village.rows(tables.channel_test)[0].detail == "money 103"
    channel.answer = Outcome.accepted()
    village.wait(3600)
    await part.run_once()
    assert village.row(tables.incident, fault.id).condition == "cleared"


@pytest.mark.expects_log("could not be tested")
async def test_a_test_that_breaks_is_a_test_that_failed(village: Village) -> None:
    channel = TestedChannel()
    channel.answer = RuntimeError("a bug with a secret in it")
    part = self_tests(village, channel)
    await part.run_once()
    assert village.rows(tables.channel_test)[0].detail == "params RuntimeError"
    assert (await part.health()).ok


async def test_what_a_notice_costs_is_known_before_it_is_sent(village: Village) -> None:
    post = Post(village)
    first, second = Step("sms", "1"), Step("email", "a@x.example")
    people = [post.house("ho-1", first, second), post.house("ho-2", second, first), post.house("ho-3", first)]
    names = [person.id for person in people] + ["ho-none"]
    village.execute(sa.update(tables.recipient).where(tables.recipient.c.id == "ho-3").values(active=False))
    channels = {"sms": PartsChannel(), "email": post.email}
    found = village.do(estimate, channels, names, Text("Mất điện.", "Mat dien ngay mai.", ""))
    assert found == [Estimate("sms", 1, 2, 2, 300, 600), Estimate("email", 1, 2, 1, 0, 0)]
