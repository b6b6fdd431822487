"""Which detectors would need a fire-safety certificate and have none: they are advisory."""

from collections.abc import Iterable
from typing import Final

from keng_edge.fingerprints import Configured
from keng_wire.conditions import DeviceKind

KINDS: Final = frozenset({DeviceKind.SMOKE_DETECTOR, DeviceKind.HEAT_DETECTOR, DeviceKind.GAS_DETECTOR})
"""Automatic detectors; at a button stands a person."""


def uncertified(devices: Iterable[Configured]) -> frozenset[str]:
    """The detectors heard by radio (TCVN 7568-25) whose section names no certificate; what only plays needs none."""
    return frozenset(
        info.device
        for device in devices
        if device.wireless and not device.simulated
        for info in device.inventory()
        if info.kind in KINDS and info.certificate is None
    )
