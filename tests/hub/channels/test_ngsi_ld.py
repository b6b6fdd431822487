"""Alerts in the city's context broker: one entity an incident, its words, its end, its refusals."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from keng_hub.channels.channel import ErrorClass, Office, Outcome, Result
from keng_hub.channels.ngsi_ld import CONTEXT, NgsiLd, NgsiLdSettings
from keng_hub.tables import incident
from keng_wire.alarm import Category, Cause, Evidence
from support.messages import message
from support.provider import BAD, Call, FakeProvider, Reply
from support.village_rows import START, Village, opened


@pytest.fixture
def village(sqlite_url: str) -> Iterator[Village]:
    """On SQLite alone: where databases differ is seen with the ledger."""
    with opened(sqlite_url) as one:
        yield one


class Broker:
    """A village that tells a broker."""

    def __init__(self, village: Village, url: str, **settings: Any) -> None:
        given: dict[str, Any] = {"broker": url, "hub": "xa-mau", "lan": True, "timeout_s": 0.5}
        office = Office(village.database, village.clock, lambda: None)
        self.channel = NgsiLd(NgsiLdSettings.model_validate(given | settings), office)

    async def tell(self, kind: str = "alarm", **changed: Any) -> Outcome:
        return await self.channel.send(message(**{"incident": 1, "kind": kind} | changed))


def entities(call: Call) -> list[dict[str, Any]]:
    """The list in the body."""
    found: list[dict[str, Any]] = json.loads(call.body)
    return found


async def test_an_incident_is_one_entity_from_its_beginning_to_its_end(village: Village) -> None:
    village.alarm()
    async with FakeProvider(lambda call: Reply("", status=204)) as provider:
        broker = Broker(village, provider.url, tenant="codo")
        outcome = await broker.tell()
        await broker.tell("all_clear")
        await broker.channel.close()
    assert (outcome.result, outcome.provider_id) == (Result.ACCEPTED, "urn:ngsi-ld:Alert:xa-mau:SC-2026-0001")
    first, last = provider.calls
    assert (first.path, first.headers["NGSILD-Tenant"]) == ("/ngsi-ld/v1/entityOperations/upsert", "codo")
    assert first.headers["Content-Type"] == "application/ld+json"
    [entity] = entities(first)
    assert (entity["type"], entity["@context"]) == ("Alert", [CONTEXT])
    assert entity["category"] == {"type": "Property", "value": "security"}
    assert (entity["subCategory"]["value"], entity["severity"]["value"]) == ("fireRisk", "critical")
    assert entity["validFrom"]["value"] == "2026-11-18T18:06:39+07:00"
    assert "validTo" not in entity
    [ended] = entities(last)
    assert (ended["id"], "validTo" in ended) == (entity["id"], True)


async def test_an_alarm_that_arrives_after_the_end_leaves_it_there(village: Village) -> None:
    village.alarm()
    async with FakeProvider(lambda call: Reply("", status=204)) as provider:
        broker = Broker(village, provider.url)
        village.execute(sa.update(incident).values(state="closed", closed=START + 600_000))
        await broker.tell("all_clear", sent=START + 600_000)
        await broker.tell("alarm")
        village.execute(sa.update(incident).values(state="contained", closed=None, changed=START + 300_000))
        await broker.tell("alarm")
        village.execute(sa.update(incident).values(state="reopened"))
        await broker.tell("alarm")
        await broker.channel.close()
    ends = [entities(call)[0].get("validTo", {}).get("value") for call in provider.calls]
    assert ends[0] == ends[1] == "2026-11-18T18:16:40+07:00"
    assert ends[2:] == ["2026-11-18T18:11:40+07:00", None]


@pytest.mark.parametrize("behaviour", ["cut off", "half an answer", "too slow", "server error", "bad gateway"])
async def test_a_bad_answer_may_still_have_arrived(village: Village, behaviour: str) -> None:
    village.alarm()
    async with FakeProvider(lambda call: BAD[behaviour]) as provider:
        broker = Broker(village, provider.url)
        outcome = await broker.tell()
        provider.respond = lambda call: Reply("", status=204)
        again = await broker.tell()
        await broker.channel.close()
    assert (outcome.error_class, outcome.uncertain) == (ErrorClass.TRANSIENT, True)
    assert again.result is Result.ACCEPTED
    first, second = (entities(call)[0] for call in provider.calls)
    assert first == second, "sent again it is the same entity, not another one"


async def test_a_broker_that_wants_fewer_calls_says_when_to_come_again(village: Village) -> None:
    village.alarm()
    async with FakeProvider(lambda call: Reply("", status=429, headers={"Retry-After": "7"})) as provider:
        broker = Broker(village, provider.url)
        outcome = await broker.tell()
        await broker.channel.close()
    assert (outcome.error_class, outcome.retry_after_ms) == (ErrorClass.TRANSIENT, 7000)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"evidence": Evidence.PERSON, "cause": Cause.MANUAL_CALL_POINT}, ("security", "buildingFire")),
        ({"category": Category.SECURITY, "cause": Cause.INTRUSION}, ("security", "suspiciousAction")),
        ({"category": Category.MEDICAL, "cause": Cause.SOS_BUTTON}, ("health", "fallenPatient")),
    ],
)
async def test_each_kind_has_its_words(village: Village, body: dict[str, Any], kind: tuple[str, str]) -> None:
    village.alarm(**body)
    async with FakeProvider(lambda call: Reply("", status=201)) as provider:
        broker = Broker(village, provider.url)
        await broker.tell(drill=True)
        await broker.channel.close()
    [entity] = entities(provider.calls[0])
    assert (entity["category"]["value"], entity["subCategory"]["value"]) == kind
    assert (entity["severity"]["value"], entity["data"]["value"]["drill"]) == ("informational", True)


async def test_a_fault_is_the_state_of_a_device_and_no_alert(village: Village) -> None:
    village.alarm(category=Category.FAULT, cause=Cause.OTHER)
    async with FakeProvider() as provider:
        broker = Broker(village, provider.url)
        assert (await broker.tell()).error_code == "no_alert"
        assert (await broker.tell(incident=None)).error_code == "no_alert"
        await broker.channel.close()
    assert provider.calls == []


@pytest.mark.parametrize(
    ("reply", "error_class"),
    [
        (Reply({"errors": []}, status=207), ErrorClass.PARAMS),
        (Reply("", status=401), ErrorClass.PERMISSION),
        (Reply("", status=404), ErrorClass.UNREACHABLE),
        (BAD["cut off"], ErrorClass.TRANSIENT),
        (BAD["server error"], ErrorClass.TRANSIENT),
    ],
)
async def test_a_refusal_has_its_class(village: Village, reply: Reply, error_class: ErrorClass) -> None:
    village.alarm()
    async with FakeProvider(lambda call: reply) as provider:
        broker = Broker(village, provider.url)
        assert (await broker.tell()).error_class is error_class
        checked = await broker.channel.check()
        assert checked.error_class is (None if reply.status == 207 else error_class)
        await broker.channel.close()
