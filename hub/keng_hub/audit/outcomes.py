"""What became of an act, by the status of the answer."""

from enum import StrEnum


class AuditOutcome(StrEnum):
    """`asked` is written before the act, so that none is without a row; one of the others follows it."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"  # by a rule of the house, or as wrongly filled in
    DENIED = "denied"  # to this account
    FAILED = "failed"

    @classmethod
    def of_status(cls, status: int) -> "AuditOutcome":
        """By the HTTP status of the answer."""
        if status < 400:
            return cls.DONE
        if status in (401, 403, 404):
            return cls.DENIED
        return cls.REFUSED if status < 500 else cls.FAILED
