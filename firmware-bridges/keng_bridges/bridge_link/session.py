"""The node's side of one bridge board: fed with bytes and time, it says what to send, to commit and to show."""

from keng_bridges.bridge_link import fields as read
from keng_bridges.bridge_link.frame import Damage, DamagedFrame, Fields, FrameReader
from keng_bridges.bridge_link.handlers import HANDLERS
from keng_bridges.bridge_link.link import Link, Memory, Settings
from keng_bridges.bridge_link.outputs import Board, Counters, FaultKind, Output
from keng_bridges.bridge_link.requests import Ask
from keng_bridges.errors import Refused
from keng_bridges.moment import Moment

SILENCE_S = 90.0
TIME_EVERY_S = 600.0
REVIEW_S = 10.0
LONGEST_SILENCE_MS = 600_000


class Session:
    """One board behind one port, from the node's start to its end; the port may come and go in between.

    Feed it with `opened`, `received` and `tick` (at `due` or a little later) and carry out every output in order.
    """

    def __init__(self, now: Moment, memory: Memory | None = None, settings: Settings | None = None) -> None:
        self._link = Link(memory or Memory(), settings or Settings(), now)
        self._reader = FrameReader()

    @property
    def board(self) -> Board | None:
        """What the board said of itself; None before its first hello."""
        return self._link.board

    @property
    def counters(self) -> Counters:
        """What was taken and what was passed over."""
        return self._link.counters

    def opened(self, now: Moment) -> list[Output]:
        """The port was opened: drop to the first LF, and ask who is there."""
        self._reader = FrameReader()
        self._link.port_open = True
        self._link.requests.restart()
        return self._link.ask(Ask.HELLO, now)

    def closed(self) -> None:
        """The port is gone. Go on calling `tick`: 90 s of silence make every point lost, whatever the reason."""
        self._link.port_open = False

    def received(self, data: bytes, now: Moment) -> list[Output]:
        """Bytes arrived."""
        outputs: list[Output] = []
        for item in self._reader.feed(data):
            if isinstance(item, DamagedFrame):
                self._count_damage(item.damage, now)
            else:
                self._link.line = self._reader.line.decode("ascii")
                outputs += self._frame(item, now)
        return outputs + self._link.faults.review(now)

    def tick(self, now: Moment) -> list[Output]:
        """Time passed: ask again, send the time, notice silence."""
        link, outputs = self._link, list[Output]()
        if link.port_open:
            outputs += link.requests.tick(now, link.faults)
            if link.time_sent is not None and now.monotonic >= link.time_sent + TIME_EVERY_S:
                outputs += link.send_time(now)
        if now.monotonic >= link.heard + SILENCE_S:
            outputs += link.faults.lose(link.points.names(), f"no valid frame for {SILENCE_S:.0f} s")
        return outputs + link.faults.review(now)

    def due(self, now: Moment) -> float:
        """Monotonic second by which `tick` should be called; at most 10 s from now."""
        times = [now.monotonic + REVIEW_S, self._link.requests.due() if self._link.port_open else None]
        if not self._link.faults.silent:
            times.append(self._link.heard + SILENCE_S)
        return min(time for time in times if time is not None)

    def acknowledge(self, boot: str, number: int) -> list[Output]:
        """The event of this number is committed to the outbox: the board may forget it."""
        return self._link.acknowledge(boot, number)

    def release(self, boot: str, number: int) -> None:
        """The event could not be committed: its next repeat is handed out again."""
        if boot == self._link.boot:
            self._link.seen.forget(number)

    def set(self, point: str, value: int, now: Moment, auto_off_ms: int | None = None) -> tuple[int, list[Output]]:
        """Switch a sounder, a lamp or a detector reset: the request's number and what to send.

        The result comes as a `CommandResult` of that number within 2 s. Raises `Refused` for a board whose link
        version is newer than ours: nobody here knows what it would do.
        """
        if FaultKind.NEWER_BRIDGE in self._link.faults.active:
            raise Refused("the board speaks a newer bridge version: update Kẻng on this node before commanding it")
        fields: dict[str, object] = {"t": "set", "p": point, "val": value}
        if auto_off_ms is not None:
            fields["ms"] = auto_off_ms
        outputs = self._link.requests.start(Ask.SET, fields, now.monotonic)
        return self._link.requests.last, outputs

    def silence(self, point: str, ms: int, now: Moment) -> tuple[int, list[Output]]:
        """Silence a sounder for `ms`, at most 10 minutes; the board sounds again if its input still holds."""
        if not 0 < ms <= LONGEST_SILENCE_MS:
            raise ValueError(f"a silence lasts 1 to {LONGEST_SILENCE_MS} ms, not {ms}")
        return self.set(point, 0, now, auto_off_ms=ms)

    def memory(self) -> Memory:
        """What to save once everything handed out so far is committed."""
        return self._link.memory()

    def _count_damage(self, damage: Damage, now: Moment) -> None:
        damaged = self._link.counters.damaged
        damaged[damage] = damaged.get(damage, 0) + 1
        if damage is not Damage.NOISE:
            self._link.faults.frames.add(now.monotonic, bad=1)

    def _frame(self, fields: Fields, now: Moment) -> list[Output]:
        link = self._link
        link.counters.frames += 1
        link.faults.frames.add(now.monotonic, good=1)
        link.heard = now.monotonic
        outputs = self._follow_boot(fields, now) + self._follow_number(fields, now)
        up = read.whole(fields, "up")
        if up is not None:
            link.clock.observe(up, now)
        if link.faults.silent:
            outputs += link.ask(Ask.STATE, now)
        kind = read.text(fields, "t")
        handle = HANDLERS.get(kind)
        if handle is None:
            link.counters.unknown_types += 1
            return outputs
        link.counters.unknown_keys += len(fields.keys() - read.KEYS[kind] - read.COMMON)
        return outputs + handle(link, fields, now)

    def _follow_boot(self, fields: Fields, now: Moment) -> list[Output]:
        link, boot = self._link, read.boot(fields)
        if boot is None or boot == link.boot:
            return []
        known = link.boot is not None
        link.reboot(boot)
        if not known:
            return []
        link.faults.restarts.add(now.monotonic, good=1)
        link.requests.answered(Ask.STATE)  # whatever was asked, the board has forgotten it
        return link.ask(Ask.STATE, now)

    def _follow_number(self, fields: Fields, now: Moment) -> list[Output]:
        link, number = self._link, read.whole(fields, "s", 1)
        if number is None:
            return []
        highest, link.highest = link.highest, max(number, link.highest or 0)
        if highest is None or number <= highest + 1:
            return []
        link.counters.gaps += 1
        return link.ask(Ask.STATE, now)
