"""Pages and texts in the language and with the rights of who asked."""

from typing import Any

from aiohttp import web

from keng_hub.web import languages
from keng_hub.web.keys import ACCOUNT, CLOCK, LANGUAGE, RENDERER, SITE
from keng_hub.web.permissions import Action, may, must_set_up


def page(request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
    """A whole page, or a part of one, from its template."""
    text = html(request, template, **values)
    return web.Response(text=text, content_type="text/html", charset="utf-8", status=status)


def html(request: web.Request, template: str, **values: Any) -> str:
    """What a template says to who asked."""
    account = request.get(ACCOUNT)
    return request.app[RENDERER].text(
        language(request),
        template,
        account=account,
        settled=account is not None and not account.must_change and not must_set_up(request, account),
        may={action.value for action in Action if account is not None and may(account, action)},
        site=request.app[SITE],
        now=request.app[CLOCK](),
        path=request.path,
        address=request.path_qs,
        **values,
    )


def translate(request: web.Request, message: str, **values: object) -> str:
    """A text of the catalogue in the request's language."""
    text = request.app[RENDERER].translate(language(request), message)
    return text % values if values else text


def language(request: web.Request) -> str:
    """The language of the request."""
    return request[LANGUAGE] if LANGUAGE in request else languages.DEFAULT  # noqa: SIM401 a RequestKey has no default
