"""What can be said of a camera: whose street it looks at, whether it may look, and what was changed of it."""

from enum import StrEnum


class CameraClass(StrEnum):
    """Two classes before the law, with different owners."""

    PUBLIC = "public"  # the commune's, of a public place
    HOUSEHOLD = "household"  # in front of a house, with the consent of the house


class CameraState(StrEnum):
    """What people of the commune have decided about a camera."""

    DRAFT = "draft"  # nothing yet
    CONFIRMED = "confirmed"  # somebody saw the notice hang
    ACTIVE = "active"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"  # the house took its consent back


class CameraChange(StrEnum):
    """What an entry of a camera's history is about."""

    FACTS = "facts"
    PLAN = "plan"
    NOTICE = "notice"
    STATE = "state"
    CONSENT = "consent"
