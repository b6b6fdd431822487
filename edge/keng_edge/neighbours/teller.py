"""Tells one neighbour what rings here, on every change and as a sign of life, again and again until it answers."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from keng_edge.clock import Clock
from keng_edge.config import UplinkSection
from keng_edge.neighbours import identity
from keng_edge.neighbours.config import PeerSection
from keng_edge.neighbours.identity import Identity, Revoked
from keng_edge.neighbours.words import LINE_LIMIT, BadLine, Heard, Shared, Told, line, read
from keng_edge.wake import Wake

log = logging.getLogger("keng.neighbours")

CONNECT_S = 3.0
ANSWER_S = 1.5
BEAT_S = 10.0
REASONS = 10
"""Different ones that are written down until it answers again."""
RETRY_S, URGENT_RETRY_S = 2.0, 0.3
"""Between two connections; urgent while there is something to tell."""


class Teller:
    """One neighbour. `told` gives what it is to know now; `answered` is called with each answer."""

    def __init__(
        self,
        peer: PeerSection,
        certificates: UplinkSection,
        clock: Clock,
        told: Callable[[], tuple[Shared, ...]],
        answered: Callable[[], None],
        revoked: Revoked,
    ) -> None:
        self._peer, self._certificates, self._clock = peer, certificates, clock
        self._told, self._answered = told, answered
        self._revoked = revoked
        self._news = Wake(clock)
        self._last: tuple[Shared, ...] = ()
        self._said: set[str] = set()

    def look(self) -> None:
        """Something may have changed."""
        if self._told() != self._last:
            self._news.ring()

    async def run(self) -> NoReturn:
        """Call, tell, and call again for ever; each reason is logged once until it answers again."""
        while True:
            try:
                await self._call()
            except (OSError, TimeoutError, ValueError) as error:
                reason = str(error) or "no answer"
            else:
                reason = "it hung up"
            if reason not in self._said and len(self._said) < REASONS:
                log.warning("neighbour %s (%s:%d): %s", self._peer.id, self._peer.host, self._peer.port, reason)
                self._said.add(reason)
            await self._news.wait(URGENT_RETRY_S if self._told() else RETRY_S)

    async def _call(self) -> None:
        """One connection, until it ends; OSError, TimeoutError or BadLine say why."""
        async with asyncio.timeout(CONNECT_S):
            # The certificates are read each time: they may have been renewed meanwhile.
            context = await asyncio.to_thread(identity.calling, self._certificates)
            reader, writer = await asyncio.open_connection(
                self._peer.host, self._peer.port, ssl=context, limit=LINE_LIMIT
            )
        try:
            found = identity.of(writer.get_extra_info("ssl_object"))
            await self._converse(found, reader, writer)
        finally:
            writer.transport.abort()

    def _check(self, found: Identity) -> None:
        if not found.fits(self._peer, self._revoked):
            raise ConnectionError(f"its certificate says {found.name!r}, serial {found.serial}")

    async def _converse(self, found: Identity, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = 0
        answer = asyncio.create_task(reader.readline())
        try:
            while True:
                self._check(found)  # before each line: it may have been taken back since the last one
                self._news.clear()
                self._last, number = self._told(), number + 1
                writer.write(line(Told(number=number, alarms=self._last)))
                done, _ = await asyncio.wait({answer}, timeout=ANSWER_S)
                if not done:
                    raise TimeoutError
                self._take(answer.result(), number)
                answer = asyncio.create_task(reader.readline())
                if await self._rest(answer):
                    return
        finally:
            answer.cancel()
            with suppress(asyncio.CancelledError, OSError, ValueError):
                await answer

    def _take(self, data: bytes, number: int) -> None:
        if not data:
            raise ConnectionError("it hung up")
        if read(Heard, data).number != number:
            raise BadLine("an answer to another line")
        if self._said:
            log.info("neighbour %s answers", self._peer.id)
            self._said.clear()
        self._answered()

    async def _rest(self, answer: asyncio.Task[bytes]) -> bool:
        """Until there is news or it is time for a sign of life; true if the neighbour ended the connection."""
        news = asyncio.create_task(self._news.wait(BEAT_S))
        try:
            await asyncio.wait({news, answer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
            with suppress(asyncio.CancelledError):
                await news
        return answer.done()
