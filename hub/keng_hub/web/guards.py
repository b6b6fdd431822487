"""What stands in front of every page: security headers, the origin of a request, the session, and errors in words."""

import logging
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from keng_hub.incidents.msgid import N_
from keng_hub.web import languages, sessions
from keng_hub.web.answers import page
from keng_hub.web.forms import BadForm
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, HALF, LANGUAGE, SITE
from keng_hub.web.permissions import Handler

log = logging.getLogger("keng.web")

POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "keng",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
YEAR_S: Final = 365 * 24 * 3600
SAFE: Final = {"GET", "HEAD", "OPTIONS"}
RESIDENTS: Final = ("/j", "/home", "/b/", "/r/", "/s/", "/n/")
"""Where the pages of residents are, who get their errors in their own light pages."""
HOOKS: Final = "/hooks/"
"""Below it no browser and no session: each channel checks who calls (web/hooks.py)."""

ERRORS: Final = {
    400: (N_("This address or form cannot be used"), N_("Go back and try again.")),
    401: (N_("Please log in"), N_("Your session is over. Log in again.")),
    403: (N_("You may not do this"), N_("Your role does not include it. Ask the commune office if you need it.")),
    404: (N_("There is no such page"), N_("It may have been removed, or it lies outside the places you look after.")),
    405: (N_("This address or form cannot be used"), N_("Go back and try again.")),
    413: (N_("This is too large"), N_("Write less and send it again.")),
    429: (N_("Too many tries"), N_("Wait a minute and try again.")),
    500: (
        N_("Something went wrong in the hub"),
        N_("Alarms go on sounding and being stored. Try again; if it stays, call the technician."),
    ),
    503: (N_("A part of the hub does not answer"), N_("Try again in a minute; if it stays, call the technician.")),
}


@web.middleware
async def with_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The headers of OWASP ASVS V3.4; pages are never cached, static files for ever (their address has a version)."""
    try:
        response = await handler(request)
    except web.HTTPException as redirect:
        _add_headers(request, redirect)
        raise
    if not response.prepared:
        _add_headers(request, response)
    return response


def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
    if request.app[SITE].secure:
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR_S}"
    static = request.path.startswith("/static/") and response.status in (200, 304)
    response.headers.setdefault("Cache-Control", f"public, max-age={YEAR_S}, immutable" if static else "no-store")


@web.middleware
async def with_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A plain page in the person's language for every refusal and every fault; details go to the log only."""
    try:
        return await handler(request)
    except web.HTTPException as refusal:
        if refusal.status < 400 or "HX-Redirect" in refusal.headers:
            raise
        return error_page(request, refusal.status)
    except BadForm as bad:
        return error_page(request, 400, bad.problems)
    except Exception:
        log.exception("page failed: %s %s", request.method, shown_path(request))
        return error_page(request, 500)


def error_page(request: web.Request, status: int, problems: dict[str, str] | None = None) -> web.Response:
    """The page for an error status."""
    title, advice = ERRORS.get(status, ERRORS[400 if status < 500 else 500])
    template = "residents/error.html" if request.path.startswith(RESIDENTS) else "error.html"
    return page(request, template, status=status, code=status, title=title, advice=advice, problems=problems or {})


def shown_path(request: web.Request) -> str:
    """The path without the code that opens a household's page to whoever knows it."""
    code = request.match_info.get("code")
    return request.path.replace(code, "…") if code else request.path


@web.middleware
async def with_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what another site made the browser send (ASVS V3.5.1)."""
    if request.method not in SAFE and not request.path.startswith(HOOKS) and not same_origin(request):
        log.warning("refused %s %s: it came from another site", request.method, shown_path(request))
        raise web.HTTPForbidden
    return await handler(request)


@web.middleware
async def with_limit(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a form that is too large (413), also where nothing of it would be read; files have limits of their own."""
    is_form = request.method not in SAFE and request.content_type == "application/x-www-form-urlencoded"
    if is_form and not request.path.startswith(HOOKS):
        await request.read()
    return await handler(request)


def same_origin(request: web.Request) -> bool:
    """By `Sec-Fetch-Site`; without it (plain http) by `Origin`; without both it is refused."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    return from_here(request)


def from_here(request: web.Request) -> bool:
    """Whether `Origin` is there and names this host."""
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc == request.host


@web.middleware
async def with_session(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who is logged in, and in which language to answer."""
    if request.path.startswith(("/static/", HOOKS)):
        return await handler(request)
    token = request.cookies.get(cookie_name(request))
    account = None
    if token:
        database, now = request.app[DATABASE], request.app[CLOCK]()
        session = sessions.digest(token)
        account = await database.read(sessions.find, session, now)
        if account is not None:
            request[HALF if account.has_second and not account.second_given else ACCOUNT] = account
            if await database.read(sessions.needs_touch, session, now):
                await database.write(sessions.touch, session, now)
    request[LANGUAGE] = languages.choose(account.language if account else None, request.cookies)
    return await handler(request)


def cookie_name(request: web.Request) -> str:
    """`__Host-` binds the cookie to HTTPS and this host; plain http on loopback (the demo) cannot have it."""
    return "__Host-keng" if request.app[SITE].secure else "keng"


def set_cookie(
    request: web.Request, response: web.StreamResponse, token: str, life_ms: int = sessions.ABSOLUTE_MS
) -> None:
    """Give the browser its session."""
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=life_ms // 1000,
        path="/",
        secure=request.app[SITE].secure,
        httponly=True,
        samesite="Lax",
    )
