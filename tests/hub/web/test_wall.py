"""The wall screen: let in by a code that works once, shows no house and no number, and is shut off when told."""

import re

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser, expect

from keng_hub import screens
from keng_hub.tables import dead_stretch, session
from keng_hub.web import sessions
from support import browser as browsers
from support.browser import log_in
from support.office import PASSWORD, Office
from support.visitor import Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
CODE = re.compile(r"<code>(\w{4}-\w{4})</code>")


async def _screen(office: Office, visitors: Visitors, place: str = "") -> tuple[Visitor, Visitor]:
    """The duty officer, and a screen that was let in."""
    await office.add_account("truc", "duty")
    duty, screen = await visitors("truc"), await visitors()
    made = await duty.post("/screens", {"name": "Hội trường", "place": place})
    [code] = CODE.findall(made.text)
    answer = await screen.post("/wall", {"code": code.upper()})
    assert (answer.status, answer.location) == (303, "/wall")
    return duty, screen


async def test_a_screen_gets_in_by_its_code_once(office: Office, visitors: Visitors) -> None:
    _, screen = await _screen(office, visitors)
    assert "Không có sự cố nào đang mở." in (await screen.get("/wall")).text
    other = await visitors()
    assert "Mã màn hình" in (await other.get("/wall")).text
    answer = await other.post("/wall", {"code": "abcd-efgh"})
    assert answer.status == 401
    assert "Mã không đúng" in answer.text
    assert (await other.post("/wall", {"code": "x" * 100})).status == 401
    assert (await other.post("/wall", {})).status == 401


@pytest.mark.expects_log("too many failures")
async def test_a_code_ends_after_ten_minutes_and_guessing_is_slowed_down(office: Office, visitors: Visitors) -> None:
    _, code = await office.database.write(screens.add, "Sảnh", None, office.clock() - screens.CODE_MS - 1)
    guesser = await visitors(source="127.0.0.9")
    statuses = [(await guesser.post("/wall", {"code": code})).status for _ in range(6)]
    assert statuses == [401] * 5 + [429]


async def test_it_shows_what_burns_without_the_house_and_nothing_else(office: Office, visitors: Visitors) -> None:
    _, screen = await _screen(office, visitors)
    incident = await office.raise_alarm()
    dead = {"node": "ngo-3", "device": "cam-ngo", "begun": office.clock() - 7_200_000, "finding": "tamper"}
    await office.database.write(lambda c: c.execute(sa.insert(dead_stretch).values(**dead)))
    page = (await screen.get("/wall")).text
    assert "Ngõ 3, Thôn Một, Xã Mẫu" in page
    assert "Mẫu A" not in page
    assert "<b>1</b> thiết bị hỏng" in page
    for path in ("/incidents", f"/incidents/{incident}", "/devices", "/account", "/screens", "/audit"):
        assert (await screen.get(path)).status == 403
    assert (await screen.post(f"/incidents/{incident}/acknowledge")).status == 403


async def test_it_sees_its_own_places_only(office: Office, visitors: Visitors) -> None:
    _, screen = await _screen(office, visitors, "thon-hai")
    await office.raise_alarm()
    assert "Không có sự cố nào đang mở." in (await screen.get("/wall")).text


async def test_it_goes_on_after_a_dark_night_and_stops_when_shut_off(office: Office, visitors: Visitors) -> None:
    duty, screen = await _screen(office, visitors)
    long_ago = sessions.IDLE_MS * 3
    rows = session
    await office.database.write(lambda c: c.execute(sa.update(rows).values(used=rows.c.used - long_ago)))
    assert "Hội trường" not in (await screen.get("/wall")).text
    assert "Không có sự cố nào" in (await screen.get("/wall")).text
    duty = await visitors("truc")
    [number] = re.findall(r"/screens/(\d+)/end", (await duty.get("/screens")).text)
    assert (await duty.post(f"/screens/{number}/end")).status == 303
    assert "Mã màn hình" in (await screen.get("/wall")).text
    assert (await duty.post(f"/screens/{number}/code")).status == 404


async def test_nobody_logs_in_as_a_screen_and_others_keep_none(office: Office, visitors: Visitors) -> None:
    await _screen(office, visitors)
    stranger = await visitors()
    name = (await office.database.read(screens.listed))[0]
    assert (await stranger.log_in(f"man-hinh-{name['id']}", "-")).status == 401
    await office.add_account("ca", "police")
    police = await visitors("ca")
    assert (await police.get("/screens")).status == 403
    assert (await police.get("/wall")).status == 200


async def test_a_fire_appears_large_by_itself_and_a_lost_hub_greys_the_wall(office: Office, browser: Browser) -> None:
    await office.add_account("truc", "duty")
    async with browsers.page(browser, office.url, viewport={"width": 1920, "height": 1080}) as watch:
        await log_in(watch, "truc", PASSWORD)
        page = watch.page
        await page.goto(office.url + "/wall")
        await expect(page.locator("#link")).to_have_attribute("data-state", "live")
        await office.raise_alarm()
        await expect(page.locator(".burning h2")).to_have_count(1)
        size = await page.locator(".burning h2").evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
        assert size >= 45  # more than 1/24 of the height of the screen
        assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        await page.evaluate("window.dispatchEvent(new Event('pagehide'))")
