"""A walk through all pages of the tour: axe-core, narrow and enlarged screens, the keyboard."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from playwright.async_api import Browser, Page, ViewportSize

from keng_hub.tables import account
from support import browser as browsers
from support import page_checks
from support.browser import violations
from support.tour import Stop, Tour

WIDE: ViewportSize = {"width": 1366, "height": 768}
SEND = """([path, fields]) => {
    const form = Object.assign(document.createElement("form"), { method: "post", action: path });
    const field = ([name, value]) => Object.assign(document.createElement("input"), { name, value });
    form.append(...Object.entries(fields).map(field));
    document.body.append(form);
    form.submit();
}"""


async def walk(
    village: Tour, browser: Browser, axe: Path, language: str, scheme: Any, *, by_keyboard: bool
) -> list[str]:
    """Look at every page in this language and colour scheme; what is wrong, with its page and who looked."""
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
            if by_keyboard:
                problems += await page_checks.keyboard(page, keys)
            found += [f"{stop.path} ({stop.who}): {problem}" for problem in problems]
        watch.forget("404", "401")
    return found


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
