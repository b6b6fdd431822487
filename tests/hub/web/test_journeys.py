"""A journey per role in real Chromium, each on the screen that role has: `pytest -k journey` runs all there are.

The journeys of residents stand with their pages, in `test_household_browser.py` and `test_notices_browser.py`.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser, Page, expect

from keng_hub.incidents import actions, dispatch
from keng_hub.tables import account, device
from support import browser as browsers
from support.browser import log_in
from support.homes import add_home
from support.office import PASSWORD, Office

pytestmark = pytest.mark.asyncio(loop_scope="session")
PHONE = {"viewport": {"width": 390, "height": 800}, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1366, "height": 768}}


@asynccontextmanager
async def at(
    office: Office, browser: Browser, name: str, role: str, place: str | None = None, *, phone: bool = False
) -> AsyncGenerator[Page]:
    """Somebody of this role, logged in; at the end the page they stand on fits their screen."""
    await office.add_account(name, role, place)
    async with browsers.page(browser, office.url, **(PHONE if phone else DESK)) as watch:
        await log_in(watch, name, PASSWORD)
        yield watch.page
        assert await watch.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), watch.page.url


async def test_journey_of_the_duty_officer_from_the_alarm_to_the_report(office: Office, browser: Browser) -> None:
    await office.add_account("bao-ve", "security_team", "thon-mot")
    async with at(office, browser, "truc", "duty") as page:
        await page.goto(f"{office.url}/desk")
        await expect(page.locator("#link")).to_have_attribute("data-state", "live")
        incident = await office.raise_alarm()
        row = page.locator(f"#desk-{incident}")
        await expect(row).to_contain_text("Có khói")
        await row.get_by_role("button", name="Tiếp nhận").click()
        await expect(page.locator("main")).to_contain_text("Đã tiếp nhận")
        await page.goto(f"{office.url}/incidents/{incident}")
        await expect(page.locator('a[href="tel:114"]').first).to_be_visible()
        await page.select_option('form[action$="/send"] select', label=await _choice(page, "Bao-ve"))
        await page.click('form[action$="/send"] button.main')
        await expect(page.locator("#incident")).to_contain_text("Đã giao, chưa trả lời")
        verdict = page.locator('form[action$="/verdict"]')
        await verdict.get_by_label("Báo nhầm").check()
        await verdict.locator("textarea").fill("hàng xóm gọi, khói bếp")
        await verdict.get_by_role("button").click()
        await expect(page.locator("#incident header")).to_contain_text("Báo nhầm")
        close = page.locator('form[action$="/close"]')
        await close.locator("select[name=false_alarm_cause]").select_option(index=1)
        await close.locator("textarea[name=reason]").fill("đã kiểm tra tại chỗ")
        await close.get_by_role("button", name="Đóng sự cố").click()
        await expect(page.locator("#incident header")).to_contain_text("Đã đóng")
        await page.get_by_role("heading", name="Báo cáo nhanh").click()
        await page.click('form[action$="/urgent-report"] button')
        await expect(page.locator("h1")).to_contain_text("Báo cáo nhanh")


async def _choice(page: Page, name: str) -> str:
    texts = await page.locator('form[action$="/send"] select option').all_inner_texts()
    return next(text for text in texts if name in text)


async def test_journey_of_the_security_team_by_telephone(office: Office, browser: Browser) -> None:
    incident = await office.raise_alarm()
    duty = await office.add_account("truc", "duty")
    await office.database.write(actions.acknowledge, incident, duty, office.clock())
    async with at(office, browser, "bao-ve", "security_team", "thon-mot", phone=True) as page:
        found = sa.select(account.c.id).where(account.c.username == "bao-ve")
        who = await office.database.read(lambda connection: connection.execute(found).scalar_one())
        await office.database.write(dispatch.send, incident, duty, who, "mang bình chữa cháy", office.clock())
        await page.goto(f"{office.url}/dispatch")
        await expect(page.locator("#link")).to_have_attribute("data-state", "live")
        await page.wait_for_load_state("networkidle")  # the first look after the page came is over
        for button, state in (
            ("Tôi nhận", "Đã nhận nhiệm vụ"),
            ("Tôi đã đến", "Đã đến nơi"),
            ("Đã xong", "Đã xong nhiệm vụ"),
        ):
            await page.get_by_role("button", name=button).click()
            await expect(page.locator("main")).to_contain_text(state)


async def test_journey_of_a_group_head_who_calls_the_roll(office: Office, browser: Browser) -> None:
    await office.database.write(add_home, "nha-a")
    incident = await office.raise_alarm(evidence="person")
    async with at(office, browser, "to-truong", "group_head", "ngo-3", phone=True) as page:
        await page.goto(f"{office.url}/incidents/{incident}")
        await page.click("#roll-call summary")
        await page.click('form[action$="/begin_roll_call"] button')
        await page.goto(f"{office.url}/incidents/{incident}/roll-call")
        await page.get_by_role("button", name="Cần giúp").first.click()
        await expect(page.locator("main")).to_contain_text("Cần giúp")


async def test_journey_of_a_village_head_who_tells_the_alley(office: Office, browser: Browser) -> None:
    await office.database.write(add_home, "nha-a")
    incident = await office.raise_alarm(evidence="person")
    async with at(office, browser, "truong-thon", "village_head", "thon-mot", phone=True) as page:
        await page.goto(f"{office.url}/incidents/{incident}")
        await page.get_by_role("button", name="Tiếp nhận").first.click()
        await expect(page.locator("#incident header")).to_contain_text("Đã tiếp nhận")
        await page.get_by_role("link", name="Báo cho dân").first.click()
        await page.click("#tell-ngo-3 button")
        await expect(page.locator("#done")).to_be_visible()


async def test_journey_of_the_leader_who_approves_what_all_are_told(office: Office, browser: Browser) -> None:
    await office.database.write(add_home, "nha-a")
    async with at(office, browser, "truc", "duty") as page:
        await page.goto(f"{office.url}/notices/new?template=storm")
        for field in await page.locator("main form [required]:not(select)").all():
            timed = await field.get_attribute("type") == "datetime-local"
            await field.fill("2030-01-02T08:00" if timed else "bão số 5")
        await page.select_option("select[name=scope]", "xa-mau")
        await page.locator("main form button.main").first.click()
        await page.get_by_role("button", name="Gửi đi duyệt").click()
        await expect(page.locator("main")).to_contain_text("Chờ duyệt")
        address = page.url
    async with at(office, browser, "chu-tich", "commune_lead") as page:
        await page.goto(address.partition("?")[0])
        await page.get_by_role("button", name="Duyệt").click()
        await expect(page.locator("main")).not_to_contain_text("Chờ duyệt")


async def test_journey_of_a_technician_with_a_telephone(office: Office, browser: Browser) -> None:
    def fire_point(connection: sa.Connection) -> None:
        values = {"fingerprint": "ab" * 32, "marks": ["unproven"], "details": [{"mark": "unproven"}]}
        connection.execute(sa.update(device).where(device.c.id == "khoi-bep").values(**values))

    await office.database.write(fire_point)
    async with at(office, browser, "tho", "technician", phone=True) as page:
        await page.click('nav a[href="/devices"]')
        await page.get_by_role("link", name="Đầu báo khói bếp nhà A").first.click()
        disable = page.locator('form[action$="/disable"]')
        await disable.locator("[name=reason]").fill("thay pin")
        await disable.get_by_role("button").click()
        await expect(page.locator("main")).to_contain_text("thay pin")
        await page.goto(f"{office.url}/dead-days")
        await expect(page.locator("h1")).to_contain_text("Số ngày")


@pytest.mark.parametrize(
    ("role", "path", "heading", "closed"),
    [
        ("police", "/cameras", "camera", "/audit"),
        ("observer", "/reach", "Tỷ lệ phủ tin", "/households"),
        ("culture", "/notices", "Thông báo", "/incidents"),
        ("dpo", "/data-requests", "Yêu cầu", "/incidents"),
        ("security_officer", "/audit", "Nhật ký thao tác", "/incidents"),
        ("supporter", "/invitations", "Mời", "/households"),
    ],
)
async def test_journey_of_those_who_look_after_one_thing(
    office: Office, browser: Browser, role: str, path: str, heading: str, closed: str
) -> None:
    async with at(office, browser, "ai-do", role) as page:
        await page.goto(office.url + "/")
        link = page.locator(f'a[href="{path}"]')
        await (link.first.click() if await link.count() else page.goto(office.url + path))
        await expect(page.locator("h1").first).to_contain_text(heading)
        answer = await page.request.get(office.url + closed, max_redirects=0)
        assert answer.status in (403, 404)
