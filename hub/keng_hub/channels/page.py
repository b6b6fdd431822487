"""The duty screen as a channel: accepted once its event row is written, delivered when a page has shown it."""

from keng_hub import page_events
from keng_hub.channels.channel import Destination, Office, Outcome, Outgoing
from keng_hub.sections import Section


class PageSettings(Section):
    """The page needs no settings and is always there."""


class Page:
    """Puts a numbered event into the queue that open pages follow and replay."""

    Settings = PageSettings

    def __init__(self, settings: PageSettings, office: Office) -> None:
        self._office = office

    async def send(self, message: Outgoing) -> Outcome:
        """Write the event. A message without an incident refreshes the list."""
        name = "incidents" if message.incident is None else "incident"
        data = {} if message.incident is None else {"incident": message.incident}
        n = await self._office.database.write_urgently(page_events.publish, name, data, self._office.clock())
        self._office.wake()
        return Outcome.accepted(str(n))

    def hosts(self) -> list[Destination]:
        """Nothing leaves: who looks is logged in here."""
        return []

    async def close(self) -> None:
        """Nothing to give back."""
