"""After an outage of meter, line or node, the meter's own memory is asked for what is missing."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from keng_bridges.errors import BridgeError
from keng_bridges.values import Measurement
from keng_edge.devices import Measured, Node
from keng_edge.kept import Kept
from keng_edge.line import Line, Turn
from keng_edge.meters.config import ProfiledSection
from keng_edge.meters.poll import VIETNAM
from keng_wire.conditions import ClockQuality, Condition, Mark

log = logging.getLogger("keng.meters")

SLICE_S = 6 * 3600.0  # twelve half hours: a second or two on a wire of 9600 baud
SHORTEST_SLICE_S = 3600.0
PATIENCE_S = 20.0  # the line belongs to others too
TRIES = 3
FARTHEST_AHEAD_S = 900.0  # half an interval of half an hour
SAVE_EVERY_S = 600.0


class Memory(Protocol):
    """The load profile of one meter."""

    async def read_profile(self, since: datetime, until: datetime) -> Sequence[Measurement]:
        """The rows whose interval ends after `since` and not after `until` (both with a zone), each with its `at`.

        A time without a zone is Vietnam's. Rows whose time the meter does not vouch for come without `at`. More than
        was asked for does no harm. The line is free and the caller's, and it opens the port itself; raises
        `BridgeError`.
        """
        ...


class Backfill:
    """Call `fill` after each regular reading: it returns in time for the next one, and goes on after that.

    `line` is the serial line that the meter shares: others go first on it, and waiting for it costs no patience.
    On the disk stands up to when everything has been handed over, and of which meter (`<data>/<meter>/profile.json`).
    The hub drops what it has already, so the mark may lag behind but never runs ahead.
    """

    def __init__(self, section: ProfiledSection, node: Node, memory: Memory, line: Line | None = None) -> None:
        self._section, self._node, self._memory, self._line = section, node, memory, line
        folder = node.data / section.id
        folder.mkdir(parents=True, exist_ok=True)
        self._kept = Kept(folder / "profile.json")
        kept = _Mark.read(self._kept.load())
        self._done, self._serial = kept.done, kept.serial
        self._saved = self._done or 0
        self._slice_s = SLICE_S
        self._failures = 0

    async def fill(self, read_at: int, ahead_s: float | None = None, serial: str | None = None) -> None:
        """A regular reading succeeded at `read_at` (UTC ms): ask for what lies between the one before and this.

        `ahead_s` is how far the meter's clock is ahead, if it told. Half an interval off, its rows would be placed
        wrongly: then the gap stays one. So it does when another `serial` answers: what that meter remembers of the
        time before is of another place.
        """
        if serial and self._is_another(serial):
            return self._move(read_at, save=True)
        clock = self._node.clock
        if clock.quality() is ClockQuality.UNKNOWN:
            return  # what is missing cannot be named without a time
        every = self._section.every_s
        if self._done is None or read_at - self._done <= 1500 * every:
            return self._move(read_at)
        if ahead_s is not None and abs(ahead_s) > FARTHEST_AHEAD_S:
            await self._doubt("số liệu nhớ không dùng được (what it remembers cannot be placed)")
            return self._move(read_at)
        self._done = max(self._done, read_at - round(self._section.recall_days * 86_400_000))
        patience = min(PATIENCE_S, every / 4)
        latest = clock.up_ms() / 1000 + every - clock.utc_ms() / 1000 % every - 2 * patience
        done: int | None = self._done
        while done is not None and done < read_at:
            async with self._turn():
                done = await self._ask(done, read_at, patience) if clock.up_ms() / 1000 < latest else None
            if done is not None:
                self._move(done, save=True)
        return None

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        if self._line is None:
            yield
            return
        async with self._line.turn(Turn.SILENT):
            self._line.drop()
            yield

    async def _ask(self, since: int, end: int, patience: float) -> int | None:
        """Hand over one slice of a gap that ends at `end`; up to when that settles it, None to try at the next turn."""
        until = min(since + round(self._slice_s * 1000), end)
        try:
            async with asyncio.timeout(patience):
                rows = await self._memory.read_profile(_moment(since), _moment(until))
        except (BridgeError, TimeoutError) as error:
            self._failures += 1
            self._slice_s = max(SHORTEST_SLICE_S, self._slice_s / 2)
            refused = isinstance(error, BridgeError) and error.permanent
            log.info("meter %s: its load profile: %s", self._section.id, error or "took too long")
            if not refused and self._failures < TRIES:
                return None
            log.warning("meter %s: a part of its load profile cannot be read and stays a gap", self._section.id)
            self._failures = 0
            return end if refused else until  # a slice that never comes must not keep the later ones from coming
        self._failures, self._slice_s = 0, min(SLICE_S, 2 * self._slice_s)
        await self._hand_over(rows, since, until)
        return until

    async def _hand_over(self, rows: Iterable[Measurement], since: int, until: int) -> None:
        now, up = self._node.clock.utc_ms(), self._node.clock.up_ms()
        placed: list[Measured] = []
        unplaced = 0
        for row in rows:
            at = _utc_ms(row.at) if row.at is not None else None
            if at is None or at > now:
                unplaced += 1
            elif since < at <= until and row.quantity is not None:
                placed.append(Measured(self._section.id, row.quantity, float(row.value), up, row.quality, at))
        await self._node.readings(placed)
        if unplaced:
            await self._doubt(f"bỏ {unplaced} số liệu nhớ ({unplaced} rows of its memory not placed)")

    async def _doubt(self, words: str) -> None:
        words = f"đồng hồ công tơ sai giờ (its clock is wrong): {words}"
        await self._node.report(self._section.id, Condition.NORMAL, [Mark.FAULT], words)

    def _is_another(self, serial: str) -> bool:
        before, self._serial = self._serial, serial
        return before not in (None, serial)

    def _move(self, done: int, *, save: bool = False) -> None:
        self._done = done
        if not save and done - self._saved < SAVE_EVERY_S * 1000:
            return
        try:
            self._kept.save(_Mark(done, self._serial)._asdict())
        except OSError as error:
            log.info("meter %s: the mark of its load profile cannot be saved: %s", self._section.id, error)
        else:
            self._saved = done


class _Mark(NamedTuple):
    """Up to when everything has been handed over (UTC ms), and the number on the plate of the meter that was read."""

    done: int | None = None
    serial: str | None = None

    @classmethod
    def read(cls, kept: object) -> "_Mark":
        """What is on the disk; before there were plates it was the time alone."""
        match kept:
            case int():
                return cls(kept)
            case {"done": int(done), "serial": str() | None as serial}:
                return cls(done, serial)
            case _:
                return cls()


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms // 1000, UTC).astimezone(VIETNAM)


def _utc_ms(at: datetime) -> int:
    return round((at if at.tzinfo else at.replace(tzinfo=VIETNAM)).timestamp() * 1000)
