"""Hears the neighbours: few strangers at a time, and nobody without the right certificate says anything."""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import NoReturn

from keng_edge.clock import Clock
from keng_edge.config import UplinkSection
from keng_edge.neighbours import identity
from keng_edge.neighbours.config import NeighboursSection
from keng_edge.neighbours.identity import Identity, Revoked
from keng_edge.neighbours.words import LINE_LIMIT, BadLine, Heard, Told, line, read

log = logging.getLogger("keng.neighbours")

STRANGERS, STRANGERS_AN_ADDRESS = 16, 4
UNREAD = 16_384
"""Bytes of answers that may wait for a neighbour to read them."""
HANDSHAKE_S = 5.0
SILENCE_S = 30.0
RETRY_S = 5.0
COMPLAIN_MS = 60_000


class Listener:
    """`take` is called with the name of a neighbour and what it told; the answer goes out when it returns."""

    def __init__(
        self,
        section: NeighboursSection,
        certificates: UplinkSection,
        clock: Clock,
        take: Callable[[str, Told], None],
        revoked: Revoked,
    ) -> None:
        self._section, self._certificates, self._clock, self._take = section, certificates, clock, take
        self._revoked = revoked
        self._hosts = {peer.host for peer in section.peers}
        self._strangers: Counter[str] = Counter()
        self._current: dict[str, asyncio.Transport] = {}
        self._refused, self._complained = 0, -COMPLAIN_MS

    async def run(self) -> NoReturn:
        """Listen for ever; a port that cannot be had is tried again."""
        said = ""
        while True:
            try:
                with closing(_server(self._section.bind, self._section.port)) as server:
                    said = ""
                    await self._accept(server)
            except OSError as error:
                if str(error) != said:
                    said = str(error)
                    log.warning("cannot listen for neighbours on port %d: %s", self._section.port, said)
            await self._clock.sleep(RETRY_S)

    async def _accept(self, server: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    accepted, address = await loop.sock_accept(server)
                except OSError as error:  # no file left for another connection: those that stand go on
                    self._refuse("?", error.strerror or "")
                    await self._clock.sleep(1.0)
                    continue
                host = str(address[0])
                if not self._has_room(host):
                    accepted.close()
                    self._refuse(host, "too many at a time")
                    continue
                self._strangers[host] += 1
                group.create_task(self._serve(accepted, host), name=f"neighbour at {host}")

    def _has_room(self, host: str) -> bool:
        """Strangers at many addresses leave room for the addresses of neighbours."""
        known = host in self._hosts or self._strangers.total() < STRANGERS
        return known and self._strangers[host] < STRANGERS_AN_ADDRESS

    async def _serve(self, accepted: socket.socket, host: str) -> None:
        """One connection; whatever is wrong with it ends it and nothing else."""
        transport: asyncio.Transport | None = None
        name: str | None = None
        try:
            transport, reader = await self._handshake(accepted, host)
            found = identity.of(transport.get_extra_info("ssl_object"))
            self._check(found)
            name = found.name
            older = self._current.pop(name, None)
            if older is not None:
                older.abort()
            self._current[name] = transport
            await self._hear(found, reader, transport)
        except (OSError, TimeoutError, ValueError) as error:
            if name is not None and not isinstance(error, BadLine):
                log.info("the connection of %s ended: %s", name, str(error) or "silent")
            else:
                self._refuse(host, str(error) or "silent")
        except Exception:
            log.exception("neighbour at %s: unexpected error", host)
        finally:
            if transport is not None:
                transport.abort()

    async def _handshake(self, accepted: socket.socket, host: str) -> tuple[asyncio.Transport, asyncio.StreamReader]:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=LINE_LIMIT)
        try:
            # The certificates are read each time: they may have been renewed meanwhile.
            context = await asyncio.to_thread(identity.listening, self._certificates)
            transport, _ = await loop.connect_accepted_socket(
                lambda: asyncio.StreamReaderProtocol(reader), accepted, ssl=context, ssl_handshake_timeout=HANDSHAKE_S
            )
        except BaseException:
            accepted.close()
            raise
        finally:
            self._strangers[host] -= 1
            self._strangers += Counter()  # forgets the addresses that are at zero
        return transport, reader

    def _check(self, found: Identity) -> None:
        if not any(found.fits(peer, self._revoked) for peer in self._section.peers):
            raise BadLine(f"{found.name!r}, serial {found.serial}, is no neighbour of ours")

    async def _hear(self, found: Identity, reader: asyncio.StreamReader, transport: asyncio.Transport) -> None:
        last, name = 0, found.name
        while True:
            async with asyncio.timeout(SILENCE_S):
                data = await reader.readline()
            if not data or self._current.get(name) is not transport:
                return
            self._check(found)  # it may have been taken back since the last line
            told = read(Told, data)
            if told.number <= last:
                raise BadLine(f"line {told.number} after line {last}")
            last = told.number
            self._take(name, told)
            transport.write(line(Heard(number=last)))
            if transport.get_write_buffer_size() > UNREAD:
                raise BadLine("it does not read its answers")

    def _refuse(self, host: str, reason: str) -> None:
        """Counted always, written down once a minute at most."""
        self._refused += 1
        now = self._clock.up_ms()
        if now - self._complained >= COMPLAIN_MS:
            log.warning("connection from %s ended: %s (%d of such so far)", host, reason[:200], self._refused)
            self._complained = now


def _server(bind: str, port: int) -> socket.socket:
    server = socket.create_server((bind, port), family=socket.AF_INET6 if ":" in bind else socket.AF_INET)
    server.setblocking(False)
    return server
