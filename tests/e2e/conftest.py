"""The options of the crash tests as fixtures."""

import random

import pytest


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """How often something is killed."""
    return int(request.config.getoption("--rounds"))


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of this run: the one given, or a new one."""
    given = request.config.getoption("--seed")
    return int(given) if given is not None else random.randrange(1_000_000)
