"""What residents agreed to and withdrew, newest first; no address stands here."""

from typing import Annotated, Any, Final

import sqlalchemy as sa
from aiohttp import web
from pydantic import Field
from sqlalchemy.engine import Connection

from keng_hub.people import register
from keng_hub.people.register import SUBJECTS, WARNED_FROM
from keng_hub.tables import account as accounts
from keng_hub.tables import consent_event, household, place
from keng_hub.web.answers import page
from keng_hub.web.forms import Form, query
from keng_hub.web.keys import ACCOUNT, DATABASE
from keng_hub.web.permissions import Action, require, sees_place
from keng_hub.web.sessions import Account

SHOWN: Final = 100


class Wanted(Form):
    """Which hundred."""

    page: Annotated[int, Field(ge=1, le=10_000)] = 1


@require(Action.SEE_CONSENTS)
async def show(request: web.Request) -> web.StreamResponse:
    """The list, and how many people the hub may hold data of."""
    wanted = query(request, Wanted)
    rows, count, subjects = await request.app[DATABASE].read(_load, request[ACCOUNT], wanted.page)
    return page(
        request,
        "households/consents.html",
        rows=rows,
        count=count,
        wanted=wanted,
        pages=-(-count // SHOWN),
        subjects=subjects,
        warned_from=WARNED_FROM,
        limit=SUBJECTS,
    )


def _load(connection: Connection, account: Account, number: int) -> tuple[list[dict[str, Any]], int, int]:
    joined = consent_event.join(household, household.c.id == consent_event.c.household)
    within = sees_place(account, household.c.place)
    count = connection.execute(sa.select(sa.func.count()).select_from(joined).where(within)).scalar_one()
    query = (
        sa.select(consent_event, household.c.label, place.c.name.label("place_name"), accounts.c.full_name)
        .select_from(joined)
        .join(place, place.c.id == household.c.place)
        .outerjoin(accounts, accounts.c.id == consent_event.c.account)
        .where(within)
        .order_by(consent_event.c.at.desc(), consent_event.c.id.desc())
        .limit(SHOWN)
        .offset((number - 1) * SHOWN)
    )
    return [dict(row) for row in connection.execute(query).mappings()], count, register.subjects(connection)
