"""How a contact of a household stands, what was consented, and how that came about."""

from enum import StrEnum


class ContactState(StrEnum):
    """How a contact stands; a number nobody has confirmed by its code is no contact yet."""

    VERIFIED = "verified"
    LEFT = "left"
    DEAD = "dead"  # the provider says that nobody can be reached there


class ConsentAct(StrEnum):
    """What somebody said."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class How(StrEnum):
    """By which way somebody came."""

    QR = "qr"  # the household's printed code
    SUPPORTER = "supporter"  # a supporter's one-time code
    HOME = "home"  # the household's own page
    REPLY = "reply"
    STAFF = "staff"  # asked for in person or by telephone
    MOVED = "moved"  # the household is no longer there


class CodeKind(StrEnum):
    """Whose code opens the page for joining."""

    HOUSEHOLD = "household"
    SUPPORTER = "supporter"
