"""Every page, in Vietnamese by day: axe-core, narrow and enlarged screens, the keyboard."""

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from playwright.async_api import Browser

from keng_hub.web.routes import ROUTES
from support.tour import Tour
from support.walk import walk

pytestmark = pytest.mark.asyncio(loop_scope="session")
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


async def test_every_page_is_walked_or_is_named_as_none(touring: Tour) -> None:
    app = web.Application()
    app.add_routes(ROUTES)
    pages = {r.resource.canonical for r in app.router.routes() if r.resource and r.method in ("GET", "*")}
    walked: set[str] = set()
    for stop in touring.stops:
        found = await app.router.resolve(make_mocked_request("GET", stop.path))
        if stop.form is None and found.route.resource is not None:
            walked.add(found.route.resource.canonical)
    assert pages - walked == set(NO_PAGE)


async def test_every_page_is_for_everybody(touring: Tour, browser: Browser, axe: Path) -> None:
    found = await walk(touring, browser, axe, "vi", "light", by_keyboard=True)
    assert found == [], "\n".join(found)
