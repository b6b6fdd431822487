"""Every page, in Vietnamese by day and in English by night: axe-core, narrow and enlarged screens, the keyboard."""

import shutil
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from playwright.async_api import Browser, Page, ViewportSize

from keng_hub.tables import account
from keng_hub.web.routes import ROUTES
from support import browser as browsers
from support import page_checks, tour
from support.browser import violations
from support.tour import Stop, Tour

pytestmark = pytest.mark.asyncio(loop_scope="session")
WIDE: ViewportSize = {"width": 1366, "height": 768}
NO_PAGE = {
    "/": "leads to the first page of the role",
    "/push/key": "data for a script",
    "/push/worker.js": "a script",
    "/sw.js": "a script",
    "/manifest.webmanifest": "data for the browser",
    "/incidents/strip": "a part of every page",
    "/incidents/{id}/photos/{photo}": "a picture",
    "/snapshots/{id}": "a picture",
    "/media/{id}": "a picture",
    "/viewings/{id}/clip": "a film",
    "/proofs/photos/{id}": "a picture",
    "/messages/photos/{id}": "a picture",
    "/cameras/{node}/{device}/notices/{id}": "a picture",
    "/cameras/{node}/{device}/consents/{id}": "a picture",
    "/cameras/{node}/{device}/background": "a picture",
    "/cameras/{node}/{device}/still": "a picture",
    "/cameras/{node}/{device}/picture": "a picture",
    "/cameras/{node}/{device}/sign.pdf": "a sheet to print",
    "/reports/{code}/content": "the text that was hashed",
    "/reports/urgent/{report}/content": "the text that was hashed",
    "/dead-days/export": "a file",
    "/meters/{node}/{device}/export": "a file",
    "/village/export": "a file",
    "/reach/export": "a file",
    "/live": "a WebSocket",
    "/healthz": "for programs",
    "/metrics": "for programs",
    "/hooks/{channel}": "for programs",
    "/hooks/{channel}/{rest}": "for programs",
}
"""What answers to GET and is no page to look at, and why."""
SEND = """([path, fields]) => {
    const form = Object.assign(document.createElement("form"), { method: "post", action: path });
    const field = ([name, value]) => Object.assign(document.createElement("input"), { name, value });
    form.append(...Object.entries(fields).map(field));
    document.body.append(form);
    form.submit();
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def village(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Tour]:
    """One office for all who walk through it."""
    folder = tmp_path_factory.mktemp("tour")
    url = f"sqlite:///{shutil.copy(sqlite_template, folder / 'keng.db')}"
    async with tour.prepared(url, folder) as one:
        yield one


@pytest.fixture(scope="module")
def axe() -> Path:
    """The script of axe-core."""
    script = browsers.axe_script()
    if script is None:
        pytest.skip("axe-core could not be fetched (npm and its registry are needed once)")
    return script


async def test_every_page_is_walked_or_is_named_as_none(village: Tour) -> None:
    app = web.Application()
    app.add_routes(ROUTES)
    pages = {r.resource.canonical for r in app.router.routes() if r.resource and r.method in ("GET", "*")}
    walked: set[str] = set()
    for stop in village.stops:
        found = await app.router.resolve(make_mocked_request("GET", stop.path))
        if stop.form is None and found.route.resource is not None:
            walked.add(found.route.resource.canonical)
    assert pages - walked == set(NO_PAGE)


@pytest.mark.parametrize(("language", "scheme"), [("vi", "light"), ("en", "dark")])
async def test_every_page_is_for_everybody(
    village: Tour, browser: Browser, axe: Path, language: str, scheme: Any
) -> None:
    spoken = sa.update(account).values(language=language)
    await village.office.database.write(lambda connection: connection.execute(spoken))
    found: list[str] = []
    options = {"bypass_csp": True, "color_scheme": scheme, "viewport": WIDE}
    async with browsers.page(browser, village.office.url, **options) as watch:
        page = watch.page
        await page.add_init_script(path=axe)
        keys = await page.context.new_cdp_session(page)
        who: str | None = None
        for stop in village.stops:
            if stop.who != who:
                await _become(village, page, stop.who, language)
                who = stop.who
            await _open(village, page, stop)
            problems = await violations(page, axe, (scheme,))
            problems += await page_checks.wide(page)
            problems += await page_checks.narrow(page)
            if language == "vi":  # Tab goes the same way in both
                problems += await page_checks.keyboard(page, keys)
            found += [f"{stop.path} ({stop.who}): {problem}" for problem in problems]
        watch.forget("404", "401")
    assert found == [], "\n".join(found)


async def _become(village: Tour, page: Page, who: str, language: str) -> None:
    """Have the cookies of this person and no others."""
    cookies = {"language": language} | dict([village.cookies[who]] if who else [])
    await page.context.clear_cookies()
    url = village.office.url
    await page.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])


async def _open(village: Tour, page: Page, stop: Stop) -> None:
    """Go to the page, or send its form, and unfold what is folded."""
    await page.set_viewport_size(WIDE)
    if stop.form is None:
        answer = await page.goto(village.office.url + stop.path)
    else:
        async with page.expect_navigation() as sent:
            await page.evaluate(SEND, [stop.path, stop.form])
        answer = await sent.value
    assert answer is not None
    assert (answer.status, urlsplit(page.url).path) == (stop.status, stop.path.partition("?")[0])
    if await page.evaluate("Boolean(document.getElementById('link'))"):
        await page.wait_for_selector("#link[data-state=live]")
    await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
