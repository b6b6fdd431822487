"""Pace: what to decode of a live stream when there is no time for all of it.

Packets that nobody fetches wait in the network's buffers, so whoever decodes too slowly sees a past that lies ever
further back. Stamps of cameras do not tell, for their clocks jump and drift; that reading never has to wait does.
"""

import time
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

JUDGED_S = 1.0
LEAST_WAIT = 0.2
"""Of the time: who waits less has hardly any reserve. On a busy machine some of it is waiting for a turn."""


class Packet(Protocol):
    """A packet of video."""

    @property
    def is_keyframe(self) -> bool:
        """Whether its picture needs no other one."""
        ...


P = TypeVar("P", bound=Packet)


def in_time(packets: Iterator[P], now: Callable[[], float] = time.monotonic) -> Iterator[P]:
    """All packets while they can be decoded in time, else one keyframe a second at most.

    Judged at keyframes, so that what is decoded never hangs on what was left out.
    """
    begun, waited, behind = now(), 0.0, False
    while True:
        asked = now()
        packet = next(packets, None)
        came = now()
        waited += came - asked
        if packet is None:
            return
        judged = packet.is_keyframe and came - begun >= JUDGED_S
        if judged:
            behind = waited < LEAST_WAIT * (came - begun)
            begun, waited = came, 0.0
        if judged or not behind:
            yield packet
