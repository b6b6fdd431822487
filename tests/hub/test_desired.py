"""Nodes are told which certificates were taken back, until they say that they know."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from keng_hub.authority import Authority
from keng_hub.database import Database
from keng_hub.desired import AGAIN_MS, Desired, desired
from keng_hub.downlink import Downlink
from keng_hub.revoked import Revoked
from keng_hub.tables import node
from keng_hub.wakes import Wakes
from support.hub_parts import FakePublisher
from support.wire_node import AT

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ROWS: tuple[dict[str, Any], ...] = (
    {"id": "ngo-3", "certificate": "a1", "config_version": 0, "online": True},
    {"id": "ngo-4", "certificate": "a2", "config_version": 0, "online": False},
    {"id": "ngo-5", "certificate": None, "config_version": 0, "online": True},
)


class Office:
    """Three nodes, one of them without a certificate; a broker that keeps what is said."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.broker, self.now = database, FakePublisher(), AT
        self.authority = Authority(folder / "authority")
        self.authority.create("mau", NOW)
        database.write_now(lambda c: c.execute(node.delete()))
        rows = [{"name": row["id"], "added": AT} | row for row in ROWS]
        database.write_now(lambda c: c.execute(node.insert(), rows))
        downlink = Downlink(database, self.broker, Wakes(), clock=lambda: self.now)
        self.desired = Desired(database, downlink, Revoked(self.authority.revocation_file), clock=lambda: self.now)

    def reports(self, name: str, version: int) -> None:
        update = sa.update(node).where(node.c.id == name).values(config_version=version)
        self.database.write_now(lambda c: c.execute(update))

    def told(self) -> dict[str, list[str]]:
        """Node → the serial numbers it was told since the last look; everything is retained."""
        sent, self.broker.sent = self.broker.sent, []
        assert {topic for topic, _ in sent} <= set(self.broker.retained)
        return {topic.split("/")[2]: body["settings"]["revoked"] for topic, body in sent}


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    return Office(database, tmp_path)


async def test_while_nothing_was_taken_back_nobody_is_told_anything(office: Office) -> None:
    await office.desired.look()
    assert office.told() == {}


async def test_every_node_with_a_certificate_is_told_once_and_again_with_the_next_one(office: Office) -> None:
    office.authority.revoke(["c0ffee"], NOW)
    await office.desired.look()
    assert office.told() == {"ngo-3": ["c0ffee"], "ngo-4": ["c0ffee"]}
    await office.desired.look()
    assert office.told() == {}
    office.authority.revoke(["beef"], NOW)
    await office.desired.look()
    assert office.told() == {"ngo-3": ["c0ffee", "beef"], "ngo-4": ["c0ffee", "beef"]}


async def test_a_node_that_is_there_and_does_not_know_is_told_again_until_it_does(office: Office) -> None:
    office.authority.revoke(["c0ffee"], NOW)
    await office.desired.look()
    office.told()
    office.now += AGAIN_MS
    await office.desired.look()
    assert office.told() == {"ngo-3": ["c0ffee"]}, "ngo-4 is away and has it waiting at the broker"
    office.reports("ngo-3", desired(["c0ffee"]).version)
    office.now += AGAIN_MS
    await office.desired.look()
    assert office.told() == {}


async def test_without_a_connection_it_is_told_as_soon_as_there_is_one(office: Office) -> None:
    office.authority.revoke(["c0ffee"], NOW)
    office.broker.up = False
    await office.desired.look()
    office.broker.up = True
    await office.desired.look()
    assert set(office.told()) == {"ngo-3", "ngo-4"}


async def test_a_new_authority_takes_the_old_list_back(office: Office) -> None:
    office.reports("ngo-3", desired(["c0ffee"]).version)
    await office.desired.look()
    assert office.told() == {"ngo-3": []}


async def test_only_the_newest_are_told(office: Office) -> None:
    office.authority.revoke([f"{n:x}" for n in range(1, 1_003)], NOW)
    await office.desired.look()
    told = office.told()["ngo-3"]
    assert (len(told), told[0], told[-1]) == (1_000, "3", "3ea")


async def test_a_list_that_cannot_be_read_is_said(office: Office) -> None:
    office.authority.revocation_file.unlink()
    with pytest.raises(OSError, match=r"ca\.crl"):
        await office.desired.look()
