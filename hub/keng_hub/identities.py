"""The names under which the hub itself speaks to the broker, each with a certificate of its own."""

from typing import Final

DOCTOR: Final = "hub-doctor"
"""For `keng-hub doctor`: with the hub's own certificate it would push the running hub off the broker."""

PROBE: Final = "hub-probe"
"""Nobody; the node for which the doctor tries to speak."""


def alarms(identity: str) -> str:
    """The second name of the hub `identity`: alarms have a connection of their own, and a name is one connection."""
    return f"{identity}-alarms"


def is_reserved(name: str, identity: str) -> bool:
    """Whether a node may not be called `name`."""
    return name.startswith("hub") or name in (identity, alarms(identity))
