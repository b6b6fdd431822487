"""Points that a person disabled or put under test: each with who, why and an end that no restart can move away."""

import logging
from typing import Final, Literal

from pydantic import BaseModel, ValidationError

from keng_edge.clock import Clock
from keng_edge.errors import Refused
from keng_edge.kept import Kept
from keng_wire.conditions import ClockQuality, Mark
from keng_wire.event import ProofSeen
from keng_wire.point import MarkDetail

log = logging.getLogger("keng.points")

Restricting = Literal[Mark.DISABLED, Mark.TEST]
LONGEST_MS: Final[dict[Restricting, int]] = {Mark.DISABLED: 30 * 86_400_000, Mark.TEST: 60 * 60_000}
SAVE_EVERY_MS: Final = 60_000


class Restriction(BaseModel):
    """One restriction of one point. `left` is what is left of it (ms) at `counted`, in ms since the boot `boot`.

    A proof test is a test that waits for the point to speak: `proof` is the id of its command, `seen` what came in;
    `ending` says that it ends as soon as the point is back to normal.
    """

    device: str
    mark: Restricting
    by: str
    reason: str | None = None
    since: int
    until: int
    left: int
    boot: str
    counted: int
    proof: str | None = None
    seen: ProofSeen | None = None
    ending: bool = False

    def detail(self) -> MarkDetail:
        """As people see it."""
        return MarkDetail(mark=self.mark, since=self.since, by=self.by, reason=self.reason, until=self.until)

    def count(self, clock: Clock) -> bool:
        """Take off what has passed; true when it is over.

        A restart costs as much as may have gone unwritten. A synchronised clock can only shorten it.
        """
        now = clock.up_ms()
        if self.boot == clock.boot and now >= self.counted:
            self.left -= now - self.counted
        else:
            self.boot, self.left = clock.boot, self.left - SAVE_EVERY_MS
        self.counted = now
        if clock.quality() is ClockQuality.SYNCED:
            self.left = min(self.left, self.until - clock.utc_ms())
        return self.left <= 0


class Restrictions:
    """All of the node, kept in a file. What cannot be read there restricts nothing."""

    def __init__(self, kept: Kept, clock: Clock) -> None:
        self._kept, self._clock = kept, clock
        self._all: dict[tuple[str, Mark], Restriction] = {}
        self._saved = clock.up_ms()
        written: list[object] = kept.load() or []
        for stored in written:
            try:
                one = Restriction.model_validate(stored)
            except ValidationError:
                log.error("a restriction cannot be read and is left out: %s", stored)
                continue
            one.count(clock)
            self._all[one.device, one.mark] = one
        if self._all:
            self.write_down()  # or a node that starts every few seconds would never come to an end

    def of(self, device: str, mark: Restricting) -> Restriction | None:
        """The restriction of a point, if it has one."""
        return self._all.get((device, mark))

    def left(self, device: str, mark: Mark) -> int:
        """What is left of a restriction in ms, as far as it was counted; 0 if there is none."""
        one = self._all.get((device, mark))
        return one.left if one else 0

    def details(self, device: str) -> list[MarkDetail]:
        """The marks that people set on a point."""
        return [one.detail() for (name, _), one in self._all.items() if name == device]

    def devices(self, mark: Restricting) -> list[str]:
        """The points that have it."""
        return [one.device for one in self._all.values() if one.mark is mark]

    def put(
        self,
        device: str,
        mark: Restricting,
        by: str,
        reason: str | None,
        until: int,
        now: int,
        proof: str | None = None,
    ) -> None:
        """Restrict a point until `until`, where `now` is the best knowledge of UTC (ms).

        OSError when the disk refuses; then the point stays as it was.
        """
        left = until - now
        if not 0 < left <= LONGEST_MS[mark]:
            longest = LONGEST_MS[mark] // 60_000
            raise Refused(f"phải có giờ kết thúc, lâu nhất {longest} phút (needs an end, at most {longest} min)")
        fields = {"by": by, "reason": reason, "since": now, "until": until, "left": left, "proof": proof}
        counted = {"boot": self._clock.boot, "counted": self._clock.up_ms()}
        before = dict(self._all)
        self._all[device, mark] = Restriction.model_validate({"device": device, "mark": mark, **fields, **counted})
        try:
            self.save()
        except OSError:
            self._all = before
            raise

    def lift(self, device: str, mark: Restricting) -> bool:
        """End a restriction, at once and whatever the disk does; false if there was none."""
        if self._all.pop((device, mark), None) is None:
            return False
        self.write_down()
        return True

    def over(self) -> list[str]:
        """Take away what has come to its end: the points concerned. Call it each second."""
        ended = [key for key, one in self._all.items() if one.count(self._clock)]
        for key in ended:
            log.info("%s of %s has come to its end", key[1], key[0])
            del self._all[key]
        if ended or (self._all and self._clock.up_ms() - self._saved >= SAVE_EVERY_MS):
            self.write_down()
        return sorted({device for device, _ in ended})

    def write_down(self) -> None:
        """Save what is known; a disk that refuses is asked again within a minute."""
        try:
            self.save()
        except OSError as error:
            log.info("the restrictions cannot be written down: %s", error)

    def save(self) -> None:
        """Write all down."""
        self._kept.save([one.model_dump(mode="json") for one in self._all.values()])
        self._saved = self._clock.up_ms()
