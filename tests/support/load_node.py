"""A node that only makes load: the real outbox, pump and uplink of `keng_edge`, fed by a generator instead of devices.

`python tests/support/load_node.py --config edge.toml --ledger FILE --base N …`. A line of the ledger is written only
after the outbox has taken the message, so it lists what was accepted. Ends on SIGTERM; may be killed at any moment.
"""

import argparse
import asyncio
import json
import secrets
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from keng_edge import config_file
from keng_edge.clock import SystemClock
from keng_edge.config import Config
from keng_edge.outbox import Limits, Outbox
from keng_edge.pump import Pump
from keng_edge.uplink import Uplink
from keng_wire.alarm import Alarm, Category, Cause, Evidence, Phase, Severity
from keng_wire.conditions import ClockQuality
from keng_wire.control import Ack, Command, DesiredConfig
from keng_wire.reading import Reading, Readings
from keng_wire.status import Status
from keng_wire.topics import MessageClass

HOUR_MS = 3_600_000
AGE_MS = 1_000 * HOUR_MS
"""The node says that it booted so long ago, so that there is a past to make."""


class LoadClock(SystemClock):
    """The machine's clock, set wrong by `ahead` ms if asked; its quality is what the test says."""

    def __init__(self, ahead: int, quality: ClockQuality) -> None:
        super().__init__()
        self.ahead, self._quality = ahead, quality

    def utc_ms(self) -> int:
        """What the node believes."""
        return super().utc_ms() + self.ahead

    def up_ms(self) -> int:
        """Since a boot long ago."""
        return super().up_ms() + AGE_MS

    def quality(self) -> ClockQuality:
        """As told."""
        return self._quality


@dataclass
class Load:
    """Makes messages and notes each accepted one. Serves the uplink in the agent's place."""

    config: Config
    outbox: Outbox
    pump: Pump
    clock: LoadClock
    ledger: TextIO
    value: int

    def status(self, online: bool) -> Status:
        """For the broker."""
        return Status(
            node=self.config.node.id, online=online, boot=self.clock.boot, stream=self.outbox.stream, version="load"
        )

    async def acknowledged(self, ack: Ack) -> None:
        """The hub has committed."""
        await self.pump.acknowledged(ack)

    async def command(self, command: Command) -> None:
        """Nothing here takes commands."""

    async def configure(self, config: DesiredConfig) -> None:
        """Nothing here takes settings."""

    async def alarm(self, up: int | None = None) -> None:
        """One alarm of its own occurrence."""
        occurrence = secrets.token_hex(8)
        body = Alarm(
            occurrence=occurrence,
            phase=Phase.RAISED,
            category=Category.SECURITY,
            severity=Severity.HIGH,
            cause=Cause.CONTACT,
            evidence=Evidence.SINGLE_DETECTOR,
            device="cua-sau",
        )
        when = up if up is not None else self.clock.up_ms()
        await self.outbox.append(MessageClass.ALARM, body, up=when)
        self._note(alarm=occurrence, at=self._true(when))

    async def readings(self, count: int, up: int | None = None, step: int = 1) -> None:
        """One batch of `count` readings, `step` ms apart; no two in the life of the node have the same value."""
        when = up if up is not None else self.clock.up_ms()
        rows = [Reading("cong-to", "energy_import", -n * step, float(self.value + n)) for n in range(count)]
        self.value += count
        await self.outbox.append(MessageClass.READING, Readings(rows=rows), up=when)
        self._note(values=[row.value for row in rows], at=self._true(when))

    def _true(self, up: int) -> int:
        return self.clock.utc_ms() - self.clock.ahead - (self.clock.up_ms() - up)

    def _note(self, **fact: object) -> None:
        self.ledger.write(json.dumps(fact) + "\n")
        self.ledger.flush()


async def steady(load: Load, stop: asyncio.Event) -> None:
    """Ten alarms and a thousand readings a second until told to stop."""
    tick = 0
    while not stop.is_set():
        await load.readings(20)
        if tick % 5 == 0:
            await load.alarm()
        tick += 1
        await asyncio.sleep(0.02)


async def past(load: Load, hours: int) -> None:
    """What a node gathers in so many hours without a way out: half-hourly readings, an alarm every six hours."""
    now = load.clock.up_ms()
    for half_hour in range(hours * 2, 0, -1):
        up = now - half_hour * HOUR_MS // 2
        await load.readings(20, up=up, step=60_000)
        if half_hour % 12 == 0:
            await load.alarm(up=up)


def wait_for(*signals: signal.Signals) -> asyncio.Event:
    """An event that one of the signals sets."""
    stop = asyncio.Event()
    for number in signals:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def run(arguments: argparse.Namespace) -> None:
    """Open the outbox, connect unless told to stay away, make load."""
    stop = wait_for(signal.SIGTERM)
    config = config_file.load(arguments.config)
    clock = LoadClock(arguments.ahead, ClockQuality(arguments.clock))
    limits = Limits(reserve_bytes=0)
    with arguments.ledger.open("a", encoding="utf-8") as ledger:
        async with Outbox(config.node.data / "outbox", config.node.id, clock, limits) as outbox:
            pump = Pump(outbox, clock)
            load = Load(config, outbox, pump, clock, ledger, arguments.base)
            uplink = Uplink(config.uplink, config.node.id, pump, clock, load)
            connected = None if arguments.cut else asyncio.create_task(uplink.run())
            if arguments.hours:
                await past(load, arguments.hours)
            if arguments.steady:
                await steady(load, stop)
            print("made", flush=True)
            await stop.wait()
            if connected is not None:
                connected.cancel()


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--base", type=int, default=1, help="first value; each start needs a new range")
    parser.add_argument("--steady", action="store_true", help="make load until SIGTERM")
    parser.add_argument("--hours", type=int, default=0, help="first what so many hours have gathered")
    parser.add_argument("--cut", action="store_true", help="no uplink")
    parser.add_argument("--ahead", type=int, default=0, help="ms the node's clock is wrong by")
    parser.add_argument("--clock", default="synced", help="its quality")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
