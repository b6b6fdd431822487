"""Journeys in real Chromium: a resident from the paper to leaving, without script; who keeps the register."""

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from keng_hub.people import assets, boards
from keng_hub.people.assets import AssetKind, Thing
from keng_hub.tables import place
from support import browser as browsers
from support.browser import log_in, violations
from support.joined import Joined
from support.office import PASSWORD, Office

pytestmark = pytest.mark.asyncio(loop_scope="session")
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


@pytest_asyncio.fixture(loop_scope="session")
async def village(office: Office) -> Joined:
    """Households can join; the alley has a board and an extinguisher."""
    joined = Joined(office)
    await joined.open()
    now = office.clock()
    await office.database.write(boards.make, "ngo-3", now)
    await office.database.write(assets.add, Thing(AssetKind.EXTINGUISHER, "ngo-3", "trước cổng số 5"), now)
    return joined


async def _fits(page: Page) -> None:
    """Nothing is cut off at the side, and what is pressed is large enough for a thumb."""
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not await page.evaluate(wide), page.url
    small = (
        "[...document.querySelectorAll('button, .button, summary')].filter(e => e.offsetHeight && e.offsetHeight < 44)"
    )
    assert await page.evaluate(f"{small}.length") == 0, page.url


async def test_journey_of_a_resident_from_the_paper_to_leaving_without_script(
    village: Joined, browser: Browser
) -> None:
    house = await village.add()
    code = await village.paper(house)
    url = village.office.url
    async with browsers.page(browser, url, java_script_enabled=False, **PHONE) as watch:
        page = watch.page
        await page.goto(f"{url}/home")
        await page.click("a.button.main")
        await page.fill("input[name=code]", code.upper())
        await page.click("button.main")
        await page.click("#way-sms summary")
        await page.fill("#way-sms input[name=address]", "0912 345 678")
        await page.check("#way-sms input[name=consent]")
        await page.click("#way-sms button")
        await expect(page.locator("#confirm")).to_contain_text("0912 345 678")
        await page.fill("input[name=digits]", await village.digits(page.url.partition("n=")[2]))
        await page.click("#confirm button")
        await expect(page.locator(".done")).to_contain_text("Từ nay tin sẽ gửi tới đây")
        await page.click("#try button")
        await expect(page.locator(".done")).to_contain_text("Đang gửi tin thử")
        await page.click("#contacts button.danger")
        await expect(page.locator(".done")).to_contain_text("không gửi tin tới đó nữa")
    assert await village.ladder(house) == []


async def test_pages_of_residents_fit_a_small_phone_and_have_no_violation(village: Joined, browser: Browser) -> None:
    axe = browsers.axe_script()
    code = await village.paper(await village.add())
    url = village.office.url
    board = (await village.office.database.read(boards.standing, place.c.id == "ngo-3"))[0]["code"]
    async with browsers.page(browser, url, bypass_csp=True, **PHONE) as watch:
        page = watch.page

        async def well() -> None:
            await _fits(page)
            assert axe is None or await violations(page, axe) == []

        await page.goto(f"{url}/j/{code}")
        await page.click(".languages button[value=en]")
        for path in (f"/b/{board}", "/home", f"/j/{code}"):
            await page.goto(url + path)
            await well()
        await page.check("#way-zalo_bot input[name=consent]")
        await page.click("#way-zalo_bot button")
        await expect(page.locator("#send .spell")).to_contain_text("LIENKET")
        await well()
        await page.goto(f"{url}/j/{code}")
        await page.click("#way-email summary")
        await page.fill("#way-email input[name=address]", "nha12@thon.example")
        await page.check("#way-email input[name=consent]")
        await page.click("#way-email button")
        await well()
        await page.fill("input[name=digits]", await village.digits(page.url.partition("n=")[2]))
        await page.click("#confirm button")
        await well()


async def test_without_connection_the_own_page_says_whom_to_call(village: Joined, browser: Browser) -> None:
    await village.secure()  # as far as the page knows; a browser takes the loopback for secure too
    url = village.office.url
    async with browsers.page(browser, url, **PHONE) as watch:
        page = watch.page
        await page.goto(f"{url}/home")
        await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        await page.context.set_offline(True)
        await page.reload()
        await expect(page.locator("h1")).to_have_text("Mất mạng")
        await expect(page.locator("main")).to_contain_text("114")
        await page.context.set_offline(False)
        await page.click("main a.button")
        await expect(page.locator("h1")).to_have_text("Máy này chưa biết nhà bạn")
        watch.forget("ERR_INTERNET_DISCONNECTED")


async def test_journey_of_a_group_head_who_brings_the_houses_in_and_prints_their_papers(
    village: Joined, browser: Browser
) -> None:
    axe = browsers.axe_script()
    await village.office.add_account("to3", "group_head", "ngo-3")
    url = village.office.url
    async with browsers.page(browser, url, bypass_csp=True, viewport={"width": 1280, "height": 900}) as watch:
        page = watch.page

        async def well() -> None:
            assert axe is None or await violations(page, axe) == []

        await log_in(watch, "to3", PASSWORD)
        await page.goto(f"{url}/households/imports")
        file = {"name": "ho.csv", "mimeType": "text/csv", "buffer": "Nhà;SĐT\nNhà 2;0912345678\nNhà 10;x\n".encode()}
        await page.set_input_files("input[name=file]", file)  # type: ignore[arg-type]  # a FilePayload
        await page.select_option("select[name=place]", "ngo-3")
        await page.click("#import button")
        await expect(page.locator("#bad")).to_contain_text("x")
        await page.click("#decide button.main")
        await expect(page.locator(".done")).to_be_visible()
        await page.click("#place-ngo-3 a")
        await well()
        await page.click("#papers button")
        await expect(page.locator(".slip h2")).to_have_text(["Nhà 2"])
        await well()
        for path in ("/households/1", "/reach", "/assets"):
            await page.goto(url + path)
            await well()
