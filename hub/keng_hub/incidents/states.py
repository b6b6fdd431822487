"""The states of an incident, the verdicts on it, and the only moves between states that exist.

Tables instead of `if`: whoever wants to know what may follow what reads `BY_PERSON` and `BY_SYSTEM`.
"""

from enum import StrEnum


class State(StrEnum):
    """How far people are with it."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    VERIFYING = "verifying"
    RESPONDING = "responding"
    CONTAINED = "contained"
    CLOSED = "closed"
    FILED = "filed"
    REOPENED = "reopened"


class Verdict(StrEnum):
    """What it turned out to be; kept beside the state, because a fire is fought before it is judged."""

    UNVERIFIED = "unverified"
    CONFIRMED = "confirmed"
    FALSE_ALARM = "false_alarm"
    HOAX = "hoax"  # a deliberate false report; cooking smoke is a false alarm
    DRILL = "drill"  # set when the alarm is made, never afterwards
    DEVICE_FAULT = "device_fault"


BY_PERSON: dict[State, frozenset[State]] = {
    State.NEW: frozenset({State.ACKNOWLEDGED}),
    State.REOPENED: frozenset({State.ACKNOWLEDGED}),
    State.ACKNOWLEDGED: frozenset(
        {State.VERIFYING, State.RESPONDING, State.CONTAINED, State.CLOSED, State.REOPENED},
    ),
    State.VERIFYING: frozenset({State.RESPONDING, State.CONTAINED, State.CLOSED, State.REOPENED}),
    State.RESPONDING: frozenset({State.VERIFYING, State.CONTAINED, State.CLOSED, State.REOPENED}),
    State.CONTAINED: frozenset({State.RESPONDING, State.CLOSED}),
    State.CLOSED: frozenset({State.FILED, State.REOPENED}),
    State.FILED: frozenset(),
}
"""What a named person may do. `reopened` from a state with an owner is a release: somebody else has to take it."""

BY_SYSTEM: dict[State, frozenset[State]] = {state: frozenset[State]() for state in State} | {
    State.ACKNOWLEDGED: frozenset({State.REOPENED}),
    State.VERIFYING: frozenset({State.REOPENED}),
    State.RESPONDING: frozenset({State.REOPENED}),
    State.CONTAINED: frozenset({State.REOPENED}),
    State.CLOSED: frozenset({State.REOPENED}),
    State.FILED: frozenset({State.REOPENED}),
}
"""What happens by itself: an acknowledgement runs out, or a source alarms again. Nothing ever ends by itself."""

WAITING = frozenset({State.NEW, State.REOPENED})
"""Nobody has it: it escalates."""

HELD = frozenset({State.ACKNOWLEDGED, State.VERIFYING, State.RESPONDING})
"""Somebody has it, for as long as the acknowledgement lasts."""

ENDED = frozenset({State.CLOSED, State.FILED})

CALMING = frozenset({Verdict.FALSE_ALARM, Verdict.HOAX, Verdict.DEVICE_FAULT})
"""Verdicts that say there is no danger: they need a reason, and a worse alarm takes them back."""
