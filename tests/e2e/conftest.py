"""The options of the crash tests as fixtures."""

import random
from typing import cast

import pytest


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """How often something is killed."""
    return cast("int", request.config.getoption("--rounds"))


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of this run: the one given, or a new one."""
    given = cast("int | None", request.config.getoption("--seed"))
    return random.randrange(1_000_000) if given is None else given
