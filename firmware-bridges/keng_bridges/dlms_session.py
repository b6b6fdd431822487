"""Runs a conversation with a meter: carries each message there and back, and always says good-bye."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from typing import TypeVar

from keng_bridges.dlms.access import Access, Counter
from keng_bridges.dlms.association import Association
from keng_bridges.errors import BridgeError, NoAnswer, PortError

GOODBYE_S = 3.0
Result = TypeVar("Result")
Message = TypeVar("Message")
Answer = TypeVar("Answer")
Exchange = Callable[[bytes], Awaitable[bytes]]


async def carried(
    conversation: Generator[Message, Answer, Result], exchange: Callable[[Message], Awaitable[Answer]]
) -> Result:
    """What a conversation comes to, when each of its messages is answered by `exchange`."""
    try:
        message = next(conversation)
        while True:
            message = conversation.send(await exchange(message))
    except StopIteration as finished:
        result: Result = finished.value
        return result


@asynccontextmanager
async def associated(exchange: Exchange, access: Access, counter: Counter | None = None) -> AsyncGenerator[Association]:
    """An association that is released at the end, also when something fails."""
    association = Association(access, counter)
    await carried(association.open(), exchange)
    try:
        yield association
    except (NoAnswer, PortError):
        raise  # nobody is there to say good-bye to
    except BaseException:
        await _released(association, exchange)
        raise
    await _released(association, exchange)


async def _released(association: Association, exchange: Exchange) -> None:
    with contextlib.suppress(BridgeError, TimeoutError):
        async with asyncio.timeout(GOODBYE_S):
            await carried(association.release(), exchange)
