"""A fault begins when its sign has held for a while, and ends when it has been gone for a while."""

from dataclasses import dataclass

RECOVERY_S = 5.0
GAP_S = 2.5
"""Signs of two faults may alternate; a look or two without one does not begin the wait anew."""


@dataclass(slots=True)
class Hold:
    """`seconds` that the sign must hold. The sign's beginning is the fault's."""

    seconds: float
    active: bool = False
    since: float | None = None
    """When the sign began that holds now."""
    _gone: float | None = None

    def see(self, sign: bool, at: float) -> bool:
        """Take one look in; whether the fault began or ended with it."""
        if sign:
            self._gone = None
            self.since = at if self.since is None or at < self.since else self.since
            if not self.active and at - self.since >= self.seconds:
                self.active = True
                return True
            return False
        if self.since is None:
            return False
        self._gone = at if self._gone is None or at < self._gone else self._gone
        if at - self._gone < (RECOVERY_S if self.active else GAP_S):
            return False
        ended = self.active
        self.active, self.since, self._gone = False, None, None
        return ended
