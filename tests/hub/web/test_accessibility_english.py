"""Every page, in English by night; in a file of its own, so that it is walked beside the Vietnamese one."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from support.tour import Tour
from support.walk import walk

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_page_is_for_everybody(touring: Tour, browser: Browser, axe: Path) -> None:
    found = await walk(touring, browser, axe, "en", "dark", by_keyboard=False)  # Tab goes the same way in both
    assert found == [], "\n".join(found)
