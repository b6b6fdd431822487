"""The receivers that the ingest benchmark compares, each a process of its own: `python -m benchmarks.receivers KIND`.

hub: subscriber, ingest, forwarder, judge of meters and embedded store as `keng-hub run` puts them together. Three that
only count: bare is the library the hub uses (gmqtt) as it comes, paho the one that nodes use, reader the hub's own
subscriber, which reads gmqtt's packets in a quicker way. naive: that subscriber, each message checked and committed
alone.
"""

import argparse
import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import gmqtt  # type: ignore[import-untyped]  # it brings no types
import paho.mqtt.client as paho_mqtt
import sqlalchemy as sa
from benchmarks.load import NODES, Count, node
from sqlalchemy.engine import Connection

from keng_hub.database import Database
from keng_hub.downlink import Downlink
from keng_hub.forward import Forwarder
from keng_hub.garbage import collect_rarely
from keng_hub.incidents import pipeline
from keng_hub.ingest import Ingest
from keng_hub.lane import Lanes
from keng_hub.meterdata.judge import Judge
from keng_hub.metrics import Metrics
from keng_hub.presence import Presence
from keng_hub.store import Store
from keng_hub.store.influx import InfluxStore
from keng_hub.store.sqlite import SqliteStore
from keng_hub.subscriber import Feed, Subscriber, alarm_filters, other_filters
from keng_hub.tables import cursor, metadata
from keng_hub.tables import node as node_table
from keng_hub.upsert import insert
from keng_hub.wakes import Wakes
from keng_wire.message import parse
from keng_wire.topics import MessageClass, parse_up

KINDS = ("hub", "bare", "paho", "reader", "naive")


class Always:
    """A queue with room for everything."""

    def __init__(self) -> None:
        self.room = asyncio.Event()
        self.room.set()


async def hub(port: int, folder: Path, progress: Count, stored: Count, influx: str | None) -> None:
    """Count what is committed in `progress` and the messages that are in the store in `stored`."""
    database = Database(f"sqlite:///{folder / 'hub.db'}")
    database.write_now(_prepare)
    wakes, metrics, lanes = Wakes(), Metrics(), Lanes()
    feeds = [Feed("hub-alarms", alarm_filters(), lanes.alarms), Feed("hub", other_filters(), lanes.rest)]
    subscriber = Subscriber("127.0.0.1", port, feeds, lanes.offer)
    downlink = Downlink(database, subscriber, wakes)
    presence = Presence(database, pipeline, wakes, listening=lambda: subscriber.connected, metrics=metrics)
    ingest = Ingest(database, downlink, wakes, pipeline, lanes=lanes, presence=presence, metrics=metrics)

    committed = metrics.registry.restricted_registry(["keng_messages_total"])

    async def count_committed() -> None:
        while True:  # often: what is not counted yet stands in the window of the load as if it were under way
            progress.set(int(sum(sample.value for metric in committed.collect() for sample in metric.samples)))
            await asyncio.sleep(0.01)

    async def count_stored() -> None:
        while True:
            stored.set(await database.read(_position))
            await asyncio.sleep(0.05)

    opened: Store = InfluxStore(influx, api="v1") if influx else SqliteStore(folder / "readings.db")
    async with opened as store:
        forwarder = Forwarder(database, store, metrics)
        judge = Judge(database, store)
        parts = (
            subscriber.run,
            ingest.run,
            downlink.run,
            presence.run,
            forwarder.run,
            judge.run,
            count_committed,
            count_stored,
        )
        collect_rarely()
        await _together(parts, lambda: subscriber.connected)


async def bare(port: int, progress: Count) -> None:
    """Count what gmqtt receives."""
    received = 0

    def on_message(*_: object) -> int:
        nonlocal received
        received += 1
        progress.set(received)
        return 0

    client: Any = gmqtt.Client("bare", receive_maximum=1_000)
    client.on_message = on_message
    await client.connect("127.0.0.1", port)
    client.subscribe([gmqtt.Subscription(each, qos=1) for each in other_filters()])
    await asyncio.sleep(0.5)
    print("ready", flush=True)
    await asyncio.Event().wait()


def paho(port: int, progress: Count) -> None:
    """Count what paho-mqtt receives."""
    received = 0

    def on_message(*_: object) -> None:
        nonlocal received
        received += 1
        progress.set(received)

    client = paho_mqtt.Client(paho_mqtt.CallbackAPIVersion.VERSION2, "paho", protocol=paho_mqtt.MQTTv5)
    client.on_message = on_message
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.connect("127.0.0.1", port)
    client.subscribe([(each, paho_mqtt.SubscribeOptions(qos=1)) for each in other_filters()])
    client.loop_forever()


async def reader(port: int, progress: Count) -> None:
    """Count what the hub's own subscriber receives."""
    received = 0

    def offer(_topic: str, _payload: bytes, _received: int, _retained: bool) -> None:
        nonlocal received
        received += 1
        progress.set(received)

    subscriber = Subscriber("127.0.0.1", port, [Feed("reader", other_filters(), Always())], offer)
    await _together((subscriber.run,), lambda: subscriber.connected)


async def naive(port: int, folder: Path, progress: Count) -> None:
    """Check, insert and commit each message by itself, in the order they come."""
    connection = sqlite3.connect(folder / "naive.db")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    columns = "id INTEGER PRIMARY KEY, node, class, number, payload, UNIQUE(node, class, number)"
    connection.execute(f"CREATE TABLE journal ({columns})")
    committed = 0

    def offer(topic: str, payload: bytes, _received: int, _retained: bool) -> None:
        nonlocal committed
        name, leaf = parse_up(topic)
        message = parse(MessageClass(leaf.value), name, payload)
        with connection:
            row = (name, leaf.value, message.number, payload)
            connection.execute("INSERT OR IGNORE INTO journal (node, class, number, payload) VALUES (?, ?, ?, ?)", row)
        committed += 1
        progress.set(committed)

    subscriber = Subscriber("127.0.0.1", port, [Feed("naive", other_filters(), Always())], offer)
    await _together((subscriber.run,), lambda: subscriber.connected)


async def _together(parts: tuple[Callable[[], Awaitable[None]], ...], ready: Callable[[], bool]) -> None:
    tasks = [asyncio.ensure_future(part()) for part in parts]
    while not ready():
        await asyncio.sleep(0.01)
    print("ready", flush=True)
    await asyncio.gather(*tasks)


def _prepare(connection: Connection) -> None:
    metadata.create_all(connection)
    now = time.time_ns() // 1_000_000
    rows = [{"id": node(n), "name": node(n), "added": now} for n in range(NODES)]
    connection.execute(insert(connection, node_table).on_conflict_do_nothing(), rows)


def _position(connection: Connection) -> int:
    return connection.execute(sa.select(cursor.c.position).where(cursor.c.name == "store")).scalar() or 0


def main() -> None:
    """Run one receiver until it is killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--influx", metavar="URL", help="an InfluxDB 1.x as the hub's store")
    arguments = parser.parse_args()
    progress, stored = Count(arguments.folder / "progress"), Count(arguments.folder / "stored")
    if arguments.kind == "hub":
        asyncio.run(hub(arguments.port, arguments.folder, progress, stored, arguments.influx))
    elif arguments.kind == "bare":
        asyncio.run(bare(arguments.port, progress))
    elif arguments.kind == "paho":
        paho(arguments.port, progress)
    elif arguments.kind == "reader":
        asyncio.run(reader(arguments.port, progress))
    else:
        asyncio.run(naive(arguments.port, arguments.folder, progress))


if __name__ == "__main__":
    main()
