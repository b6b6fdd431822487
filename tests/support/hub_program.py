"""The hub's ingest as a program that tests can kill: `hub_program.py PORT DATABASE-URL`."""

import asyncio
import sys

from keng_hub.database import Database
from keng_hub.downlink import Downlink
from keng_hub.ingest import Ingest
from keng_hub.lane import Lanes
from keng_hub.presence import Presence
from keng_hub.subscriber import Feed, Subscriber, alarm_filters, other_filters
from keng_hub.wakes import Wakes
from support.hub_parts import FakePipeline


async def main(port: int, url: str) -> None:
    """Run until killed."""
    database, wakes, pipeline, lanes = Database(url), Wakes(), FakePipeline(), Lanes(linger_s=0.02)
    feeds = [Feed("hub-alarms", alarm_filters(), lanes.alarms), Feed("hub", other_filters(), lanes.rest)]
    subscriber = Subscriber("127.0.0.1", port, feeds, lanes.offer, first_pause_s=0.05)
    downlink = Downlink(database, subscriber, wakes)
    presence = Presence(database, pipeline, wakes, listening=lambda: subscriber.connected)
    ingest = Ingest(database, downlink, wakes, pipeline, lanes=lanes, presence=presence)
    async with asyncio.TaskGroup() as group:
        for part in (subscriber, downlink, presence, ingest):
            group.create_task(part.run())


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
