"""Loudspeakers through nodes: a command each, not by night, delivered when a node says that it speaks."""

from collections.abc import Iterator
from typing import Any

import pytest

from keng_hub import tables
from keng_hub.channels.channel import ErrorClass, Office, Outcome, Result
from keng_hub.channels.loudspeaker import LONGEST, Loudspeaker, LoudspeakerSettings, spoken
from keng_hub.deliveries.ledger import Step
from keng_hub.deliveries.worker import Deliveries
from keng_hub.wakes import Wakes
from keng_wire.event import CommandResult
from support.messages import message
from support.post import Post
from support.village_rows import START, Village, opened

_NIGHT = START + 5 * 3_600_000


@pytest.fixture
def village(sqlite_url: str) -> Iterator[Village]:
    """On SQLite alone: where databases differ is seen with the ledger."""
    with opened(sqlite_url) as one:
        yield one


def channel(village: Village) -> Loudspeaker:
    return Loudspeaker(LoudspeakerSettings(), Office(village.database, village.clock, lambda: None))


async def tell(village: Village, **changed: Any) -> Outcome:
    return await channel(village).send(message(**{"address": "thon-mau"} | changed))


async def told(village: Village) -> Post:
    """A house whose loudspeaker was told of a fire."""
    post = Post(village)
    post.worker = Deliveries(village.database, {"loudspeaker": channel(village)}, Wakes(), village.clock)
    post.tell(post.house("loa-thon", Step("loudspeaker", "thon-mau")))
    await post.round()
    return post


async def test_each_node_of_the_place_is_told_once_and_until_when(village: Village) -> None:
    outcomes = [await tell(village), await tell(village)]
    assert [one.result for one in outcomes] == [Result.ACCEPTED] * 2
    [row] = village.rows(tables.command)
    assert (row.node, row.name, row.call) == ("ngo-3", "announce", "fire")
    assert row.until == row.expires == START + 120_000
    assert row.text == message().body_vi


@pytest.mark.parametrize(
    ("changed", "call"),
    [
        ({"category": "info", "kind": "notice"}, "routine"),
        ({"category": "security"}, "security"),
        ({"kind": "all_clear"}, "all_clear"),
        ({"drill": True}, "drill"),
    ],
)
async def test_each_message_has_its_call(village: Village, changed: dict[str, Any], call: str) -> None:
    await tell(village, **changed)
    assert village.rows(tables.command)[0].call == call


@pytest.mark.parametrize(
    ("changed", "error_class", "code"),
    [
        ({"category": "medical"}, ErrorClass.PARAMS, "not_for_all"),
        ({"category": "medical", "kind": "all_clear"}, ErrorClass.PARAMS, "not_for_all"),
        ({"category": "info", "sent": _NIGHT}, ErrorClass.NIGHT, "quiet_hours"),
        ({"drill": True, "sent": _NIGHT}, ErrorClass.NIGHT, "quiet_hours"),
        ({"address": "thon-khac"}, ErrorClass.UNREACHABLE, "no_node"),
    ],
)
async def test_what_is_not_for_all_or_not_now_is_not_spoken(
    village: Village, changed: dict[str, Any], error_class: ErrorClass, code: str
) -> None:
    outcome = await tell(village, **changed)
    assert (outcome.error_class, outcome.error_code) == (error_class, code)
    assert village.rows(tables.command) == []


async def test_a_fire_is_told_by_night(village: Village) -> None:
    assert (await tell(village, sent=_NIGHT)).result is Result.ACCEPTED


async def test_a_message_is_delivered_when_a_node_speaks(village: Village) -> None:
    post = await told(village)
    assert post.states("loudspeaker") == ["accepted"]
    [row] = village.rows(tables.command)
    village.event(CommandResult(command=row.id, ok=False, error="đang giờ yên tĩnh"))
    assert post.states("loudspeaker") == ["accepted"]
    village.event(CommandResult(command=row.id, ok=True))
    assert post.states("loudspeaker") == ["delivered"]


async def test_answers_that_come_late_twice_or_in_another_order_take_nothing_back(village: Village) -> None:
    post = await told(village)
    [row] = village.rows(tables.command)
    village.wait(600)
    village.event(CommandResult(command=row.id, ok=True))
    village.event(CommandResult(command=row.id, ok=True))
    assert post.states("loudspeaker") == ["delivered"]
    village.event(CommandResult(command=row.id, ok=False, error="loa đang bận"))
    assert post.states("loudspeaker") == ["delivered"]


async def test_an_answer_to_a_command_nobody_gave_delivers_nothing(village: Village) -> None:
    post = await told(village)
    village.event(CommandResult(command="0" * 16, ok=True))
    assert post.states("loudspeaker") == ["accepted"]


def test_of_a_long_text_whole_sentences_are_spoken() -> None:
    sentence = "Bà con chú ý đóng cửa trước khi bão đến. "
    assert spoken(sentence * 10) == (sentence * 4).strip()
    assert len(spoken("x" * 500)) == LONGEST
