"""Wake-up calls inside one process: a transaction was committed, so look at the tables again."""

import asyncio


class Wakes:
    """One event a consumer. A consumer does `await event.wait(); event.clear()` and then looks, in this order.

    A wake is a hint, never the work itself: the work is a row. Another process (a second hub, the command line) commits
    without waking anybody here, so every consumer also looks by itself about once a second.
    """

    def __init__(self) -> None:
        self.page = asyncio.Event()
        self.deliveries = asyncio.Event()
        self.commands = asyncio.Event()

    def after_commit(self) -> None:
        """Tell everybody to look. Call it on the event loop, after the commit and never before."""
        self.page.set()
        self.deliveries.set()
        self.commands.set()
