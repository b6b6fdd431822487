"""`/healthz` and `/metrics`."""

import asyncio
import json

import pytest

from keng_hub.health import Health
from keng_hub.web import healthz
from support.office import Office
from support.visitor import Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _ill() -> Health:
    return Health(False, "kho số đo không trả lời")


async def _hangs() -> Health:
    await asyncio.sleep(60)
    return Health(True, "")


async def _breaks() -> Health:
    raise OSError("/secret/path")


async def test_health_asks_each_part_and_says_how_it_is(office: Office, visitors: Visitors) -> None:
    answer = await (await visitors()).get("/healthz")
    assert answer.status == 200
    assert json.loads(answer.text) == {"ok": True, "parts": {"database": {"ok": True, "detail": "đã ghi và đọc lại"}}}


@pytest.mark.expects_log("health check failed")
async def test_one_part_that_is_not_well_makes_503_and_the_others_still_answer(
    office: Office, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(healthz, "PATIENCE_S", 0.05)
    office.parts |= {"store": _ill, "broker": _hangs, "ingest": _breaks}
    answer = await (await visitors()).get("/healthz")
    assert answer.status == 503
    parts = json.loads(answer.text)["parts"]
    assert parts["database"]["ok"]
    assert parts["store"] == {"ok": False, "detail": "kho số đo không trả lời"}
    assert not parts["broker"]["ok"]
    assert parts["ingest"] == {"ok": False, "detail": "OSError"}


async def test_details_stay_on_the_machine_or_with_a_login(office: Office, visitors: Visitors) -> None:
    await office.add_account("tho", "technician")
    await office.add_account("xem", "observer")
    through_proxy = {"X-Forwarded-For": "203.0.113.9"}
    for person, told in ((await visitors(), False), (await visitors("xem"), False), (await visitors("tho"), True)):
        answer = await person.get("/healthz", **through_proxy)
        assert answer.status == 200
        assert ("parts" in json.loads(answer.text)) is told
        assert (await person.get("/metrics", **through_proxy)).status == (200 if told else 403)


async def test_metrics_are_what_prometheus_reads(office: Office, visitors: Visitors) -> None:
    answer = await (await visitors()).get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "# TYPE keng_messages_total counter" in answer.text
