"""Ports of the loopback that nobody uses."""

import secrets
import socket

OURS = range(15_000, 32_000)
"""Below those that the kernel gives to whoever connects (from 32,768), so that no client takes one in between."""


def free_port() -> int:
    """A TCP port that was free a moment ago, and that only another call of this could take."""
    while True:
        port = secrets.choice(OURS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue  # somebody listens there: the next one
            return port


def listens(port: int) -> bool:
    """Whether something accepts connections on the loopback's `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
