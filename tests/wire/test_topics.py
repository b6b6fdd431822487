"""Topics: what is put together comes apart again, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keng_wire.topics import Down, MessageClass, Up, down, parse_up, shared, up

NODES = st.from_regex(r"^[a-z0-9][a-z0-9-]{0,39}\Z")


@given(NODES, st.sampled_from(Up))
def test_an_upward_topic_comes_apart_as_it_was_put_together(node: str, leaf: Up) -> None:
    assert parse_up(up(node, leaf)) == (node, leaf)


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - both kinds of refusal count
        parse_up(text)


@pytest.mark.parametrize(
    "topic",
    [
        "keng/v1/ngo-3/down/ack",
        "keng/v2/ngo-3/up/alarm",
        "keng/v1/ngo-3/up/alarms",
        "keng/v1/ngo-3/up",
        "keng/v1//up/alarm",
        "keng/v1/a/b/up/alarm",
        "/keng/v1/ngo-3/up/alarm",
    ],
)
def test_a_topic_that_only_looks_like_ours_is_refused(topic: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_up(topic)


def test_every_numbered_class_has_its_own_leaf() -> None:
    assert [up("ngo-3", cls) for cls in MessageClass] == [f"keng/v1/ngo-3/up/{cls}" for cls in MessageClass]


def test_filters_and_patterns_are_made_of_the_same_pieces() -> None:
    assert up("+", Up.ALARM) == "keng/v1/+/up/alarm"
    assert down("%u", Down.ACK) == "keng/v1/%u/down/ack"
    assert shared("hub", up("+", Up.READING)) == "$share/hub/keng/v1/+/up/reading"
