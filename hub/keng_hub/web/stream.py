"""The numbered page events of this process: one reader of the table, one bounded queue for each open page."""

import asyncio
import logging

from keng_hub import page_events
from keng_hub.database import Database
from keng_hub.page_events import PageEvent
from keng_hub.wakes import Wakes

log = logging.getLogger("keng.web.stream")

POLL_S = 1.0
"""Other processes commit events without waking this one."""
QUEUE = 256
SLICE = 500
"""Most events that are read, or replayed to a returning page, at once; a page that missed more fetches all anyway."""


class Subscription:
    """One page's queue. `overflowed` is set when the page was too slow: close it, it comes back with its number.

    What stands at or below `told`, the newest number when the page came, is never handed over: it knows of that.
    """

    def __init__(self) -> None:
        self.told = 0
        self.queue: asyncio.Queue[PageEvent] = asyncio.Queue(QUEUE)
        self.overflowed = asyncio.Event()

    def put(self, event: PageEvent) -> None:
        """Hand over an event, or mark the page as too slow."""
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.overflowed.set()

    async def next(self) -> PageEvent:
        """Wait for the next event that the page does not know of."""
        while (event := await self.queue.get()).n <= self.told:
            pass  # it came while the page did
        return event


class Stream:
    """Reads new events from the table and gives them to every subscription."""

    def __init__(self, database: Database, wakes: Wakes) -> None:
        self._database, self._wakes = database, wakes
        self._subscriptions: set[Subscription] = set()
        self._last: int | None = None

    async def run(self) -> None:
        """Go on for ever; a database that is away is asked again."""
        while True:
            try:
                await self.run_once()
            except Exception:  # pages must come back by themselves, whatever the database did
                log.exception("page events could not be read; trying again")
                await asyncio.sleep(POLL_S)

    async def run_once(self) -> None:
        """Hand out what is new, then wait for a wake or a second."""
        if self._last is None:
            self._last = await self._database.read(page_events.newest)
        while events := await self._database.read(page_events.since, self._last, SLICE):
            for event in events:
                for subscription in self._subscriptions:
                    subscription.put(event)
            self._last = events[-1].n
        try:
            await asyncio.wait_for(self._wakes.page.wait(), POLL_S)
        except TimeoutError:
            return
        self._wakes.page.clear()

    async def subscribe(self, since: int | None) -> tuple[Subscription, list[PageEvent], int]:
        """A queue for what comes, what was missed after `since`, and the newest number that stands between the two."""
        subscription = Subscription()
        self._subscriptions.add(subscription)
        newest = subscription.told = await self._database.read(page_events.newest)
        if since is None or since >= newest or newest - since > SLICE:
            return subscription, [], newest
        missed = await self._database.read(page_events.since, since, SLICE)
        subscription.told = missed[-1].n
        return subscription, missed, subscription.told

    @property
    def newest(self) -> int:
        """The number of the newest event that was handed out; 0 before the first look."""
        return self._last or 0

    def unsubscribe(self, subscription: Subscription) -> None:
        """The page is gone."""
        self._subscriptions.discard(subscription)

    def __len__(self) -> int:
        return len(self._subscriptions)
