"""Where the hub's other parts hand in what they know; each in the caller's transaction, each harmless when repeated."""

from sqlalchemy.engine import Connection

from keng_hub.arrivals import Arrival
from keng_hub.incidents import contact, events, findings, stages, unreadable
from keng_hub.incidents.stages import STAGES, run
from keng_hub.incidents.sweep import sweep
from keng_hub.points import results
from keng_wire.alarm import Alarm

__all__ = [
    "STAGES",
    "run",
    "sweep",
    "take_alarm",
    "take_event",
    "take_return",
    "take_silence",
    "take_unreadable",
]


def take_alarm(connection: Connection, arrival: Arrival, now: int) -> int:
    """Take one step of an alarm; gives the incident's id, 0 for a test result. TypeError when it is no alarm."""
    body = arrival.message.body
    if not isinstance(body, Alarm):
        raise TypeError(f"not an alarm: {type(body).__name__}")
    if body.tested_by is not None and not arrival.rescued:
        results.take_alarm(connection, arrival, body, now)
        return 0
    return stages.run(connection, findings.of_alarm(arrival, body), now).incident


def take_event(connection: Connection, arrival: Arrival, now: int) -> None:
    """Take an event: a bell that rang, a picture, a fault, the result of a command."""
    events.take(connection, arrival, now)
    results.take_event(connection, arrival, now)


def take_silence(connection: Connection, node: str, since: int, now: int) -> None:
    """A node was last heard at `since` and counts as silent: a fault, and its alarms become unknown, never over."""
    contact.lost(connection, node, since, now)


def take_return(connection: Connection, node: str, now: int) -> None:
    """A silent node was heard again."""
    contact.returned(connection, node, now)


def take_unreadable(connection: Connection, arrival: Arrival, error: Exception | str, now: int) -> int:
    """A stage failed on this alarm, `error` says how: open an incident that says so; gives its id."""
    return unreadable.take(connection, arrival, error, now)
