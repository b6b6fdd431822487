"""Areas are drawn on the picture by mouse, by keys and by touch; the form is what is sent."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy.engine import Connection

from keng_hub.cameras import registry
from keng_hub.cameras.registry import CameraKey
from keng_wire.camera import CameraPlan, CameraPlanned
from support import browser as browsers
from support.browser import log_in
from support.office import PASSWORD, Office

pytestmark = pytest.mark.asyncio(loop_scope="session")
KEY = CameraKey("ngo-3", "cam-ngo")
PAGE = "/cameras/ngo-3/cam-ngo/areas"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def _tells(connection: Connection, now: int) -> None:
    given = {"active": False, "areas": [{"id": "all", "points": [(0, 0), (1, 0), (1, 1), (0, 1)]}]}
    plan = CameraPlan.model_validate(given)
    registry.take(connection, "ngo-3", CameraPlanned(device="cam-ngo", plan=plan), now)


async def _plan(office: Office) -> dict[str, Any]:
    row = await office.database.read(registry.find, KEY)
    assert row is not None
    return dict(row["plan"])


async def _spot(page: Page, x: float, y: float) -> tuple[float, float]:
    box = await page.locator("#canvas").bounding_box()
    assert box is not None
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


async def test_a_polygon_is_drawn_dragged_and_moved_by_keys(office: Office, browser: Browser) -> None:
    await office.add_account("truc", "duty")
    await office.database.write(_tells, office.clock())
    async with browsers.page(browser, office.url, viewport={"width": 1280, "height": 900}) as watch:
        page = watch.page
        await log_in(watch, "truc", PASSWORD)
        await page.goto(office.url + PAGE)
        await page.click("#areas-1 [data-do=draw]")
        for x, y in ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8), (0.2, 0.2)):
            await page.mouse.click(*await _spot(page, x, y))
        corners = page.locator("#canvas .corner")
        await expect(corners).to_have_count(4)
        await page.mouse.move(*await _spot(page, 0.8, 0.8))
        await page.mouse.down()
        await page.mouse.move(*await _spot(page, 0.9, 0.7), steps=3)
        await page.mouse.up()
        await corners.nth(0).focus()
        await page.keyboard.press("ArrowLeft")
        await page.keyboard.press("Shift+ArrowUp")
        await expect(page.locator("#drawing-said")).to_contain_text("Góc 1: cách trái 19 phần trăm")
        await page.keyboard.press("+")
        await expect(corners).to_have_count(5)
        await page.keyboard.press("Delete")
        await expect(corners).to_have_count(4)
        await page.click("#lines-1 [data-do=sample]")
        await page.click("text=Lưu và báo trạm")
        await expect(page.locator("#done")).to_be_visible()
    plan = await _plan(office)
    expected = [[0.19, 0.15], [0.8, 0.2], [0.9, 0.7], [0.2, 0.8]]
    for found, wanted in zip(plan["areas"][0]["points"], expected, strict=True):
        assert found == pytest.approx(wanted, abs=0.011)
    assert plan["lines"][0]["points"] == [[0.2, 0.7], [0.8, 0.7]]


async def test_a_phone_draws_by_touch_and_adds_a_mask(office: Office, browser: Browser) -> None:
    await office.add_account("truc", "duty")
    await office.database.write(_tells, office.clock())
    async with browsers.page(browser, office.url, **PHONE) as watch:
        page = watch.page
        await log_in(watch, "truc", PASSWORD)
        await page.goto(office.url + PAGE)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await page.tap("#masks-1 [data-do=draw]")
        await page.wait_for_function("scrollY >= 0")
        for x, y in ((0.1, 0.1), (0.4, 0.1), (0.4, 0.6), (0.1, 0.1)):
            await page.touchscreen.tap(*await _spot(page, x, y))
        await expect(page.locator("#canvas .mask")).to_have_count(1)
        await page.tap("[data-more=masks]")
        await expect(page.locator("#masks-2")).to_be_visible()
        await page.fill("[name=reason]", "cửa nhà bên")
        await page.tap("text=Lưu và báo trạm")
        await expect(page.locator("#done")).to_be_visible()
    [mask] = (await _plan(office))["masks"]
    for found, wanted in zip(mask, [[0.1, 0.1], [0.4, 0.1], [0.4, 0.6]], strict=True):
        assert found == pytest.approx(wanted, abs=0.02)
