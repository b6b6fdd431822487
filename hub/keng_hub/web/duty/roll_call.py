"""The roll call as a list for rescuers and for whoever goes from door to door, made for a phone."""

from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.incidents.states import ENDED, State
from keng_hub.web.answers import page
from keng_hub.web.duty.case import work_of
from keng_hub.web.incident import visible
from keng_hub.web.incidents import DONE
from keng_hub.web.keys import ACCOUNT, DATABASE, EMERGENCY
from keng_hub.web.permissions import Action, require


@require(Action.SEE_PEOPLE)
async def show(request: web.Request) -> web.StreamResponse:
    """The list; htmx takes `#households` out of it."""
    id_ = int(request.match_info["id"])

    def found(connection: Connection) -> "dict[str, Any] | None":
        row = visible(connection, request[ACCOUNT], id_)
        return (
            None if row is None else work_of(connection, request[ACCOUNT], row, request.app[EMERGENCY]) | {"row": row}
        )

    work = await request.app[DATABASE].read(found)
    if work is None:
        raise web.HTTPNotFound
    done = DONE.get(request.query.get("done", ""))
    row, rows = work["row"], work["households"]
    ended = State(row["state"]) in ENDED
    return page(request, "duty/roll_call.html", incident=row, households=rows, done=done, ended=ended)
