"""A modem behind python-gammu, in a child process that is killed when it does not answer in time."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from keng_hub.channels.documents import Document, read, word
from keng_hub.channels.sms.modem import Arrived, Found, ModemError, Report
from keng_hub.channels.sms.parts import Coding, sms_parts

PROGRAM = Path(__file__).with_name("gammu_program.py")
_LINE = 1 << 20
"""Bytes of one answer; a SIM holds some hundred short messages."""
OPEN_S = 30.0
"""A modem that was asleep takes its time."""


class GammuModem:
    """Starts the child when it is needed; after a failure the next call starts another."""

    def __init__(
        self, device: str, connection: str, model: str, clock: Callable[[], int], deadline_s: float, python: str | None
    ) -> None:
        # A list of arguments, no shell; whatever stands in the settings is one argument (ASVS V1.2.5).
        self._command = [python or sys.executable, str(PROGRAM), device, connection, model]
        self._clock, self._deadline_s = clock, deadline_s
        self._child: asyncio.subprocess.Process | None = None

    async def send(self, number: str, text: str) -> int:
        """Send the text in its coding."""
        unicode = sms_parts(text).coding is Coding.UCS2
        reference: object = await self._ask({"do": "send", "number": number, "text": text, "unicode": unicode})
        if not isinstance(reference, int):
            raise ModemError("unreadable", uncertain=True)
        return reference

    async def collect(self) -> Found:
        """Read all of it."""
        found = await self._ask({"do": "collect", "now": self._clock()})
        try:
            return Found([Arrived(*one) for one in found["messages"]], [Report(*one) for one in found["reports"]])
        except (KeyError, TypeError):
            raise ModemError("unreadable") from None

    async def delete(self, places: list[int]) -> None:
        """Delete them."""
        await self._ask({"do": "delete", "places": places})

    async def look(self) -> str:
        """Network and signal."""
        answer = {"look": await self._ask({"do": "look"})}
        state, name, percent = (word(answer, f"look.{part}") or "" for part in ("state", "name", "percent"))
        if state not in ("HomeNetwork", "RoamingNetwork"):
            raise ModemError(f"network: {state}")
        return f"{name or state}, {percent} %"

    async def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None and child.returncode is None:
            # `child.kill` would ask whether it has ended, and take the answer away from asyncio.
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
            await child.wait()

    async def _ask(self, wish: Document) -> Any:
        child = await self._open()
        return await self._answer(child, json.dumps(wish).encode() + b"\n", self._deadline_s)

    async def _open(self) -> asyncio.subprocess.Process:
        if self._child is not None and self._child.returncode is None:
            return self._child
        pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        try:
            self._child = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, stderr=nothing, limit=_LINE
            )
        except OSError as error:
            raise ModemError(f"python: {type(error).__name__}") from None
        await self._answer(self._child, b"", OPEN_S)
        return self._child

    async def _answer(self, child: asyncio.subprocess.Process, line: bytes, deadline_s: float) -> Any:
        """One line for one line. Whoever does not hear the answer ends the child, or the next would get it."""
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            async with asyncio.timeout(deadline_s):
                child.stdin.write(line)
                await child.stdin.drain()
                answer = read(await child.stdout.readline())
        except TimeoutError:
            await self.close()
            raise ModemError("timeout", uncertain=True) from None
        except (OSError, ValueError):
            await self.close()
            raise ModemError("gone", uncertain=bool(line)) from None
        except asyncio.CancelledError:
            await self.close()
            raise
        if answer is None:
            await self.close()
            raise ModemError("no gammu" if not line else "gone", uncertain=bool(line))
        if "error" in answer:
            if not line:
                await self.close()
            raise ModemError(str(answer["error"]), uncertain=str(answer["error"]) in _UNCERTAIN)
        return answer.get("done")


_UNCERTAIN = {"ERR_TIMEOUT"}
"""The modem did not say whether it sent."""
