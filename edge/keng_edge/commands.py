"""What the hub tells a node to do: each command once, in its time, with an answer."""

import logging
from collections.abc import Awaitable, Callable

from keng_edge.alarms import LocalAlarms
from keng_edge.clock import Clock
from keng_edge.errors import EdgeError, Refused
from keng_edge.kept import Kept
from keng_edge.points import ACTS, Points
from keng_wire.conditions import ClockQuality
from keng_wire.control import Command, CommandName
from keng_wire.event import CommandResult

log = logging.getLogger("keng.commands")

REMEMBERED = 500


class Commands:
    """`hub_time` is the hub's last word about the time and when (ms since boot) it came, for a node without one.

    `points` carries out the acts on fire points, `let_go` tells detectors that latch to end their alarm, `relearn`
    tells a camera that its view is right, `show` has its pictures handed over for so long (ms).
    """

    def __init__(
        self,
        kept: Kept,
        alarms: LocalAlarms,
        clock: Clock,
        answer: Callable[[CommandResult], Awaitable[int]],
        report: Callable[[], Awaitable[None]],
        points: Points | None = None,
        let_go: Callable[[], Awaitable[None]] | None = None,
        relearn: Callable[[str | None], None] | None = None,
        show: Callable[[str | None, int], None] | None = None,
        announce: Callable[[Command, int], None] | None = None,
    ) -> None:
        self._kept, self._alarms, self._clock, self._answer, self._report = kept, alarms, clock, answer, report
        self._points, self._let_go, self._relearn, self._show = points, let_go, relearn, show
        self._announce = announce
        self._done: list[str] = list(kept.load() or [])
        self._hub_time: tuple[int, int] | None = None

    def heard(self, utc_ms: int) -> None:
        """The hub said what time it is."""
        self._hub_time = utc_ms, self._clock.up_ms()

    async def take(self, command: Command) -> None:
        """Run a command, unless it was run before or its time has passed. It is remembered before it is run."""
        if command.id in self._done:
            log.info("command %s came again", command.id)
            return
        if self._now() > command.expires:
            log.info("command %s (%s) came too late", command.id, command.name)
            await self._answer(CommandResult(command=command.id, ok=False, error="đến quá muộn (expired)"))
            return
        self._done = [*self._done[1 - REMEMBERED :], command.id]
        try:
            self._kept.save(self._done)
            await self._run(command)
        except (EdgeError, OSError) as error:
            log.info("command %s (%s) of %s refused: %s", command.id, command.name, command.by, error)
            await self._answer(CommandResult(command=command.id, ok=False, error=str(error)[:200]))
        else:
            log.info("command %s (%s) of %s done", command.id, command.name, command.by)
            await self._answer(CommandResult(command=command.id, ok=True))

    async def _run(self, command: Command) -> None:
        match command.name:
            case CommandName.SILENCE:
                await self._alarms.silence(command.by, command.reason, command.occurrence)
            case CommandName.RESET:
                await self._reset(command)
            case CommandName.SELF_TEST:
                await self._alarms.self_test()
            case CommandName.DRILL:
                await self._alarms.drill(command.by, command.reason)
            case CommandName.REPORT:
                await self._report()
            case CommandName.RELEARN if self._relearn is not None:
                self._relearn(command.device)
            case CommandName.ANNOUNCE if self._announce is not None:
                self._announce(command, self._now())
            case CommandName.SHOW if self._show is not None and command.until is not None:
                self._show(command.device, command.until - self._now())
            case name if name in ACTS and self._points is not None:
                await self._points.take(command, self._now())
                await self._report()
            case _:
                raise Refused(f"trạm này không biết lệnh (not known here): {command.name}")

    async def _reset(self, command: Command) -> None:
        """Refused while a source holds; a detector that latches is told to let go then, so the next reset may pass."""
        try:
            await self._alarms.reset(command.by, command.reason, command.occurrence)
        except Refused:
            if self._let_go is not None:
                await self._let_go()
            raise

    def _now(self) -> int:
        if self._clock.quality() is ClockQuality.UNKNOWN and self._hub_time is not None:
            said, when = self._hub_time
            return said + self._clock.up_ms() - when
        return self._clock.utc_ms()
