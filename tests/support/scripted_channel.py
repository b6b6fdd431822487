"""A channel that does what a test says, for what no real provider does on demand."""

import asyncio
from collections.abc import Callable

from keng_hub.channels.channel import Outcome, Outgoing

Answer = Outcome | BaseException | Callable[[Outgoing], Outcome]


class ScriptedChannel:
    """Gives the answers of `script` one after the other, then `usual`; `gate` holds every try until it is opened."""

    def __init__(self, usual: Answer | None = None) -> None:
        self.usual: Answer = usual or Outcome.accepted()
        self.script: list[Answer] = []
        self.sent: list[Outgoing] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.called = asyncio.Event()
        self.closed = False

    async def send(self, message: Outgoing) -> Outcome:
        """Note the message and answer."""
        self.sent.append(message)
        self.called.set()
        await self.gate.wait()
        answer = self.script.pop(0) if self.script else self.usual
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, Outcome) else answer(message)

    async def close(self) -> None:
        """Note it."""
        self.closed = True

    @property
    def codes(self) -> list[str]:
        """The short codes of what was sent, in order."""
        return [message.short_code for message in self.sent]


class TokenChannel(ScriptedChannel):
    """One whose token can be renewed."""

    refreshed = 0

    async def refresh(self) -> None:
        """Count it."""
        self.refreshed += 1
