"""What a device is to the node, what the node is to a device, and how one is kept going."""

import logging
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from keng_bridges.errors import BridgeError
from keng_edge.clock import Clock
from keng_edge.errors import EdgeError
from keng_edge.line import Line
from keng_wire.alarm import Category, Cause, Evidence, Severity
from keng_wire.conditions import Condition, Mark
from keng_wire.event import Event, PanelAct
from keng_wire.reading import Quality

log = logging.getLogger("keng.devices")

LONGEST_BACKOFF_S = 30.0
PERMANENT_BACKOFF_S = 300.0


@dataclass(frozen=True, slots=True)
class Trigger:
    """A source asks for an alarm. `device` is the configured id of the source, `point` its name on its board.

    `frame` is when the first byte of the causing frame reached the node and `up` when it happened, both in ms of
    `Clock.up_ms`; without `up` it happened now. `test` marks the self-test of a source, `disabled` an isolated one.
    `tested_by` is who put it under test.
    `raw` is the frame as it came in, for the record of a proof test: its text, or hex.
    """

    device: str
    category: Category
    severity: Severity
    cause: Cause
    evidence: Evidence
    point: str | None = None
    zone: str | None = None
    frame: int | None = None
    up: int | None = None
    value: float | None = None
    test: bool = False
    disabled: bool = False
    tested_by: str | None = None
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """One value in the unit of `keng_wire.quantities.UNITS`; `up` is when it was read (ms of `Clock.up_ms`).

    `at` is the moment that the value is for, in UTC ms, where the device itself says so: a row of a meter's load
    profile, also from before this boot.
    """

    device: str
    quantity: str
    value: float
    up: int
    quality: Quality = Quality.MEASURED
    at: int | None = None


class Node(Protocol):
    """What a device task may do. Each call returns when the thing is on disk, or as safe as the disk allows."""

    @property
    def clock(self) -> Clock:
        """Time, and `sleep`."""
        ...

    @property
    def data(self) -> Path:
        """The node's data folder; a device keeps its own files under `data / <its id>`."""
        ...

    async def report(
        self, device: str, condition: Condition, marks: Iterable[Mark] = (), detail: str | None = None
    ) -> None:
        """Say how a device stands now; a change becomes an event, and every call is a sign of life.

        NORMAL says that the source of an alarm went back by itself, UNKNOWN or the mark COMMS_LOST that nobody can
        tell. ALARM alone rings nothing: that is `alarm`.
        """
        ...

    def seen(self, device: str) -> None:
        """A sign of life: the device is as it was."""
        ...

    async def alarm(self, trigger: Trigger) -> str:
        """Judge an alarm: on disk, then ringing, when this returns. The answer is its occurrence id.

        The same source again, or a second detector of its zone, joins the occurrence that is open.
        """
        ...

    async def readings(self, rows: Sequence[Measured]) -> None:
        """Hand over measured values; they are written in batches. Those with a time of their own are on disk then."""
        ...

    async def event(self, body: Event) -> int:
        """Store an event; the answer is its number."""
        ...

    def line(self, port: str) -> Line:
        """The turn on a serial line that several devices share: `async with node.line(port)`."""
        ...

    async def panel_act(self, device: str, act: PanelAct, detail: str | None = None) -> int:
        """Record an act at a fire panel's own keys as the panel's; it acknowledges and resets nothing of ours."""
        ...

    def identified(self, device: str, facts: Mapping[str, str]) -> None:
        """Say what a converter or device is made of (`hardware`, `firmware`, …); another one needs a new proof test."""
        ...

    async def cancel(self, by: str, zone: str | None) -> None:
        """A person at the house pressed the cancel button of a zone (None: of the whole node)."""
        ...


class Device(Protocol):
    """One configured device, made as `Class(config, node)`.

    A `run_once` that finds nothing to wait for waits by `node.clock.sleep`. A device that is not heard tells so by
    raising; the node watches silence by itself.
    """

    async def run_once(self) -> None:
        """Open, work, and return or raise only when the connection has ended; it is called again."""
        ...


@runtime_checkable
class Latching(Protocol):
    """A device whose detectors hold their alarm until they are told to let go."""

    async def let_go(self) -> None:
        """Tell those that are in alarm; a named person asked for the reset. What still smells smoke alarms again."""
        ...


@runtime_checkable
class Learning(Protocol):
    """A device that learns how things usually look."""

    def relearn(self) -> None:
        """A person has seen that all is right as it is now: this is the usual from here on."""
        ...


@runtime_checkable
class Hurried(Protocol):
    """A device that is to be back soon after what it hangs on is."""

    longest_pause_s: float
    """Between two tries, unless trying again is of no use."""


async def supervise(device: Device, name: str, node: Node) -> None:
    """Keep a device going for ever: say when it fails and when it works again, and wait ever longer in between."""
    longest = device.longest_pause_s if isinstance(device, Hurried) else LONGEST_BACKOFF_S
    failures = 0
    while True:
        begun = node.clock.up_ms()
        pause = 0.0
        try:
            await device.run_once()
        except (EdgeError, BridgeError) as error:
            pause = PERMANENT_BACKOFF_S if error.permanent else 0.0
            reason = str(error)
        except Exception as error:
            log.error("device %s: unexpected error", name, exc_info=True)
            reason = f"{type(error).__name__}: {error}"
        else:
            reason = ""
        if node.clock.up_ms() - begun > 60_000:
            failures = 0
        if reason:
            await node.report(name, Condition.UNKNOWN, [Mark.COMMS_LOST], reason[:200])
            if failures == 0:
                log.warning("device %s: %s", name, reason)
            failures += 1
        await node.clock.sleep(pause or backoff(failures, longest))


def backoff(failures: int, longest: float = LONGEST_BACKOFF_S) -> float:
    """Seconds to wait after so many failures in a row: 1, 2, 4 … `longest`, spread by a fifth lest nodes march."""
    pause = min(longest, 2.0 ** min(max(failures - 1, 0), 10))
    return pause * random.uniform(0.8, 1.0)  # noqa: S311 - not a secret
