"""Every kind of event has words on a node's page."""

from typing import get_args

import pytest

from keng_hub.web.words import EVENT
from keng_wire.event import Event

KINDS = [model.model_fields["kind"].default for model in get_args(get_args(Event)[0])]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_event_has_words(kind: str) -> None:
    assert kind in EVENT
