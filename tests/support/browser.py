"""Debian's Chromium, started once a run, and pages that report whatever should not happen on them."""

import shutil
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Page, Request, Response, async_playwright, expect

from support.patience import PATIENCE_S

expect.set_options(timeout=PATIENCE_S * 1000)

CHROMIUM = Path("/usr/bin/chromium")
HUB = Path(__file__).parents[2] / "hub"
NOISE = ("AudioContext was not allowed to start", "WebSocket is closed before the connection is established")
"""The page handles the first one: it shows that sound is blocked. The second is said when a page is left at once."""


@asynccontextmanager
async def started(*, sound: bool = False) -> AsyncGenerator[Browser]:
    """A browser without sandbox (tests may run as root); with `sound` pages may play without a gesture."""
    arguments = ["--disable-gpu", "--disable-dev-shm-usage"]
    if sound:
        arguments.append("--autoplay-policy=no-user-gesture-required")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False, args=arguments)
        yield browser
        await browser.close()


class Watch:
    """What went wrong on a page: console errors, page errors, refused or failed answers, foreign requests."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.problems: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(noise in message.text for noise in NOISE):
            self.problems.append(f"console {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        own = (self.url, self.url.replace("http", "ws", 1), "data:", "blob:")
        if not request.url.startswith(own):
            self.problems.append(f"foreign request: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.url}")

    def forget(self, *parts: str) -> None:
        """Take back problems that a test meant to cause; those without any of `parts` stay."""
        self.problems = [text for text in self.problems if not any(part in text for part in parts)]


@asynccontextmanager
async def page(browser: Browser, url: str, **options: Any) -> AsyncGenerator[Watch]:
    """A page of its own context, in Vietnam; at the end nothing may have gone wrong on it."""
    options = {"locale": "vi-VN", "timezone_id": "Asia/Ho_Chi_Minh"} | options
    context = await browser.new_context(**options)
    context.set_default_timeout(PATIENCE_S * 1000)
    watch = Watch(await context.new_page(), url)
    yield watch
    await context.close()
    assert watch.problems == [], "\n".join(watch.problems)


async def log_in(watch: Watch, username: str, password: str) -> None:
    """By the form, as a person does."""
    await watch.page.goto(watch.url + "/login")
    await watch.page.fill("input[name=username]", username)
    await watch.page.fill("input[name=password]", password)
    await watch.page.click("main button.main")
    await watch.page.wait_for_selector("h1")


def axe_script() -> Path | None:
    """axe-core as npm brings it at the locked version; None where npm cannot fetch it."""
    folder = HUB / "build" / "axe"
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    lock = (HUB / "package-lock.json").read_bytes()
    if script.is_file() and (folder / "package-lock.json").read_bytes() == lock:
        return script
    if shutil.which("npm") is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HUB / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    return script if done.returncode == 0 and script.is_file() else None


async def violations(page: Page, axe: Path, schemes: tuple[str, ...] = ("light", "dark")) -> list[str]:
    """What axe finds in the first scheme, and what contrast it misses in others; nothing but colours differs."""
    if not await page.evaluate("'axe' in window"):  # a walk brings it with each page
        await page.add_script_tag(path=axe)
    found: list[dict[str, Any]] = []
    for scheme in schemes:
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a literal, seen as a str
        only = "" if scheme == schemes[0] else "runOnly: ['color-contrast'], "
        run = f"axe.run({{{only}resultTypes: ['violations']}}).then((all) => all.violations)"
        found += await page.evaluate(run)
    return [f"{one['id']}: {node['html'][:160]} {node['failureSummary']}" for one in found for node in one["nodes"]]
