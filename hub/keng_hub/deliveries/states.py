"""Kinds of messages, the states of an attempt, and how long and in which order messages are worth sending."""

from enum import StrEnum

from keng_wire.alarm import Category


class DeliveryKind(StrEnum):
    """Why a message is sent."""

    ALARM = "alarm"
    UPDATE = "update"
    ALL_CLEAR = "all_clear"
    NOTICE = "notice"
    DRILL = "drill"
    FAULT = "fault"


ALARMING = frozenset({DeliveryKind.ALARM, DeliveryKind.UPDATE, DeliveryKind.DRILL})
"""Who got one of these is owed an all-clear."""


class AttemptState(StrEnum):
    """How far one step of a ladder got. `accepted` is the provider's word and never shown as delivered."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    SEEN = "seen"
    REPLIED = "replied"
    FAILED = "failed"
    EXPIRED = "expired"
    STOPPED = "stopped"  # no longer needed: somebody acknowledged, or it is over


REACHED = (AttemptState.ACCEPTED, AttemptState.DELIVERED, AttemptState.SEEN, AttemptState.REPLIED)
"""In the order in which receipts may come; never backwards."""

PENDING = (AttemptState.QUEUED, AttemptState.SENDING)

PRIORITY: dict[Category, int] = {category: place for place, category in enumerate(Category)}
"""Fire 0, medical 1, security 2, fault 3, info 4: the order of every queue."""

DRILL_PRIORITY = PRIORITY[Category.FAULT]
"""A drill never stands in front of a real fire, SOS or intrusion."""

URGENT = PRIORITY[Category.MEDICAL]
"""Up to here a message has slots of its own and no open breaker holds it."""

RESIDENTS = 0
"""The tier of households, which no escalation reaches."""

_MINUTE = 60_000

LIFE_MS: dict[Category, int] = {
    Category.FIRE: 60 * _MINUTE,
    Category.MEDICAL: 60 * _MINUTE,
    Category.SECURITY: 60 * _MINUTE,
    Category.FAULT: 24 * 60 * _MINUTE,
    Category.INFO: 24 * 60 * _MINUTE,
}
"""How long a message is worth sending, ms from its making; an older one would only frighten or mislead."""

CLIMBS = frozenset({Category.FIRE, Category.MEDICAL, Category.SECURITY})
"""Here a ladder goes on after a provider accepted, until a person answers; elsewhere one accepted step is enough."""
