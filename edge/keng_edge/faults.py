"""The faults of the node itself: told once when one begins and once when it ends."""

import logging
from collections.abc import Callable

from keng_wire.event import FaultCode, NodeFault

log = logging.getLogger("keng.faults")


class Faults:
    """What is wrong now. One code may have several causes (two sounders): it ends with the last of them."""

    def __init__(self, tell: Callable[[NodeFault], None]) -> None:
        self._tell = tell
        self._causes: dict[FaultCode, dict[str, str]] = {}
        self._listeners: list[Callable[[], None]] = []

    @property
    def active(self) -> list[FaultCode]:
        """All codes with a cause, in the order of the contract."""
        return [code for code in FaultCode if self._causes.get(code)]

    def on_change(self, call: Callable[[], None]) -> None:
        """Call this whenever a fault begins or ends."""
        self._listeners.append(call)

    def set(self, code: FaultCode, wrong: bool, detail: str = "", cause: str = "") -> None:
        """Say whether something is wrong; saying it again changes nothing."""
        causes = self._causes.setdefault(code, {})
        if wrong == (cause in causes):
            return
        if wrong:
            causes[cause] = detail
            log.info("fault %s: %s", code, detail)
        else:
            del causes[cause]
            log.info("fault %s is over: %s", code, cause or "all well")
        if len(causes) == (1 if wrong else 0):
            self._tell(NodeFault(code=code, active=wrong, detail=detail[:200] or None))
            for call in self._listeners:
                call()
