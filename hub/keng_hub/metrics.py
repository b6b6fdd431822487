"""What the hub counts about itself, as Prometheus reads it (text exposition format 0.0.4)."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from keng_hub.database import Database
from keng_hub.tables import attempt, quarantine

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)


class Metrics:
    """One registry of the process; the parts add to it, `/metrics` reads it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.messages = self._count("keng_messages", "Messages committed, by class.", "message_class")
        self.duplicates = self._count("keng_duplicates", "Messages that had been committed before.")
        self.quarantined = self._count("keng_quarantined", "Messages kept aside.")
        self.rescued = self._count("keng_rescued", "Alarms made of messages that could not be read whole.")
        self.failures = self._count("keng_commit_failures", "Transactions that did not commit.", "lane")
        self.batches = self._spread("keng_batch_messages", "Messages a transaction.", SIZES)
        self.commits = self._spread("keng_commit_seconds", "From the batch to its commit.", SECONDS)
        self.waiting = self._level("keng_queue_messages", "Messages waiting for a transaction.", "lane")
        self.waiting_bytes = self._level("keng_queue_bytes", "Bytes waiting for a transaction.", "lane")
        self.forward_rows = self._level("keng_forward_lag_messages", "Reading messages not in the store yet.")
        self.forward_seconds = self._level("keng_forward_lag_seconds", "Age of the oldest of them.")
        self.nodes_online = self._level("keng_nodes_online", "Nodes that are there.")
        self._attempts = self._level("keng_attempts", "Attempts to tell somebody, by state.", "channel", "state")
        self._kept_aside = self._level("keng_quarantine_rows", "Different messages in quarantine.")

    def _count(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(name, words, labels, registry=self.registry)

    def _level(self, name: str, words: str, *labels: str) -> Gauge:
        return Gauge(name, words, labels, registry=self.registry)

    def _spread(self, name: str, words: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(name, words, ["lane"], buckets=buckets, registry=self.registry)

    async def exposition(self, database: Database) -> bytes:
        """Everything as text, with what only the tables know."""
        attempts, kept_aside = await database.read(_counts)
        self._attempts.clear()
        for (channel, state), count in attempts.items():
            self._attempts.labels(channel, state).set(count)
        self._kept_aside.set(kept_aside)
        return generate_latest(self.registry)


def _counts(connection: Connection) -> tuple[dict[tuple[str, str], int], int]:
    query = select(attempt.c.channel, attempt.c.state, func.count()).group_by(attempt.c.channel, attempt.c.state)
    attempts = {(channel, state): count for channel, state, count in connection.execute(query)}
    return attempts, connection.execute(select(func.count()).select_from(quarantine)).scalar_one()
