"""The weekly reports of the fire points: their list, one of them for screen and paper, and the text that was hashed."""

import json
from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.reports.content import counts, next_of
from keng_hub.reports.need import Need
from keng_hub.tables import weekly_report
from keng_hub.web.answers import page
from keng_hub.web.keys import ACCOUNT, DATABASE
from keng_hub.web.permissions import Action, require, subtree
from keng_hub.web.point import sees_people
from keng_hub.web.sessions import Account

LIMIT: Final = 60
CODE: Final = r"BC-\d{4}-T\d{2}"
"""A report's number in an address."""


@require(Action.SEE_DEVICES)
async def show(request: web.Request) -> web.StreamResponse:
    """The list, newest first."""
    return page(request, "reports.html", reports=await request.app[DATABASE].read(_list, request[ACCOUNT]))


@require(Action.SEE_DEVICES)
async def one(request: web.Request) -> web.StreamResponse:
    """One report, as far as its places are those of the account."""
    row = await request.app[DATABASE].read(_one, request[ACCOUNT], request.match_info["code"])
    if row is None:
        raise web.HTTPNotFound
    return page(request, "report.html", report=row, needs=[need.value for need in Need], whole=_whole(request[ACCOUNT]))


@require(Action.SEE_DEVICES)
async def content(request: web.Request) -> web.StreamResponse:
    """The text whose SHA-256 stands on the report; for who may see all of it."""
    if not _whole(request[ACCOUNT]):
        raise web.HTTPForbidden
    code = request.match_info["code"]
    text = await request.app[DATABASE].read(_text, code)
    if text is None:
        raise web.HTTPNotFound
    name = {"Content-Disposition": f'attachment; filename="{code}.json"'}
    return web.Response(body=text.encode(), content_type="application/json", headers=name)


def _whole(account: Account) -> bool:
    return account.place is None and sees_people(account)


def _list(connection: Connection, account: Account) -> "list[dict[str, Any]]":
    chosen = sa.select(weekly_report).order_by(weekly_report.c.first.desc()).limit(LIMIT)
    return [_mine(connection, account, row) for row in connection.execute(chosen).mappings().all()]


def _one(connection: Connection, account: Account, code: str) -> "dict[str, Any] | None":
    row = connection.execute(sa.select(weekly_report).where(weekly_report.c.code == code)).mappings().one_or_none()
    return None if row is None else _mine(connection, account, row)


def _text(connection: Connection, code: str) -> str | None:
    return connection.execute(sa.select(weekly_report.c.content).where(weekly_report.c.code == code)).scalar()


def _mine(connection: Connection, account: Account, row: sa.RowMapping) -> "dict[str, Any]":
    """A report without the places that are not the account's, and without names it may not see."""
    kept: dict[str, Any] = json.loads(row["content"])
    if account.place is not None:
        places = set(connection.execute(subtree(account.place)).scalars())
        for village in kept["villages"]:
            village["points"] = [point for point in village["points"] if point["place"] in places]
        kept["tests"] = [test for test in kept["tests"] if test["place"] in places]
        kept["villages"] = [village for village in kept["villages"] if village["points"]]
    for village in kept["villages"]:
        village["counts"], village["next"] = counts(village["points"]), next_of(village["points"])
    points = [point for village in kept["villages"] for point in village["points"]]
    return kept | {"counts": counts(points), "sha256": row["sha256"], "names_shown": sees_people(account)}
