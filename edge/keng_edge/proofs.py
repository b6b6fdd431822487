"""The proof tests that hold for the points of this node; without one a detector is only advisory."""

import logging
from collections.abc import Mapping

from pydantic import BaseModel, ValidationError

from keng_edge.clock import Clock
from keng_edge.kept import Kept
from keng_wire.conditions import ClockQuality
from keng_wire.point import Proof

log = logging.getLogger("keng.points")

DAY_MS = 86_400_000


class _Held(BaseModel):
    proof: Proof
    fingerprint: str


class Proofs:
    """By point, kept in a file. A proof lasts `days` by a clock that can be trusted, and as long as nothing changes."""

    def __init__(self, kept: Kept, clock: Clock, days: int) -> None:
        self._kept, self._clock, self._days = kept, clock, days
        self._held = read(kept)

    def valid(self, device: str, fingerprint: str, *, simulated: bool) -> Proof | None:
        """The proof that holds for a point as it is now. A simulated one holds for simulated devices and no other."""
        held = self._held.get(device)
        if held is None or held.proof.simulated is not simulated:
            return None
        if not simulated and held.fingerprint != fingerprint:
            return None
        trusted = self._clock.quality() is not ClockQuality.UNKNOWN
        return None if trusted and self._clock.utc_ms() - held.proof.at > self._days * DAY_MS else held.proof

    def take(self, device: str, proof: Proof, fingerprint: str) -> None:
        """A person confirmed it. OSError when it is not on disk; then it does not hold."""
        held = {**self._held, device: _Held(proof=proof, fingerprint=fingerprint)}
        write(self._kept, held)
        self._held = held


def read(kept: Kept) -> dict[str, _Held]:
    """The file; what cannot be read proves nothing."""
    found: dict[str, _Held] = {}
    for device, stored in dict(kept.load() or {}).items():
        try:
            found[device] = _Held.model_validate(stored)
        except ValidationError:
            log.error("the proof of %s cannot be read and is left out", device)
    return found


def write(kept: Kept, held: Mapping[str, _Held]) -> None:
    """The file anew."""
    kept.save({device: one.model_dump(mode="json") for device, one in held.items()})
