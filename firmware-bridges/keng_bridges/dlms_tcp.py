"""A meter read by DLMS/COSEM over TCP, with the wrapper of IEC 62056-47."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from keng_bridges.dlms import wrapper
from keng_bridges.dlms_session import Exchange
from keng_bridges.errors import NoAnswer, PortError

PORT = 4059
DEADLINE_S = 5.0


@asynccontextmanager
async def connected(
    host: str, port: int, server: int, client: int, *, deadline: float = DEADLINE_S
) -> AsyncGenerator[Exchange]:
    """A connection with the meter `server` behind `host`; `deadline` is for opening and for each answer, in seconds."""
    try:
        async with asyncio.timeout(deadline):
            reader, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        raise PortError(f"{host}:{port} cannot be reached: {error or 'no answer'}") from None

    async def exchange(apdu: bytes) -> bytes:
        try:
            async with asyncio.timeout(deadline):
                writer.write(wrapper.encode(client, server, apdu))
                await writer.drain()
                header = await reader.readexactly(wrapper.SIZE)
                return await reader.readexactly(wrapper.length(header, server, client))
        except TimeoutError:
            raise NoAnswer(f"{host}:{port}: nothing arrived within {deadline:g} s") from None
        except (OSError, asyncio.IncompleteReadError):
            raise PortError(f"{host}:{port}: the connection has gone") from None

    try:
        yield exchange
    finally:
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await writer.wait_closed()
