"""`/live`: one WebSocket a page, `[n, name, data]` down, what was shown up.

The rules are those of `docs/pages.md`: the server speaks first (what was missed, then `sync`), beats every 10 s, and
an event only says "fetch this again", so that permissions stay with the fragments.
"""

import asyncio
import json
from typing import Annotated, Self

from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from keng_hub.web import lock, sessions, shown
from keng_hub.web.guards import from_here
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, RENDERER, STREAM, WAKES
from keng_hub.web.permissions import Action, may, must_set_up
from keng_hub.web.sessions import Account
from keng_hub.web.stream import Subscription

BEAT_S = 10.0
SESSION_OVER = 4401
"""Close code of our own: log in again."""
SOCKETS: web.AppKey[set[web.WebSocketResponse]] = web.AppKey("sockets", set)


class Said(BaseModel):
    """What a page says: these incidents stand in front of a person now, or that the person did something."""

    shown: Annotated[list[Annotated[int, Field(ge=1, le=10**15)]], Field(max_length=200)] = []
    acted: bool = False

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("nothing", "says nothing")
        return self


async def connect(request: web.Request) -> web.StreamResponse:
    """Upgrade, if the page is ours and somebody is logged in; then talk until either side is gone."""
    if not from_here(request):
        raise web.HTTPForbidden
    account = request.get(ACCOUNT)
    if account is None or account.must_change or must_set_up(request, account):
        raise web.HTTPUnauthorized
    since = request.query.get("since", "")
    socket = web.WebSocketResponse(max_msg_size=8192, compress=False, timeout=2.0)
    try:
        await socket.prepare(request)
    except ConnectionError:
        return web.Response()  # the page was gone before we spoke
    request.app[SOCKETS].add(socket)
    subscription, missed, newest = await request.app[STREAM].subscribe(
        int(since) if since.isdecimal() and len(since) < 16 else None
    )
    try:
        for event in missed:
            await _say(socket, event.n, event.name, event.data)
        await _say(socket, newest, "sync", {"version": request.app[RENDERER].version, "locked": account.locked})
        await _talk(request, socket, subscription, account)
    except ConnectionError:
        pass  # the page went away in the middle of a word
    finally:
        request.app[STREAM].unsubscribe(subscription)
        request.app[SOCKETS].discard(socket)
    return socket


async def close_all(app: web.Application) -> None:
    """At the end of the hub: pages learn it at once and aiohttp need not wait for them."""
    closing = [s.close(code=WSCloseCode.SERVICE_RESTART, message=b"restart") for s in app[SOCKETS]]
    await asyncio.gather(*closing, return_exceptions=True)


async def _talk(
    request: web.Request, socket: web.WebSocketResponse, subscription: Subscription, account: Account
) -> None:
    """Speak and listen at once; whichever ends first ends the other."""
    tasks = [
        asyncio.create_task(_speak(request, socket, subscription, account), name="web.live.speak"),
        asyncio.create_task(_listen(request, socket, account), name="web.live.listen"),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _speak(
    request: web.Request, socket: web.WebSocketResponse, subscription: Subscription, account: Account
) -> None:
    loop = asyncio.get_running_loop()
    last, beat_at = subscription.told, loop.time() + BEAT_S
    while not subscription.overflowed.is_set():
        try:
            event = await asyncio.wait_for(subscription.next(), max(0.0, beat_at - loop.time()))
        except TimeoutError:
            beat_at = loop.time() + BEAT_S
            found = await _still_valid(request, account)
            if found is None:
                await socket.close(code=SESSION_OVER, message=b"session over")
                return
            await _say(socket, last, "beat", {"locked": found.locked})
        else:
            last = event.n
            await _say(socket, event.n, event.name, event.data)
    await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too slow")


async def _listen(request: web.Request, socket: web.WebSocketResponse, account: Account) -> None:
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            continue
        try:
            said = Said.model_validate_json(message.data)
        except ValidationError:
            await socket.close(code=WSCloseCode.UNSUPPORTED_DATA, message=b"not understood")
            return
        app = request.app
        if said.acted and (found := await _still_valid(request, account)) is not None:
            await lock.note_act(request, found)
        sees = bool(said.shown) and may(account, Action.SEE_INCIDENTS)
        if sees and await app[DATABASE].write(shown.note, account, said.shown, app[CLOCK]()):
            app[WAKES].after_commit()


async def _still_valid(request: web.Request, account: Account) -> Account | None:
    """The account when its session still stands, locked when its time is over; an open page counts as use of it."""
    app, now = request.app, request.app[CLOCK]()
    found = await app[DATABASE].read(sessions.find, account.session, now)
    if found is None:
        return None
    if await app[DATABASE].read(sessions.needs_touch, account.session, now):
        await app[DATABASE].write(sessions.touch, account.session, now)
    return await lock.look(request, found)


async def _say(socket: web.WebSocketResponse, n: int, name: str, data: dict[str, object]) -> None:
    await socket.send_str(json.dumps([n, name, data]))
