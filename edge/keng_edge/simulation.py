"""Commissioning of a village that plays: simulated proof tests, for simulated points and for no others."""

from keng_edge.agent import KINDS
from keng_edge.clock import Clock
from keng_edge.config import Config
from keng_edge.fingerprints import Fingerprints
from keng_edge.kept import Kept
from keng_edge.proofs import Proofs
from keng_wire.conditions import DeviceKind
from keng_wire.point import Proof, ProofMethod

BY = "Bộ mô phỏng (simulation)"
_BUTTONS = (DeviceKind.MANUAL_CALL_POINT, DeviceKind.SOS_BUTTON)


def prove(config: Config, clock: Clock) -> list[str]:
    """Write the proofs while the node does not run; gives the points. OSError when the disk refuses."""
    config.node.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    fingerprints = Fingerprints(config.devices, KINDS, Kept(config.node.data / "identities.json"))
    proofs = Proofs(Kept(config.node.data / "proofs.json"), clock, config.node.proof_days)
    kinds = {info.device: info.kind for device in config.devices for info in device.inventory()}
    played = [point for point in fingerprints.points if fingerprints.simulated(point)]
    for point in played:
        method = ProofMethod.BUTTON if kinds[point] in _BUTTONS else ProofMethod.SMOKE
        proof = Proof(test="0" * 16, at=max(0, clock.utc_ms()), by=BY, method=method, simulated=True)
        proofs.take(point, proof, fingerprints.of(point) or "")
    return played
