"""axe-core finds nothing on any page: in Vietnamese by day, in English by night.

Pages of meters, of stills and clips, of residents and of messages are looked at where their journeys are.
"""

from collections.abc import Iterable
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
from support.busy_office import busy
from support.office import PASSWORD, Office, add_readings
from support.visitor import Visitors

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


async def _walk(office: Office, watch: browsers.Watch, axe: Path, scheme: str, paths: Iterable[str]) -> None:
    for path in paths:
        await watch.page.goto(office.url + path)
        if await watch.page.locator("#link").count():
            await expect(watch.page.locator("#link")).to_have_attribute("data-state", "live")
        await watch.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert await violations(watch.page, axe, (scheme,)) == [], path


LANGUAGES = pytest.mark.parametrize(("language", "scheme"), [("vi", "light"), ("en", "dark")])


@LANGUAGES
async def test_no_page_has_a_violation(office: Office, browser: Browser, axe: Path, language: str, scheme: str) -> None:
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
        await _walk(office, watch, axe, scheme, ["/login"])
        await log_in(watch, "truc", PASSWORD)
        paths: tuple[str, ...] = (
            "/incidents",
            f"/incidents/{incident}",
            "/incidents?show=overdue",
            "/places/cards",
            "/places/ngo-3/card",
        )
        await _walk(office, watch, axe, scheme, paths)
        paths = ("/devices", "/nodes/ngo-3", "/devices/ngo-3/khoi-bep", "/proofs", "/dead-days", "/nodes/ngo-3/report")
        await _walk(office, watch, axe, scheme, paths)
        camera = "/cameras/ngo-3/cam-ngo"
        await _walk(office, watch, axe, scheme, ("/cameras/inventory", f"{camera}/record", f"{camera}/areas"))
        paths = ("/meters/ngo-3/cong-to-1?range=hour", "/reports", report, "/account", "/account/password")
        await _walk(office, watch, axe, scheme, (*paths, "/account/second"))
        for path, field in (("/cameras", "#why input"), (camera, "#live-facts input")):
            await _walk(office, watch, axe, scheme, [path])
            await page.fill(field, "kiểm tra")
            await page.press(field, "Enter")
            await expect(page.locator(field)).to_have_count(0)
            assert await violations(page, axe, (scheme,)) == [], path
        await page.goto(office.url + "/incidents")
        await page.click(f"#acknowledge-{incident}")
        await expect(page.locator(".done")).to_be_visible()
        assert await violations(page, axe, (scheme,)) == []
        await _walk(office, watch, axe, scheme, ["/khong-co"])
        watch.forget("404")


@LANGUAGES
async def test_no_page_of_duty_households_and_notices_has_one(
    office: Office, visitors: Visitors, browser: Browser, axe: Path, language: str, scheme: str
) -> None:
    for name, role in (("truc", "duty"), ("bao-ve", "security_team"), ("dpo", "dpo")):
        await office.add_account(name, role, language=language)
    incident, report, board = await busy(office, await visitors("truc"), await visitors("dpo"))
    async with browsers.page(browser, office.url, bypass_csp=True) as watch:
        await _walk(office, watch, axe, scheme, ("/j", f"/b/{board}", "/offline", "/wall"))
        await log_in(watch, "truc", PASSWORD)
        paths: tuple[str, ...] = (
            "/desk",
            "/roster",
            "/escalation",
            "/shifts",
            "/mutes",
            "/screens",
            "/warnings",
            "/channels",
            "/availability",
            "/wall",
            "/drills",
        )
        await _walk(office, watch, axe, scheme, paths)
        await _walk(office, watch, axe, scheme, (f"/incidents/{incident}", f"/incidents/{incident}/roll-call", report))
        paths = ("/households", "/households/imports", "/invitations", "/boards", "/boards/sheets?place=ngo-3")
        await _walk(office, watch, axe, scheme, (*paths, "/consents", "/notices/1", "/notices/new"))
        await watch.page.context.clear_cookies()
        await log_in(watch, "dpo", PASSWORD)
        await _walk(office, watch, axe, scheme, ("/data-requests", "/audit"))
        await watch.page.context.clear_cookies()
        await log_in(watch, "bao-ve", PASSWORD)
        await _walk(office, watch, axe, scheme, ["/dispatch"])
