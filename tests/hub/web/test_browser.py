"""The pages in real Chromium: what a duty officer sees, hears and does."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
import sqlalchemy as sa
from playwright.async_api import Browser, expect

from keng_hub.tables import alarm, session
from support import browser as browsers
from support.browser import Watch, log_in
from support.office import PASSWORD, Office, add_readings, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def truc(office: Office, browser: Browser) -> AsyncGenerator[Watch]:
    """The duty officer in front of the list."""
    await office.add_account("truc", "duty")
    async with browsers.page(browser, office.url) as watch:
        await log_in(watch, "truc", PASSWORD)
        await expect(watch.page.locator("#link")).to_have_attribute("data-state", "live")
        yield watch


async def test_the_first_login_asks_for_an_own_password_and_then_shows_the_list(
    office: Office, browser: Browser
) -> None:
    await office.add_account("moi", "duty", must_change=True)
    async with browsers.page(browser, office.url) as watch:
        page = watch.page
        await log_in(watch, "moi", PASSWORD)
        await expect(page.locator("h1")).to_have_text("Mật khẩu mới")
        await page.fill("[name=current]", PASSWORD)
        await page.fill("[name=new]", "bốn từ dễ nhớ thôi")
        await page.fill("[name=again]", "bốn từ dễ nhớ thôi")
        await page.click("main button.main")
        await expect(page.locator("h1")).to_have_text("Sự cố")
        await expect(page.locator(".empty")).to_contain_text("Không có sự cố nào đang mở.")


async def test_an_alarm_appears_by_itself_is_announced_and_its_last_hop_is_noted(office: Office, truc: Watch) -> None:
    page = truc.page
    await page.evaluate("window.notReloaded = true")
    incident = await office.raise_alarm()
    row = page.locator(f"#incident-{incident}")
    await expect(row).to_contain_text("Có khói")
    await expect(row).to_contain_text("Khẩn cấp")
    await expect(page.locator("#announce")).to_contain_text("Khẩn cấp: Có khói, Nhà ông Mẫu A")
    assert await page.evaluate("window.notReloaded") is True

    async def shown() -> bool:
        query = sa.select(alarm.c.shown_at).where(alarm.c.incident == incident)
        return bool(await office.database.read(lambda connection: connection.scalar(query)))

    await until(shown)
    await expect(row).to_contain_text("Màn hình trực: Đã đến máy")


async def test_blocked_sound_is_visible_and_a_press_turns_it_on_and_off(office: Office, browser: Browser) -> None:
    await office.add_account("truc", "duty")
    async with browsers.page(browser, office.url) as watch:
        await log_in(watch, "truc", PASSWORD)
        page = watch.page
        await page.reload()  # a fresh document without a gesture
        sound = page.locator("#sound")
        await expect(sound).to_have_attribute("data-state", "blocked")
        await expect(sound).to_have_text("Âm thanh bị chặn: bấm để bật")
        await sound.click()
        await expect(sound).to_have_attribute("data-state", "on")
        await office.raise_alarm()
        await expect(sound).to_have_attribute("data-ringing", "true")
        await sound.click()
        await expect(sound).to_have_attribute("data-state", "off")
        await office.raise_alarm("ngo-9", "khoi-9")  # a new one rings again
        await expect(sound).to_have_attribute("data-ringing", "true")
        for left in (1, 0):  # each answer draws the list anew
            await page.locator(".row.waits button.main").first.click()
            await expect(page.locator(".row.waits")).to_have_count(left)
        await expect(sound).to_have_attribute("data-ringing", "false")


async def test_a_slow_press_on_the_blocked_sound_turns_it_on_as_well(office: Office, browser: Browser) -> None:
    """The browser may wake the sound while the finger is still down; letting go must not turn it off again."""
    await office.add_account("truc", "duty")
    async with browsers.page(browser, office.url) as watch:
        await log_in(watch, "truc", PASSWORD)
        await watch.page.reload()
        sound = watch.page.locator("#sound")
        await expect(sound).to_have_attribute("data-state", "blocked")
        await sound.click(delay=500)
        await expect(sound).to_have_attribute("data-state", "on")


async def test_where_the_browser_allows_it_the_alarm_sounds_without_a_press(office: Office) -> None:
    if not browsers.CHROMIUM.exists():
        pytest.skip("Chromium is not installed (Debian: apt install chromium)")
    await office.add_account("truc", "duty")
    async with browsers.started(sound=True) as loud, browsers.page(loud, office.url) as watch:
        await watch.page.add_init_script(
            "const start = OscillatorNode.prototype.start;"
            "window.strokes = 0;"
            "OscillatorNode.prototype.start = function (at) { window.strokes += 1; return start.call(this, at); };"
        )
        await log_in(watch, "truc", PASSWORD)
        await office.raise_alarm(severity="medium", category="security", cause="contact")
        await expect(watch.page.locator(".row.waits")).to_have_count(1)
        assert await watch.page.evaluate("window.strokes") == 0
        await office.raise_alarm()
        await until(lambda: watch.page.evaluate("window.strokes"))
        await expect(watch.page.locator("#sound")).to_have_attribute("data-ringing", "true")


async def test_from_alarm_to_closed_with_refused_steps_in_between(office: Office, truc: Watch) -> None:
    page = truc.page
    incident = await office.raise_alarm()
    await page.click(f"#incident-{incident} button.main")
    await expect(page.locator(f"#incident-{incident}")).to_contain_text("Đã tiếp nhận")
    await page.click(f"#incident-{incident} h2 a")
    await page.click("#act-close summary")
    await page.fill("#act-close [name=reason]", "khói bếp")
    await page.click("#act-close button")
    await expect(page.locator("#problem")).to_contain_text("Nguồn vẫn đang báo")
    assert await page.input_value("#act-close [name=reason]") == "khói bếp"
    truc.forget("409")
    await page.check("#act-verdict [value=false_alarm]")
    await page.click("#act-verdict button")
    await expect(page.locator("#problem")).to_contain_text("Hãy ghi lý do")
    truc.forget("409")
    await page.fill("#act-verdict textarea", "chủ nhà xác nhận nấu ăn")
    await page.click("#act-verdict button")
    await expect(page.locator("#done")).to_have_text("Đã lưu kết luận.")
    await expect(page.locator("#timeline")).to_contain_text("chủ nhà xác nhận nấu ăn")
    assert await page.input_value("#act-verdict textarea") == ""
    await page.fill("#act-comment textarea", "đã nhắc mở cửa sổ")
    await page.click("#act-comment button")
    await expect(page.locator("#timeline")).to_contain_text("đã nhắc mở cửa sổ")
    await expect(page.locator("section#act-close")).to_be_visible()  # now it is the next step
    await expect(page.locator("details#act-verdict")).to_have_count(1)
    await page.fill("#act-close [name=reason]", "khói bếp, không thiệt hại")
    await page.select_option("#act-close [name=false_alarm_cause]", "cooking_smoke")
    await page.click("#act-close button")
    await expect(page.locator("#done")).to_have_text("Sự cố đã đóng.")
    await expect(page.locator("#act-close")).to_have_count(0)
    assert (await office.incident(incident))["state"] == "closed"


async def test_typing_survives_what_happens_meanwhile(office: Office, truc: Watch) -> None:
    page = truc.page
    incident = await office.raise_alarm()
    await page.goto(f"{office.url}/incidents/{incident}")
    await expect(page.locator("#link")).to_have_attribute("data-state", "live")
    await page.click("#act-photo summary")
    await page.fill("#act-comment textarea", "đang viết dở")
    await page.focus("#act-comment textarea")
    await office.raise_alarm(occurrence=f"{1:016x}", phase="confirmed", evidence="two_detectors")
    await expect(page.locator("#timeline")).to_contain_text("Nguồn thứ hai xác nhận")
    assert await page.input_value("#act-comment textarea") == "đang viết dở"
    assert await page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    await expect(page.locator("#act-photo form")).to_be_visible()


async def test_the_list_does_not_move_under_the_finger(office: Office, truc: Watch) -> None:
    page = truc.page
    first = await office.raise_alarm("ngo-9", "khoi-9", category="security", severity="high", cause="contact")
    row = page.locator(f"#incident-{first}")
    await expect(row).to_be_visible()
    await row.hover()
    second = await office.raise_alarm()
    await expect(page.locator("#held")).to_have_text("Có 1 sự cố mới. Bấm để xem")
    assert await page.locator(f"#incident-{second}").count() == 0
    await page.click("#held")
    await expect(page.locator(f"#incident-{second}")).to_be_visible()
    await expect(page.locator("#held")).to_be_hidden()


async def test_two_tabs_show_the_same_and_one_sees_what_the_other_does(office: Office, truc: Watch) -> None:
    other = await truc.page.context.new_page()
    await other.goto(office.url + "/incidents")
    incident = await office.raise_alarm()
    for tab in (truc.page, other):
        await expect(tab.locator(f"#incident-{incident}.waits")).to_be_visible()
    await truc.page.bring_to_front()
    await truc.page.click(f"#incident-{incident} button.main")
    await expect(other.locator(f"#incident-{incident}")).to_contain_text("Đã tiếp nhận")
    await expect(other.locator(f"#incident-{incident}.waits")).to_have_count(0)


@pytest.mark.parametrize("away", [0.0, 5.0])
async def test_a_lost_link_is_said_at_once_and_the_page_comes_back_by_itself(
    office: Office, truc: Watch, away: float
) -> None:
    page = truc.page
    await office.close()
    await expect(page.locator("#lost")).to_contain_text("Mất kết nối từ")
    assert await page.evaluate("document.body.classList.contains('offline')")
    missed = await office.raise_alarm()
    await asyncio.sleep(away)
    await office.open()
    await expect(page.locator("#lost")).to_be_hidden(timeout=15_000)
    await expect(page.locator("#link")).to_have_attribute("data-state", "live")
    await expect(page.locator(f"#incident-{missed}")).to_be_visible()
    truc.forget("WebSocket connection", "ERR_CONNECTION_REFUSED", "Failed to fetch")


async def test_a_part_that_cannot_be_fetched_is_marked_old_and_tried_again(
    office: Office, truc: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = truc.page
    await page.route("**/incidents", lambda route: route.abort())
    incident = await office.raise_alarm()
    await expect(page.locator("#list.stale")).to_be_visible()
    await page.unroute("**/incidents")
    await expect(page.locator(f"#incident-{incident}")).to_be_visible()
    await expect(page.locator("#list.stale")).to_have_count(0)
    truc.forget("ERR_FAILED", "htmx")


async def test_a_session_that_ends_leads_to_the_login(office: Office, truc: Watch) -> None:
    await office.database.write(lambda connection: connection.execute(sa.delete(session)))
    await office.raise_alarm()
    await expect(truc.page.locator("h1")).to_have_text("Đăng nhập")
    truc.forget("401")


async def test_the_language_can_be_switched_and_back(truc: Watch) -> None:
    page = truc.page
    await page.click("footer button[value=en]")
    await expect(page.locator("h1")).to_have_text("Incidents")
    await expect(page.locator("#link")).to_have_text("Live")
    await page.click("footer button[value=vi]")
    await expect(page.locator("h1")).to_have_text("Sự cố")


async def test_without_script_everything_can_still_be_done(office: Office, browser: Browser) -> None:
    await office.add_account("truc", "duty")
    incident = await office.raise_alarm()
    async with browsers.page(browser, office.url, java_script_enabled=False) as watch:
        page = watch.page
        await log_in(watch, "truc", PASSWORD)
        await page.click(f"#incident-{incident} button.main")
        await expect(page.locator(".done")).to_have_text("Đã tiếp nhận. Bạn đang phụ trách sự cố này.")
        await page.click(f"#incident-{incident} h2 a")
        await page.check("#act-verdict [value=confirmed]")
        await page.click("#act-verdict button")
        await expect(page.locator("#done")).to_have_text("Đã lưu kết luận.")
        await page.fill("#act-comment textarea", "không có JavaScript")
        await page.click("#act-comment button")
        await expect(page.locator("#timeline")).to_contain_text("không có JavaScript")


async def test_the_chart_draws_gaps_and_follows_new_readings(office: Office, truc: Watch) -> None:
    page = truc.page
    await add_readings(office, minutes=90, step=1, gap=range(20, 30))
    await page.goto(office.url + "/meters/ngo-3/cong-to-1?range=hour")
    await expect(page.locator("#chart canvas")).to_be_visible()
    await page.click("#numbers summary")
    before = await page.locator("#data td:has-text('thiếu dữ liệu')").count()
    assert before >= 9
    await expect(page.locator("#link")).to_have_attribute("data-state", "live")
    await add_readings(office, minutes=90, step=1)
    await office.publish("readings")
    await expect(page.locator("#data td:has-text('thiếu dữ liệu')")).to_have_count(0)
    await expect(page.locator("#chart canvas")).to_be_visible()


async def test_the_keyboard_reaches_the_acts_and_shows_where_it_is(office: Office, truc: Watch) -> None:
    page = truc.page
    incident = await office.raise_alarm()
    await expect(page.locator(f"#incident-{incident}")).to_be_visible()
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.id") == f"acknowledge-{incident}":
            break
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    await page.keyboard.press("Enter")
    await expect(page.locator(f"#incident-{incident}")).to_contain_text("Đã tiếp nhận")
