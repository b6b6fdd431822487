"""What people did to the fire points of this node: disabled, put under test, proven; and what an alarm of one is."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from typing import Final

from keng_edge.devices import Trigger
from keng_edge.errors import Refused
from keng_edge.fingerprints import Fingerprints
from keng_edge.lifetimes import Lifetimes
from keng_edge.proofs import Proofs
from keng_edge.restrictions import Restrictions
from keng_edge.supervision import Class
from keng_wire.alarm import Category, Evidence
from keng_wire.conditions import Mark
from keng_wire.control import Command, CommandName
from keng_wire.event import DeviceInfo, ProofSeen
from keng_wire.point import MarkDetail, Proof

ACTS: Final = frozenset(
    {
        CommandName.DISABLE,
        CommandName.ENABLE,
        CommandName.TEST,
        CommandName.END_TEST,
        CommandName.PROVE,
        CommandName.PROVEN,
    }
)
"""The commands that this file carries out."""


class Points:
    """`changed` is awaited after each act on a point; `busy` says whether an alarm of a point is there or latched."""

    def __init__(
        self,
        restrictions: Restrictions,
        proofs: Proofs,
        fingerprints: Fingerprints,
        lifetimes: Lifetimes,
        uncertified: Collection[str] = (),
    ) -> None:
        self.restrictions, self.fingerprints, self.lifetimes = restrictions, fingerprints, lifetimes
        self._proofs, self._uncertified = proofs, uncertified
        self.changed: Callable[[str], Awaitable[None]] = _nobody
        self.busy: Callable[[str], bool] = lambda device: False

    def proof(self, device: str) -> Proof | None:
        """The proof test that holds for a point now."""
        fingerprint = self.fingerprints.of(device)
        if fingerprint is None:
            return None
        return self._proofs.valid(device, fingerprint, simulated=self.fingerprints.simulated(device))

    def details(self, device: str) -> list[MarkDetail]:
        """The marks that do not come from the device itself."""
        found = self.restrictions.details(device)
        if self.fingerprints.of(device) is not None and self.proof(device) is None:
            found.append(MarkDetail(mark=Mark.UNPROVEN))
        old = self.lifetimes.detail(device)
        return [*found, old] if old is not None else found

    def judged(self, trigger: Trigger, supervision: Class | None) -> Trigger:
        """The trigger as it counts. A detector without proof, supervision or a certificate it needs is advisory."""
        device, evidence = trigger.device, trigger.evidence
        test = self.restrictions.of(device, Mark.TEST)
        unproven = trigger.category is Category.FIRE and self.proof(device) is None
        if evidence is Evidence.SINGLE_DETECTOR and (unproven or supervision == "U" or device in self._uncertified):
            evidence = Evidence.ADVISORY
        return replace(
            trigger,
            evidence=evidence,
            test=trigger.test or test is not None,
            tested_by=test.by if test else None,
            disabled=trigger.disabled or self.restrictions.of(device, Mark.DISABLED) is not None,
        )

    def spoke(self, trigger: Trigger, occurrence: str) -> ProofSeen | None:
        """A point alarmed: what to tell if a proof test has waited for just this, the first time only."""
        waiting = self.restrictions.of(trigger.device, Mark.TEST)
        fingerprint = self.fingerprints.of(trigger.device)
        if waiting is None or waiting.proof is None or waiting.seen is not None or fingerprint is None:
            return None
        waiting.seen = ProofSeen(
            device=trigger.device,
            test=waiting.proof,
            occurrence=occurrence,
            raw=(trigger.raw or "")[:2000] or None,
            decoded=f"{trigger.cause}, {trigger.category}" + (f", {trigger.point}" if trigger.point else ""),
            fingerprint=fingerprint,
            versions=self.fingerprints.versions(trigger.device),
        )
        return waiting.seen

    def told(self, info: DeviceInfo) -> DeviceInfo:
        """Its line in the inventory, with what a proof test is of and the one that holds."""
        fingerprint = self.fingerprints.of(info.device)
        uncertified = info.device in self._uncertified
        return info.model_copy(
            update={"fingerprint": fingerprint, "proof": self.proof(info.device), "uncertified": uncertified}
        )

    async def take(self, command: Command, now: int) -> None:
        """Do what a person wants at `now` (UTC ms as well as it is known); `Refused` says why not."""
        device = command.device
        if device is None or self.fingerprints.of(device) is None:
            raise Refused(f"không phải điểm báo cháy của trạm này (no fire point of this node): {device}")
        match command.name:
            case CommandName.DISABLE:
                until = command.until or 0
                self.restrictions.put(device, Mark.DISABLED, command.by, command.reason, until, now)
            case CommandName.ENABLE:
                self._lift(device, Mark.DISABLED)
            case CommandName.TEST | CommandName.PROVE:
                self._test(command, device, now)
            case CommandName.END_TEST:
                self._lift(device, Mark.TEST)
            case CommandName.PROVEN:
                self._prove(command, device, now)
            case _:
                raise Refused(f"không phải lệnh cho điểm (no act on a point): {command.name}")
        await self.changed(device)

    def _lift(self, device: str, mark: Mark) -> None:
        assert mark is Mark.DISABLED or mark is Mark.TEST
        if not self.restrictions.lift(device, mark):
            raise Refused("điểm đang hoạt động bình thường (the point is neither disabled nor under test)")

    def _test(self, command: Command, device: str, now: int) -> None:
        if self.busy(device):
            raise Refused("điểm đang báo hoặc còn chốt báo động, hãy đặt lại trước (in alarm or latched: reset first)")
        if self.restrictions.of(device, Mark.DISABLED) is not None:
            raise Refused("điểm đang bị tạm ngắt, hãy bật lại trước (disabled: enable it first)")
        proof = command.id if command.name is CommandName.PROVE else None
        self.restrictions.put(device, Mark.TEST, command.by, command.reason, command.until or 0, now, proof)

    def _prove(self, command: Command, device: str, now: int) -> None:
        """The proof is of the point as it was when it spoke; the test goes on until the point is back to normal."""
        waiting = self.restrictions.of(device, Mark.TEST)
        seen = waiting.seen if waiting is not None else None
        if waiting is None or seen is None or seen.test != command.test or command.method is None:
            raise Refused("điểm chưa báo trong lần thử này (the point has not spoken in this test)")
        simulated = self.fingerprints.simulated(device)
        proof = Proof(test=seen.test, at=now, by=command.by, method=command.method, simulated=simulated)
        self._proofs.take(device, proof, seen.fingerprint)
        waiting.ending = True
        self.restrictions.write_down()


async def _nobody(_: str) -> None:
    return
