"""What Prometheus reads."""

from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.engine import Connection

from keng_hub import page_events, quarantine
from keng_hub.database import Database
from keng_hub.metrics import Metrics
from keng_hub.tables import attempt, delivery, recipient
from support.hub_parts import rows
from support.wire_node import AT


async def test_the_exposition_can_be_parsed_and_counts_what_only_tables_know(database: Database) -> None:
    def seed(connection: Connection) -> None:
        quarantine.put(connection, "t", "why", b"1", AT)
        quarantine.put(connection, "t", "why", b"2", AT)
        connection.execute(recipient.insert().values(id="truc", name="Trực", categories=[], ladder=[]))
        one: dict[str, Any] = {"id": 1, "kind": "alarm", "recipient": "truc", "category": "fire", "priority": 0}
        one |= {"body_vi": "-", "body_ascii": "-", "short_code": "SC-1", "ladder": [], "created": AT, "expires": AT}
        connection.execute(delivery.insert().values(one))
        for n in range(2):
            two: dict[str, Any] = {"delivery": 1, "channel": "webhook", "address": "-", "n": n, "state": "queued"}
            connection.execute(attempt.insert().values(two | {"priority": 0, "due": AT, "stamps": {}}))

    database.write_now(seed)
    metrics = Metrics()
    metrics.messages.labels("alarm").inc(3)
    metrics.commits.labels("rest").observe(0.004)
    text = (await metrics.exposition(database)).decode()
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["keng_messages_total", ("message_class", "alarm")] == 3
    assert samples["keng_attempts", ("channel", "webhook"), ("state", "queued")] == 2
    assert samples[("keng_quarantine_rows",)] == 2
    assert samples["keng_commit_seconds_bucket", ("lane", "rest"), ("le", "0.005")] == 1


def test_page_events_are_numbered_replayed_and_pruned_but_for_the_newest(database: Database) -> None:
    def publish(connection: Connection) -> list[int]:
        return [page_events.publish(connection, "node", {"node": str(n)}, AT + n) for n in range(5)]

    published = database.write_now(publish)
    assert published == sorted(set(published))
    after = database.read_now(page_events.since, published[1], 2)
    assert [(event.n, event.data) for event in after] == [(published[2], {"node": "2"}), (published[3], {"node": "3"})]
    assert database.read_now(page_events.newest) == published[4]
    assert database.write_now(page_events.prune, AT + 100) == 4
    assert database.read_now(page_events.newest) == published[4]
    assert database.write_now(publish)[0] > published[4]
    assert rows(database, delivery) == []


def test_no_events_is_number_nought(database: Database) -> None:
    assert database.read_now(page_events.newest) == 0
    assert database.write_now(page_events.prune, AT) == 0
