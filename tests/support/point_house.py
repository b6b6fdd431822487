"""A house whose points can be disabled, tested and proven: station, register, judge and commands on one disk."""

from pathlib import Path

from keng_edge.commands import Commands
from keng_edge.fingerprints import Fingerprints
from keng_edge.fire.config import BridgeBoardSection
from keng_edge.kept import Kept
from keng_edge.lifetimes import Lifetimes
from keng_edge.points import Points
from keng_edge.proofs import Proofs
from keng_edge.register import Register
from keng_edge.restrictions import Restrictions
from keng_edge.station import Station
from keng_wire.alarm import Alarm
from keng_wire.conditions import Condition, DeviceKind, Mark
from keng_wire.control import Command, CommandName
from keng_wire.event import CommandResult, DeviceChanged, Event, ProofSeen
from keng_wire.point import Proof, ProofMethod
from support.fake_clock import FakeClock
from support.house import House, smoke

BY = "Nguyễn Văn Mẫu"
KINDS = {
    "khoi-1": DeviceKind.SMOKE_DETECTOR,
    "khoi-2": DeviceKind.SMOKE_DETECTOR,
    "nut-1": DeviceKind.MANUAL_CALL_POINT,
}
MODULES = {"bridge_board": "keng_edge.fire.bridge_board:BridgeBoard"}
MINUTE = 60_000


def board(**more: object) -> BridgeBoardSection:
    """A board with two smoke heads, a call point and a cancel button in `nha-1`."""
    points = {
        name.replace("-", "_"): {"id": name, "name": f"Điểm {name}", "kind": kind, "zone": "nha-1"}
        for name, kind in KINDS.items()
    }
    points["huy_1"] = {"id": "huy-1", "name": "huy-1", "kind": DeviceKind.MANUAL_CALL_POINT, "role": "cancel"}
    fields = {"type": "bridge_board", "id": "bo-1", "name": "Bo 1", "port": "/dev/null", "points": points}
    return BridgeBoardSection.model_validate(fields | more)


class PointHouse:
    """`House` with its points; `told` is what the station told, `answers` what became of commands."""

    def __init__(
        self,
        folder: Path,
        clock: FakeClock,
        *,
        proven: bool = True,
        uncertified: frozenset[str] = frozenset(),
        section: BridgeBoardSection | None = None,
        **zone: float | bool | str,
    ) -> None:
        self.folder, self.clock, self.section, self.uncertified = folder, clock, section or board(), uncertified
        self.house = House(folder / "outbox", clock, **zone)
        self.told: list[Event] = []
        self.answers: list[CommandResult] = []
        self._command = 0
        self.start()
        for device in KINDS if proven else ():
            self.prove_on_paper(device)

    def start(self) -> None:
        """Put it together, also again on the same disk."""
        deadlines = dict.fromkeys(["bo-1", *KINDS], 90.0)
        self.register = Register(deadlines, self.clock)
        self.station = Station(self.clock, self.folder, self.house.outbox, self.register)
        self.station.tell = self.told.append  # type: ignore[assignment,method-assign]  # heard instead of stored
        self.station.alarms = self.house.alarms
        self.proofs = Proofs(Kept(self.folder / "proofs.json"), self.clock, 365)
        restrictions = Restrictions(Kept(self.folder / "restrictions.json"), self.clock)
        fingerprints = Fingerprints([self.section], MODULES, Kept(self.folder / "identities.json"))
        lifetimes = Lifetimes(self.section.inventory(), self.clock)
        self.points = Points(restrictions, self.proofs, fingerprints, lifetimes, self.uncertified)
        self.points.changed, self.points.busy = self.station.point_changed, self.station.busy
        self.register.imposed, self.register.latched = self.points.details, self.house.alarms.latched
        self.station.points = self.points
        self.house.alarms.on_change(self.station.look)
        kept = Kept(self.folder / "commands.json")
        self.commands = Commands(kept, self.house.alarms, self.clock, self._answer, self._report, self.points)

    async def restart(self, boot: str | None = None) -> None:
        """A crash of the agent, or of the machine when `boot` is given."""
        await self.house.restart(boot)
        self.start()
        await self.station.wake()

    def prove_on_paper(self, device: str) -> None:
        """A valid proof without the test."""
        proof = Proof(test="0" * 16, at=self.clock.utc, by=BY, method=ProofMethod.SMOKE)
        self.proofs.take(device, proof, self.points.fingerprints.of(device) or "")

    async def tell(self, name: CommandName, device: str | None = "khoi-1", **more: object) -> CommandResult:
        """A command of the hub and its answer; what needs an end gets half an hour."""
        self._command += 1
        fields = {"id": f"{self._command:016x}", "name": name, "by": BY, "expires": self.clock.utc + MINUTE}
        fields |= {"device": device, "until": self.clock.utc + 30 * MINUTE, "reason": "hàn cửa"}
        await self.commands.take(Command.model_validate(fields | more))
        return self.answers[-1]

    async def smoke(self, device: str = "khoi-1", **more: object) -> str:
        """A point alarms."""
        return await self.station.alarm(smoke(device, "nha-1", **more))

    async def normal(self, device: str = "khoi-1") -> None:
        """A point says that it is normal."""
        await self.station.report(device, Condition.NORMAL)

    async def later(self, seconds: int) -> None:
        """Time passes; all that is due each second is done once at the end, and the bells' windows with it."""
        for part in (seconds - seconds // 2, seconds // 2):
            self.clock.pass_ms(part * 1000)
            await self.house.alarms.tick()
            await self.station.watch_points()

    def calls(self) -> dict[str, str]:
        """What rings."""
        return self.house.ears.calls()

    def marks(self, device: str = "khoi-1") -> set[Mark]:
        """The marks of a point in the heartbeat."""
        return next(set(state.marks) for state in self.register.states() if state.device == device)

    def last_change(self, device: str = "khoi-1") -> DeviceChanged:
        """The last word about a point."""
        return next(e for e in reversed(self.told) if isinstance(e, DeviceChanged) and e.device == device)

    async def stored(self) -> list[Alarm]:
        """Every alarm message."""
        return await self.house.stored()

    async def _answer(self, result: CommandResult) -> int:
        self.answers.append(result)
        return len(self.answers)

    async def _report(self) -> None:
        return

    def waiting(self, device: str = "khoi-1") -> ProofSeen | None:
        """What a proof test of a point has seen."""
        test = self.points.restrictions.of(device, Mark.TEST)
        return test.seen if test else None
