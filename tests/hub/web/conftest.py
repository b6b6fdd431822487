"""What tests of the pages share: an office, visitors, one browser; all on the session's loop, as the browser is."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from support import browser as browsers
from support.office import Office, opened
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
