"""The officer on duty, who knows a running hub only by its pages."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import pytest
from aiohttp import ClientWebSocketResponse

from support.patience import PATIENCE_S
from support.visitor import Answer, Visitor

ROW: Final = re.compile(r'id="incident-(\d+)".*?class="place">([^<,]*)', re.DOTALL)

T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T | None]], what: Callable[[], str]) -> T:
    """The first answer that is one; fails when time runs out."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (found := await look()):  # noqa: ASYNC110 - a page tells nobody that it changed
                await asyncio.sleep(0.05)
            return found
    except TimeoutError:
        pytest.fail(f"waited {PATIENCE_S:.0f} s in vain for {what()}")


class Desk(Visitor):
    """A browser at the duty desk."""

    async def incident_at(self, place: str) -> int:
        """The newest open incident at `place`, once there is one."""

        async def look() -> int | None:
            found = ROW.findall((await self.get("/incidents")).text)
            return max((int(id_) for id_, where in found if where == place), default=None)

        return await eventually(look, lambda: f"an incident at {place}")

    async def sees(self, path: str | int, *words: str) -> str:
        """The page (of an incident, by its number) once all `words` stand on it."""
        address = f"/incidents/{path}" if isinstance(path, int) else path
        text = ""

        async def look() -> bool:
            nonlocal text
            text = (await self.get(address)).text
            return all(word in text for word in words)

        def missing() -> str:
            seen = re.sub(r"\s*\n\s*", "\n", re.sub(r"<[^>]*>", "", text.partition("<main")[2]))
            return f"{[word for word in words if word not in text]} on {address}, where it says: {seen}"

        await eventually(look, missing)
        return text

    async def does(self, incident: int, act: str, **form: str) -> Answer:
        """Carry out an act; it must be accepted."""
        answer = await self.post(f"/incidents/{incident}/{act}", form)
        assert answer.status == 303, answer.text
        return answer

    async def ends(self, incident: int, reason: str = "đã kiểm tra tại chỗ") -> None:
        """Once the source is quiet: take it, have the node reset its latch, and close it."""
        await self.sees(incident, "Đã tự hết, còn chốt")
        await self.does(incident, "acknowledge")
        await self.does(incident, "reset", reason=reason)
        await self.sees(incident, "trạm đã thực hiện", "Có người đã đặt lại")
        await self.does(incident, "close", verdict="false_alarm", reason=reason, false_alarm_cause="other")


async def opened(page: ClientWebSocketResponse) -> int:
    """The incident of the next `incidents` event that comes over a page's WebSocket."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            _, name, data = await page.receive_json()
            if name == "incidents" and "incident" in data:
                return int(data["incident"])
