"""The webhook of an Official Account: verify, enqueue, answer; then, without hurry, do what follows."""

import asyncio
import logging

from aiohttp import web

from keng_hub.channels import documents
from keng_hub.channels.channel import Office
from keng_hub.channels.hooked import NotTaken
from keng_hub.channels.zalo import oa_examine, oa_queue
from keng_hub.channels.zalo.oa_events import Event, genuine, in_time
from keng_hub.channels.zalo.oa_settings import ZaloOaSettings
from keng_hub.channels.zalo.oa_staff import Staff
from keng_hub.passing import is_passing
from keng_hub.sections import secret

log = logging.getLogger("keng.channels.zalo_oa")

_ANSWER_S = 1.5
"""Zalo waits two seconds for the answer."""


class Webhook:
    """`news` is set when there is something to work on."""

    def __init__(self, settings: ZaloOaSettings, office: Office, staff: Staff) -> None:
        self._settings, self._office, self._staff = settings, office, staff
        self._oa_secret = secret(settings.oa_secret_file) if settings.oa_secret_file else ""
        self.news = asyncio.Event()

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Take one event: verify, enqueue, answer. Saving the address at Zalo sends `{}` without a signature."""
        body = await request.read()
        if body.strip() in (b"", b"{}"):
            return web.Response()
        event, now = self._verified(request, body), self._office.clock()
        async with asyncio.timeout(_ANSWER_S):
            if await self._office.database.write_urgently(oa_queue.put, self._settings.app_id, event, now):
                self.news.set()
        self._staff.heard(now)
        return web.Response()

    async def work(self, now: int) -> None:
        """Do what follows from the events that wait; one that cannot be worked on holds up no other."""
        database = self._office.database
        while keys := await database.read(oa_queue.due, now):
            for key in keys:
                try:
                    await database.write_urgently(oa_queue.work, key, now)
                except Exception as error:
                    if is_passing(error):
                        raise
                    log.exception("zalo_oa: event %s cannot be worked on", key)
                    await database.write(oa_queue.set_aside, key, type(error).__name__, now)
            self._office.wake()

    def _verified(self, request: web.Request, body: bytes) -> Event:
        if not self._oa_secret:
            raise NotTaken(404, "oa_secret_file is not set", body)
        document = documents.read(body)
        if document is None:
            raise NotTaken(400, "not a JSON object", body)
        stamps = [request.headers.get("X-ZEvent-Timestamp", ""), documents.word(document, "timestamp") or ""]
        ids, given = (self._settings.app_id, self._settings.oa_id), request.headers.get("X-ZEvent-Signature", "")
        stamp = genuine(self._oa_secret, ids, body, stamps, given)
        if stamp is None:
            raise NotTaken(401, oa_examine.reason(given, stamps[0]), body)
        event = Event.of(document, in_time(stamp, self._office.clock()) or 0)
        if event is None:
            raise NotTaken(200, "genuine, and no event", body)
        if not event.at:
            raise NotTaken(200, f"genuine, and at a wrong time: {stamp}", event.to_json().encode())
        return event
