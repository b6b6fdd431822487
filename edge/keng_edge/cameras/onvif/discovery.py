"""Look for cameras on the LAN of one interface (WS-Discovery over UDP)."""

import socket
import time
import uuid

from keng_edge.cameras.onvif.markup import Strange
from keng_edge.cameras.onvif.messages import Match, matches, probe

GROUP = ("239.255.255.250", 3702)
LARGEST = 65_507
MOST = 200
"""Cameras of one search; a LAN with more is no village's."""


def search(interface: str, seconds: float = 3.0, group: tuple[str, int] = GROUP) -> list[Match]:
    """The cameras that answer within `seconds` on the interface with this IPv4 address; blocks.

    The question goes out twice, because UDP loses. OSError when the interface is not there.
    """
    question = uuid.uuid4()
    found: dict[str, Match] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind((interface, 0))
        port.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
        port.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        end = time.monotonic() + seconds
        for share in (0.3, 1.0):
            port.sendto(probe(question), group)
            _listen(port, end - seconds * (1 - share), question, found)
    return sorted(found.values())


def _listen(port: socket.socket, until: float, question: uuid.UUID, found: dict[str, Match]) -> None:
    while (left := until - time.monotonic()) > 0 and len(found) < MOST:
        port.settimeout(left)
        try:
            data, (sender, _) = port.recvfrom(LARGEST)
        except TimeoutError:
            return
        try:
            found.update((match.address, match) for match in matches(data, question, sender))
        except Strange:
            continue  # somebody else's words
