"""A journey by telephone: a fire is told to an alley, a household answers by its link, a report comes in."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser, expect

from keng_hub import tables
from keng_hub.notices import sending
from keng_hub.people import boards
from support import browser as browsers
from support.browser import log_in, violations
from support.homes import add_home
from support.office import PASSWORD, Office

pytestmark = pytest.mark.asyncio(loop_scope="session")
PHONE = {"viewport": {"width": 360, "height": 780}}


async def test_a_journey_of_residents_from_the_alarm_to_their_answer(
    office: Office, browser: Browser, axe: Path
) -> None:
    await office.add_account("truongthon", "village_head", "thon-mot")
    await office.database.write(add_home, "nha-a")
    board = await office.database.write(boards.make, "ngo-3", office.clock())
    incident = await office.raise_alarm(evidence="person")
    async with browsers.page(browser, office.url, bypass_csp=True, **PHONE) as watch:
        page = watch.page
        await log_in(watch, "truongthon", PASSWORD)
        await page.goto(f"{office.url}/incidents/{incident}/residents")
        assert await violations(page, axe) == []
        await page.click("#tell-ngo-3 button")
        await expect(page.locator("#done")).to_be_visible()
        while await office.database.write(sending.slice_of, 1, office.url, office.clock()):
            pass
        link = await office.database.read(
            lambda connection: connection.execute(sa.select(tables.answer_link.c.code)).scalar_one()
        )
        await page.goto(f"{office.url}/a/{link}")
        assert await violations(page, axe) == []
        await page.click("button[value=safe]")
        await expect(page.locator(".done")).to_contain_text("AN TOÀN")
        await page.goto(f"{office.url}/r/{board}")
        assert await violations(page, axe) == []
        await page.check("input[value=security]")
        await page.fill("textarea", "có người lạ ở ngõ")
        await page.click("button.main")
        await expect(page.locator("h1")).to_contain_text("SC-0002")
        assert await violations(page, axe) == []
        for path in ("/notices", "/notices/1", "/notices/new?template=storm", "/messages"):
            await page.goto(office.url + path)
            await expect(page.locator("#link")).to_have_attribute("data-state", "live")
            assert await violations(page, axe) == [], path
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        await expect(page.locator("#messages-reports")).to_contain_text("có người lạ ở ngõ")
        await page.goto(office.url + "/notices/1")
        await expect(page.locator("#notice-groups")).to_contain_text("Ngõ 3")


VOICES = """
window.said = [];
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
Object.defineProperty(window, "speechSynthesis", { value: Object.assign(new EventTarget(), {
  voices: [], getVoices() { return this.voices; }, cancel() {}, speak(words) { window.said.push(words.text); },
}) });
"""


async def test_the_words_for_loudspeakers_are_heard_where_the_browser_has_a_vietnamese_voice(
    office: Office, browser: Browser
) -> None:
    await office.add_account("truc", "duty")
    async with browsers.page(browser, office.url) as watch:
        page = watch.page
        await page.add_init_script(VOICES)
        await log_in(watch, "truc", PASSWORD)
        await page.goto(f"{office.url}/notices/new?template=planned_outage&scope=ngo-3")
        for name, value in (("begin", "2026-12-01T08:00"), ("end", "2026-12-01T11:00"), ("area", "Ngõ 3")):
            await page.fill(f"[name=f_{name}]", value)
        await page.fill("[name=f_reason]", "bảo trì")
        await page.check("[name=spoken]")
        await page.click("main form button.main")
        await expect(page.locator("#spoken")).to_be_visible()
        await expect(page.locator("#listen")).to_be_hidden()
        await page.evaluate(
            "speechSynthesis.voices = [{ lang: 'vi-VN' }]; speechSynthesis.dispatchEvent(new Event('voiceschanged'))"
        )
        await page.click("#listen")
        assert await page.evaluate("said") == [await page.inner_text("#spoken")]
