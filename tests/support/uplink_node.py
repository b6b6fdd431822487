"""An outbox and its uplink, without the rest of a node."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from keng_edge.config import UplinkSection
from keng_edge.outbox import Limits, Outbox
from keng_edge.pump import Pump
from keng_edge.uplink import Uplink
from keng_wire.control import Ack, Command, DesiredConfig
from keng_wire.status import Status
from keng_wire.topics import MessageClass
from support.fake_clock import FakeClock


class UplinkNode:
    """Owner of an uplink; what the hub wants is only written down."""

    alarm = MessageClass.ALARM

    def __init__(self, folder: Path, section: UplinkSection, clock: FakeClock) -> None:
        self.clock = clock
        self.outbox = Outbox(folder, "ngo-1", clock, Limits(reserve_bytes=0, readings_wait_s=1))
        self.pump = Pump(self.outbox, clock)
        self.uplink = Uplink(section, "ngo-1", self.pump, clock, self)
        self.commands: list[Command] = []
        self.configs: list[DesiredConfig] = []
        self.task: asyncio.Task[None] | None = None

    def status(self, online: bool) -> Status:
        """What it says of itself."""
        return Status(node="ngo-1", online=online, boot=self.clock.boot, stream=self.outbox.stream, version="0")

    async def acknowledged(self, ack: Ack) -> None:
        """To the pump."""
        await self.pump.acknowledged(ack)

    async def command(self, command: Command) -> None:
        """Written down."""
        self.commands.append(command)

    async def configure(self, config: DesiredConfig) -> None:
        """Written down."""
        self.configs.append(config)

    def start(self) -> None:
        """Begin to connect."""
        self.task = asyncio.create_task(self.uplink.run(), name="uplink")

    async def stop(self) -> None:
        """End it."""
        while self.task is not None and not self.task.done():
            self.task.cancel()  # again: Python 3.11's `asyncio.wait_for`, in the library, may swallow a cancellation
            await asyncio.wait({self.task}, timeout=0.1)
        await self.outbox.close()

    async def reaches(self, condition: Callable[[], object], rounds: int = 6000) -> bool:
        """Whether it comes to that, while the fake clock runs fast enough for every back-off."""
        for _ in range(rounds):
            assert self.task is None or not self.task.done(), "the uplink has ended"
            if condition():
                return True
            await self.clock.advance(0.05)
            await asyncio.sleep(0.005)
        return False

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for that."""
        if not await self.reaches(condition):
            pytest.fail(f"waited in vain until {what}")

    def empty(self) -> bool:
        """Whether the hub has acknowledged everything."""
        return all(self.outbox.backlog(cls).count == 0 for cls in MessageClass)
