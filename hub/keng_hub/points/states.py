"""How far a proof test has come."""

from enum import StrEnum


class ProofState(StrEnum):
    """The state of a proof test; one that never gets to `proven` stays where it stopped."""

    WAITING = "waiting"  # for the point to speak
    SEEN = "seen"  # for a person to say how
    PROVEN = "proven"  # taken by the node
