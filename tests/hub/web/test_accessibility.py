"""axe-core finds nothing on any page, light and dark, Vietnamese and English."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser, expect
from sqlalchemy.engine import Connection

from keng_hub.reports.week import due
from keng_hub.reports.weekly import WeeklyReports
from keng_hub.tables import dead_stretch, device
from support import browser as browsers
from support.browser import log_in, violations
from support.office import PASSWORD, Office, add_readings

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="session")
def axe() -> Path:
    """The script of axe-core."""
    script = browsers.axe_script()
    if script is None:
        pytest.skip("axe-core could not be fetched (npm and its registry are needed once)")
    return script


def _fire_point(connection: Connection) -> None:
    values = {"fingerprint": "ab" * 32, "marks": ["unproven"], "details": [{"mark": "unproven"}]}
    connection.execute(sa.update(device).where(device.c.id == "khoi-bep").values(**values))


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_no_page_has_a_violation(office: Office, browser: Browser, axe: Path, language: str) -> None:
    await office.add_account("truc", "duty", language=language)
    await office.database.write(_fire_point)
    assert await WeeklyReports(office.database, office.wakes, office.url, office.clock).run_once()
    report = f"/reports/{due(office.clock()).code}"
    await add_readings(office, minutes=600, step=10, gap=range(100, 200))
    await office.raise_alarm("ngo-9", "cong-to-9", category="info", severity="info", cause="other", drill=True)
    await office.raise_alarm("ngo-9", "khoi-9", category="fault", severity="low", cause="other")
    await office.raise_alarm("ngo-3", "cam-ngo", category="security", severity="medium", cause="intrusion")
    await office.raise_alarm("ngo-9", "khoi-9", category="security", severity="high", cause="contact")
    incident = await office.raise_alarm(at=office.clock() - 20 * 60_000)
    dead = {"node": "ngo-3", "device": "cam-ngo", "begun": office.clock() - 7_200_000, "finding": "tamper"}
    await office.database.write(lambda connection: connection.execute(dead_stretch.insert().values(**dead)))
    async with browsers.page(browser, office.url, bypass_csp=True) as watch:
        page = watch.page
        await page.goto(office.url + "/login")
        assert await violations(page, axe) == []
        await log_in(watch, "truc", PASSWORD)
        for path in (
            "/incidents",
            f"/incidents/{incident}",
            "/incidents?show=overdue",
            f"/incidents/{incident}/roll-call",
            "/places/cards",
            "/drills",
            "/places/ngo-3/card",
            "/devices",
            "/nodes/ngo-3",
            "/devices/ngo-3/khoi-bep",
            "/proofs",
            "/dead-days",
            "/cameras/inventory",
            "/cameras/ngo-3/cam-ngo/record",
            "/cameras/ngo-3/cam-ngo/areas",
            "/reports",
            "/channels",
            "/warnings",
            report,
            "/nodes/ngo-3/report",
            "/meters",
            "/meters/ngo-3/cong-to-1?range=hour",
            "/account",
            "/account/password",
        ):
            await page.goto(office.url + path)
            await expect(page.locator("#link")).to_have_attribute("data-state", "live")
            assert await violations(page, axe) == [], path
        for path, field in (("/cameras", "#why input"), ("/cameras/ngo-3/cam-ngo", "#live-facts input")):
            await page.goto(office.url + path)
            assert await violations(page, axe) == [], path
            await page.fill(field, "kiểm tra")
            await page.press(field, "Enter")
            await expect(page.locator(field)).to_have_count(0)
            assert await violations(page, axe) == [], path
        await page.goto(office.url + "/incidents")
        await page.click(f"#acknowledge-{incident}")
        await expect(page.locator(".done")).to_be_visible()
        assert await violations(page, axe) == []
        await page.goto(office.url + "/khong-co")
        assert await violations(page, axe) == []
        watch.forget("404")
