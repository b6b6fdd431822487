"""What a notice is about, and how far it is."""

from enum import StrEnum


class NoticeKind(StrEnum):
    """What it is about."""

    ALARM = "alarm"  # of an incident: never waits for a second person
    PLANNED_OUTAGE = "planned_outage"
    STORM = "storm"
    MEETING = "meeting"
    DRILL = "drill"
    OTHER = "other"


class NoticeState(StrEnum):
    """How far it is."""

    WAITING = "waiting"  # for a second person
    READY = "ready"  # for its time
    SENDING = "sending"  # into the ledger, in slices
    SENT = "sent"
    EXPIRED = "expired"  # its time was over before it could begin
    CANCELLED = "cancelled"


OPEN = frozenset({NoticeState.WAITING, NoticeState.READY, NoticeState.SENDING})
"""What somebody can still do something about."""
