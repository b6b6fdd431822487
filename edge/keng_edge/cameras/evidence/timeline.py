"""Times of packets made fit for a file: from 0 on, always growing, whatever the camera says."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from statistics import median

from keng_edge.cameras.evidence.ring import Kept

LONGEST_S = 10
"""A longer pause between two packets is a clock that jumped, not a pause."""


def timeline(packets: Sequence[Kept], time_base: Fraction) -> list[tuple[int, int]]:
    """(pts, dts) of each packet. The first packet of a camera often has neither, and later ones jump back."""
    raw = [packet.dts if packet.dts is not None else packet.pts for packet in packets]
    longest = int(LONGEST_S / time_base)
    steps = [b - a for a, b in pairwise(raw) if a is not None and b is not None and 0 < b - a <= longest]
    usual = int(median(steps)) if steps else 0
    dts, times = 0, list[tuple[int, int]]()
    for number, packet in enumerate(packets):
        if number:
            dts += _step(raw[number - 1], raw[number], usual) or _arrived(packets[number - 1], packet, time_base)
        times.append((dts + _later(packet, longest), dts))
    return times


def _step(before: int | None, now: int | None, usual: int) -> int:
    """Ticks since the packet before; 0 when the camera's times do not say."""
    if before is None or now is None:
        return usual
    return now - before if 0 < now - before <= max(usual * 100, 1) else 0


def _arrived(before: Kept, now: Kept, time_base: Fraction) -> int:
    return max(1, min(int(LONGEST_S / time_base), int(Fraction(now.up - before.up, 1000) / time_base)))


def _later(packet: Kept, longest: int) -> int:
    """How much later than decoded a picture is shown."""
    if packet.pts is None or packet.dts is None:
        return 0
    return packet.pts - packet.dts if 0 < packet.pts - packet.dts <= longest else 0
