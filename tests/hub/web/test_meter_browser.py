"""The pages of meters in real Chromium: chart and table, forms, files."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from keng_hub.web import languages
from support import browser as browsers
from support.browser import Watch, log_in
from support.meter_office import HALF_HOUR, furnish, judge, yesterday
from support.office import PASSWORD, Office

pytestmark = pytest.mark.asyncio(loop_scope="session")
FILE = "Công tơ;Ngày;Chỉ số (kWh)\ncong-to-1;20/11/2026;1.234,5\ncong-to-1;?;1\nXYZ;20/11/2026;5\n"


def _day(office: Office) -> str:
    day = languages.local(yesterday(office)).date().isoformat()
    return f"{office.url}/meters/ngo-9/cong-to-10?range=day&date={day}"


@pytest_asyncio.fixture(loop_scope="session")
async def truc(office: Office, browser: Browser) -> AsyncGenerator[Watch]:
    """The duty officer, in an office with judged meters."""
    await office.add_account("truc", "duty")
    await furnish(office)
    async with browsers.page(browser, office.url) as watch:
        await log_in(watch, "truc", PASSWORD)
        yield watch


async def test_the_chart_draws_what_its_table_says_and_tells_it_under_the_pointer(office: Office, truc: Watch) -> None:
    page = truc.page
    await page.goto(_day(office))
    canvas = page.locator("#chart canvas")
    await expect(canvas).to_be_visible()
    await page.locator("#chart .u-over").hover(position={"x": 40, "y": 100})
    await expect(page.locator("#pointed")).to_contain_text("Chấp nhận (kWh): 0,250")
    await expect(page.locator("#pointed")).to_contain_text("Khung giờ: TĐ")
    await page.click("#numbers summary")
    await expect(page.locator('#data tr[data-flag="estimated"]')).to_have_count(9)


@pytest.mark.parametrize("span", ["hour", "day", "month", "year"])
async def test_the_table_keeps_its_words_while_the_page_stands(office: Office, truc: Watch, span: str) -> None:
    await truc.page.clock.install()
    await truc.page.goto(f"{office.url}/meters/ngo-9/cong-to-10?range={span}")
    rows = truc.page.locator("#data tbody")
    said = await rows.text_content()
    assert "kWh" in await truc.page.inner_text("#figures")
    await truc.page.clock.run_for(5_000)  # ages are told anew each second
    assert await rows.text_content() == said


async def test_a_correction_is_made_by_hand_and_shown(office: Office, truc: Watch) -> None:
    page = truc.page
    await page.goto(_day(office))
    start = str(yesterday(office) + 6 * HALF_HOUR)
    await page.select_option("#correct select[name=start]", start)
    await page.fill("#correct input[name=kwh]", "0,4")
    await page.fill("#correct input[name=reason] >> nth=0", "đọc tại chỗ")
    await page.click("#correct button.main")
    await expect(page.locator("#done")).to_contain_text("Đã ghi nhận số sửa")
    await judge(office)
    await page.reload()
    await expect(page.locator(f'#data tr[data-start="{start}"]')).to_have_attribute("data-flag", "edited")
    await expect(page.locator("#edits")).to_contain_text("đọc tại chỗ")


async def test_a_file_is_looked_through_and_brought_in(office: Office, truc: Watch) -> None:
    page = truc.page
    await page.goto(office.url + "/imports")
    file: Any = {"name": "so-lieu.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    await page.set_input_files("input[type=file]", files=[file])
    await page.click("#import button.main")
    await expect(page.locator("#counts")).to_contain_text("1 Mới")
    await expect(page.locator("#bad tbody tr")).to_have_count(2)
    await page.click("#decide button.main")
    await expect(page.locator("#done")).to_contain_text("Đã nhập số liệu")
    await expect(page.locator("#imports")).to_contain_text("so-lieu.csv")


async def test_everything_works_without_script(office: Office, browser: Browser) -> None:
    await office.add_account("truc", "duty")
    await furnish(office)
    async with browsers.page(browser, office.url, java_script_enabled=False) as watch:
        await log_in(watch, "truc", PASSWORD)
        page = watch.page
        await page.goto(office.url + "/questions")
        await page.fill("input[name=reason]", "điện lực thay")
        await page.click("button[value=exchanged]")
        await expect(page.locator("#done")).to_contain_text("Đã ghi nhận câu trả lời")
        await page.goto(office.url + "/feeders/ngo-9/lo-1")
        await page.click("#assign button")
        await expect(page.locator("#hanging li")).to_have_count(3)
