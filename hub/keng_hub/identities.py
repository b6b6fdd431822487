"""The names under which the hub itself speaks to the broker, each with a certificate of its own."""

from typing import Final

DOCTOR: Final = "hub-doctor"
"""For `keng-hub doctor`: with the hub's own certificate it would push the running hub off the broker."""

RESERVED: Final = "hub"
"""No node's name begins so."""

PROBE: Final = "hub-probe"
"""Nobody; the node for which the doctor tries to speak."""


def alarms(identity: str) -> str:
    """The second name of the hub `identity`: alarms have a connection of their own, and a name is one connection."""
    return f"{identity}-alarms"
