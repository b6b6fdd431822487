"""The group chats that are told beside the houses: one for each group of a provider, at a place."""

from typing import Annotated

import sqlalchemy as sa
from aiohttp import web
from pydantic import Field, StringConstraints
from sqlalchemy.engine import Connection

from keng_hub.people import groups
from keng_hub.people.errors import Refused
from keng_hub.tables import group_channel
from keng_hub.web.forms import Form, Text, read
from keng_hub.web.households import tree
from keng_hub.web.households.tree import PlaceKey, Wanted, check_place
from keng_hub.web.households.words import REFUSED
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.permissions import Action, require, sees_place
from keng_hub.web.sessions import Account

Address = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[\x21-\x7e]+$")]


class Group(Form):
    """A group chat: the place, the channel, the provider's id of the group and what people call it."""

    place: PlaceKey
    channel: Annotated[str, StringConstraints(max_length=20)]
    address: Address
    name: Annotated[Text, Field(max_length=200)]


@require(Action.KEEP_HOUSEHOLDS)
async def add(request: web.Request) -> web.StreamResponse:
    """Tell this group from now on."""
    form = await read(request, Group)
    try:
        await request.app[DATABASE].write(_add, request[ACCOUNT], form, request.app[CLOCK]())
    except Refused as refused:
        return await tree.answer(request, Wanted(place=form.place), status=422, problem=REFUSED[refused.code])
    raise web.HTTPSeeOther(f"/households?place={form.place}&done=group")


@require(Action.KEEP_HOUSEHOLDS)
async def end(request: web.Request) -> web.StreamResponse:
    """Tell it no more."""
    number = int(request.match_info["id"])
    place_id = await request.app[DATABASE].write(_end, request[ACCOUNT], number, request.app[CLOCK]())
    raise web.HTTPSeeOther(f"/households?place={place_id}&done=group_ended")


def _add(connection: Connection, account: Account, form: Group, now: int) -> None:
    check_place(connection, account, form.place)
    groups.add_channel(connection, form.place, form.channel, form.address, form.name, now)


def _end(connection: Connection, account: Account, group_id: int, now: int) -> str:
    seen = sa.and_(group_channel.c.id == group_id, sees_place(account, group_channel.c.place))
    place_id = connection.scalar(sa.select(group_channel.c.place).where(seen))
    if place_id is None:
        raise web.HTTPNotFound
    groups.end_channel(connection, group_id, now)
    return str(place_id)
