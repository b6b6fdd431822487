"""Why a message could not simply be acted on; the page of messages has the words."""

from enum import StrEnum
from typing import Final


class ReplyReason(StrEnum):
    """What stood against it."""

    UNKNOWN_SENDER = "unknown_sender"
    UNCLEAR = "unclear"
    NO_RIGHT = "no_right"
    NO_INCIDENT = "no_incident"
    WHICH_INCIDENT = "which_incident"
    WHICH_HOUSEHOLD = "which_household"
    CLOSED = "closed"
    WRONG_DIGITS = "wrong_digits"
    NOTHING_TO_STOP = "nothing_to_stop"
    FAILED = "failed"


FOR_STAFF: Final = frozenset(
    {
        ReplyReason.UNKNOWN_SENDER,
        ReplyReason.UNCLEAR,
        ReplyReason.NO_INCIDENT,
        ReplyReason.WHICH_HOUSEHOLD,
        ReplyReason.NOTHING_TO_STOP,
        ReplyReason.FAILED,
    }
)
"""These wait until a person has looked; with the others the answer says what to do."""
