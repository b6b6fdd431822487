"""What staff have to do about an Official Account although the channel as a whole goes on: faults of its parts."""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.channels.channel import Office, Result
from keng_hub.channels.zalo.oa_errors import Verdict
from keng_hub.incidents import faults
from keng_hub.incidents.turn import take_turn
from keng_hub.passing import is_passing
from keng_hub.tables import zalo_account

UNANSWERED = 3
"""One telephone may be off; so many messages without any receipt mean that the webhook is not called."""


class Staff:
    """Opens and ends one fault a part (`zalo_oa/gmf`, `/template`, `/token`, `/webhook`), each once."""

    def __init__(self, office: Office, silence_ms: int, *, listening: bool) -> None:
        self._office, self._silence_ms, self._listening = office, silence_ms, listening
        self._known: dict[str, bool] = {}
        self._sent: list[int] = []
        self.trouble = ""

    async def judge(self, part: str, found: Verdict) -> None:
        """After a try by this part: it works again, or people have to see to it."""
        if found.staff:
            await self.tell(part, found.outcome.error_code or "")
        elif found.outcome.result is Result.ACCEPTED:
            await self.well(part)

    async def tell(self, part: str, detail: str) -> None:
        """Open a fault about the part."""
        if self._known.get(part) is not True:
            await self._write(part, lambda connection, now: _down(connection, part, detail, now), known=True)

    async def well(self, part: str) -> None:
        """End it; once after a start also when we know of none, for the process before us may have."""
        if self._known.get(part) is not False:
            await self._write(part, lambda connection, now: _up(connection, part, now), known=False)

    def sent(self, now: int) -> None:
        """A message was accepted of which a receipt should come."""
        if len(self._sent) < UNANSWERED:
            self._sent.append(now)

    def heard(self, now: int) -> None:
        """The webhook was called."""
        self._sent.clear()

    async def look_at_silence(self, app_id: str, now: int) -> None:
        """Whether the webhook is silent although it should not be: Zalo switches it off after failures."""
        if not self._listening:
            return
        heard = await self._office.database.read(_heard, app_id)
        self._sent = [at for at in self._sent if heard is None or at > heard]
        silent = len(self._sent) >= UNANSWERED and now - self._sent[0] > self._silence_ms
        self.trouble = "the webhook is silent" if silent else ""
        if silent:
            await self.tell("webhook", "silent")
        elif heard is not None:
            await self.well("webhook")

    async def _write(self, part: str, change: Callable[[Connection, int], None], *, known: bool) -> None:
        """A fault that cannot be written now is told by the next try; the message it is about counts all the same."""
        try:
            await self._office.database.write_urgently(change, self._office.clock())
        except Exception as error:
            if not is_passing(error):
                raise
            return
        self._known[part] = known
        self._office.wake()


def _down(connection: Connection, part: str, detail: str, now: int) -> None:
    take_turn(connection)
    faults.channel_down(connection, f"zalo_oa/{part}", detail, now)


def _up(connection: Connection, part: str, now: int) -> None:
    take_turn(connection)
    faults.channel_up(connection, f"zalo_oa/{part}", now)


def _heard(connection: Connection, app_id: str) -> int | None:
    query = sa.select(zalo_account.c.heard).where(zalo_account.c.app_id == app_id)
    return connection.execute(query).scalar_one_or_none()
