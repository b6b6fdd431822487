"""What the ingest hands on: one accepted message, with the time it happened made right."""

from dataclasses import dataclass

from keng_wire.message import Message


@dataclass(frozen=True, slots=True)
class Arrival:
    """One accepted message of a numbered class. Times are UTC ms."""

    node: str
    message: Message
    at: int
    """When it happened: the message's own stamp, or the repaired one where that could not be trusted."""
    repaired: bool
    """True when `at` is the hub's reckoning rather than the node's stamp."""
    received: int
    """When the hub's socket gave it up."""
    rescued: bool = False
    """True for an alarm made of a payload that could not be read whole; people see it as not verified."""
