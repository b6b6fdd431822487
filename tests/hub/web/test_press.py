"""A press while the page changes under it is done, and nothing waits behind a resting finger."""

from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from support import browser as browsers
from support.browser import log_in
from support.office import PASSWORD, Office

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _put_down(page: Page, button: Locator) -> None:
    """The mouse, on the middle of it."""
    box = await button.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.down()


async def test_a_press_is_done_though_an_alarm_moves_the_button_between_down_and_up(
    office: Office, browser: Browser
) -> None:
    await office.add_account("truc", "duty")
    lesser = await office.raise_alarm("ngo-9", "khoi-9", category="security", severity="high", cause="contact")
    async with browsers.page(browser, office.url) as watch:
        page = watch.page
        await log_in(watch, "truc", PASSWORD)
        await page.goto(f"{office.url}/desk")
        await expect(page.locator("#link")).to_have_attribute("data-state", "live")
        await page.wait_for_load_state("networkidle")  # the first look after the page came is over
        await _put_down(page, page.locator(f"#desk-{lesser} button"))
        async with page.expect_response(f"{office.url}/desk") as fetched:
            greater = await office.raise_alarm()
        await (await fetched.value).finished()
        await page.evaluate("new Promise((done) => setTimeout(done, 100))")  # a swap would be over by now
        await expect(page.locator(f"#desk-{greater}")).to_have_count(0)
        await page.mouse.up()
        await expect(page.locator("main")).to_contain_text("Đã tiếp nhận")
    assert (await office.incident(lesser))["state"] == "acknowledged"
    assert (await office.incident(greater))["state"] == "new"


async def test_the_first_press_on_a_telephone_is_done_though_it_allows_the_sound(
    office: Office, browser: Browser
) -> None:
    """The bar then says so in fewer words and may need one row less: all below it would move up under the finger."""
    await office.add_account("truc", "duty")
    incident = await office.raise_alarm()
    options: Any = {"viewport": {"width": 390, "height": 844}}
    async with browsers.page(browser, office.url, **options) as watch:
        page = watch.page
        await log_in(watch, "truc", PASSWORD)
        await page.goto(f"{office.url}/desk")
        await expect(page.locator("#link")).to_have_attribute("data-state", "live")
        await expect(page.locator("#sound")).to_have_attribute("data-state", "blocked")
        await page.wait_for_load_state("networkidle")
        await _put_down(page, page.locator(f"#desk-{incident} button").first)
        await page.evaluate("new Promise((done) => setTimeout(done, 500))")  # the sound is awake by now
        await expect(page.locator("#sound")).to_have_attribute("data-state", "blocked")
        await page.mouse.up()
        await expect(page.locator("main")).to_contain_text("Đã tiếp nhận")
    assert (await office.incident(incident))["state"] == "acknowledged"


async def test_an_alarm_does_not_wait_behind_a_finger_that_rests(office: Office, browser: Browser) -> None:
    await office.add_account("truc", "duty")
    async with browsers.page(browser, office.url) as watch:
        page = watch.page
        await log_in(watch, "truc", PASSWORD)
        await page.goto(f"{office.url}/desk")
        await expect(page.locator("#link")).to_have_attribute("data-state", "live")
        await _put_down(page, page.locator("h1").first)
        incident = await office.raise_alarm()
        await expect(page.locator(f"#desk-{incident}")).to_be_visible()
        await page.mouse.up()


async def test_what_was_typed_and_chosen_stays_when_the_page_changes_under_it(office: Office, browser: Browser) -> None:
    await office.add_account("truc", "duty")
    incident = await office.raise_alarm()
    async with browsers.page(browser, office.url) as watch:
        page = watch.page
        await log_in(watch, "truc", PASSWORD)
        await page.goto(f"{office.url}/incidents/{incident}")
        await expect(page.locator("#link")).to_have_attribute("data-state", "live")
        await page.get_by_role("button", name="Tiếp nhận").first.click()
        await page.click("#act-close summary")
        close = page.locator("#act-close")
        chosen = close.locator("select[name=false_alarm_cause]")
        await chosen.select_option("cooking_smoke")
        await close.locator("[name=reason]").fill("khói bếp")
        await page.locator("#act-verdict [value=false_alarm]").check()
        await office.raise_alarm(occurrence=f"{1:016x}", phase="confirmed", evidence="two_detectors")
        await expect(page.locator("#timeline")).to_contain_text("Nguồn thứ hai xác nhận")
        await expect(chosen).to_have_value("cooking_smoke")
        await expect(close.locator("[name=reason]")).to_have_value("khói bếp")
        await expect(page.locator("#act-verdict [value=false_alarm]")).to_be_checked()
