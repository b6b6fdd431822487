"""What tests of the pages share: an office, visitors, one browser; all on the session's loop, as the browser is."""

import shutil
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from support import browser as browsers
from support import tour
from support.office import Office, opened
from support.tour import Tour
from support.visitor import Visitors

if TYPE_CHECKING:
    from playwright.async_api import Browser


@pytest_asyncio.fixture(loop_scope="session")
async def office(sqlite_url: str, tmp_path: Path) -> AsyncGenerator[Office]:
    """A commune office with its village, open."""
    async with opened(sqlite_url, tmp_path) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def visitors(office: Office) -> AsyncGenerator[Visitors]:
    """Makes visitors: `await visitors("truc")` is one who is logged in, `await visitors()` one who is not."""
    async with AsyncExitStack() as stack:
        yield Visitors(office, stack)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncGenerator["Browser"]:
    """Chromium, started once."""
    if not browsers.CHROMIUM.exists():
        pytest.skip("Chromium is not installed (Debian: apt install chromium)")
    async with browsers.started() as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def touring(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Tour]:
    """One office for all who walk through it."""
    folder = tmp_path_factory.mktemp("tour")
    url = f"sqlite:///{shutil.copy(sqlite_template, folder / 'keng.db')}"
    async with tour.prepared(url, folder) as one:
        yield one


@pytest.fixture(scope="module")
def axe() -> Path:
    """The script of axe-core."""
    script = browsers.axe_script()
    if script is None:
        pytest.skip("axe-core could not be fetched (npm and its registry are needed once)")
    return script
