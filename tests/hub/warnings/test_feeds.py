"""Warnings in: feeds as they come, good and bad; once each; what renews and what cancels; only what is ours."""

from dataclasses import replace
from typing import Any

import pytest

from keng_hub import tables
from keng_hub.channels.cap_document import Alert, Area, BadCap, Info, stamp, write
from keng_hub.wakes import Wakes
from keng_hub.warnings import feed, rows
from keng_hub.warnings.polling import FAILURES, Warnings
from keng_hub.warnings.rows import Ours
from keng_hub.warnings.settings import WarningsSection
from support.provider import BAD, Call, FakeProvider, Reply
from support.village_rows import START, Village

HOUR = 3_600_000
STORM = Info(
    "vi-VN", ("Met",), "Bão", "Expected", "Severe", "Likely",
    expires=stamp(START + 6 * HOUR), headline="Bão số 9 tiến vào đất liền",
    areas=(Area("Thành phố Hà Nội", geocodes=(("VN_DVHC_XA", "09634"),)),),
)  # fmt: skip
ALERT = Alert("kttv-1", "kttv.example", stamp(START), "Actual", "Alert", "Public", infos=(STORM,))
CANCEL = replace(
    ALERT, identifier="kttv-2", type="Cancel", references=f"kttv.example,kttv-1,{stamp(START)}", infos=()
)  # fmt: skip


def atom(*links: str, inside: bytes = b"") -> str:
    """A feed that leads to alerts, or has one in it."""
    entries = "".join(f'<entry><link type="application/cap+xml" href="{link}"/></entry>' for link in links)
    body = inside.decode().partition("?>")[2]
    entries += f"<entry><content>{body}</content></entry>" if inside else ""
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'


class Watch:
    """A village that reads a feed."""

    def __init__(self, village: Village, url: str, **more: Any) -> None:
        given: dict[str, Any] = {"feeds": [f"{url}/feed"], "private_hosts": ["127.0.0.1"]}
        self.part = Warnings(village.database, Wakes(), WarningsSection.model_validate(given | more), village.clock)

    async def look(self, times: int = 1) -> int:
        new = sum([await self.part.run_once() for _ in range(times)])
        await self.part.close()
        return new


def take(village: Village, alert: Alert, ours: Ours | None = None) -> int | None:
    key: int | None = village.do(rows.take, "kttv.example", alert, ours or Ours(), village.now)
    return key


async def test_a_feed_leads_to_warnings_and_each_is_told_once(village: Village) -> None:
    def answer(call: Call) -> Reply:
        return Reply(atom("/one") if call.path == "/feed" else write(ALERT).decode())

    async with FakeProvider(answer) as provider:
        watch = Watch(village, provider.url)
        assert await watch.look(2) == 1
        assert await Watch(village, provider.url).look() == 0  # after a restart
        assert [call.path for call in provider.calls] == ["/feed", "/one", "/feed", "/feed", "/one"]
    [incident] = village.rows(tables.incident)
    assert (incident.category, incident.cause, incident.severity) == ("info", "warning", "high")
    assert village.rows(tables.warning)[0].incident == incident.id
    assert "cảnh báo thời tiết" in village.letters(incident.id)[0].body_vi
    assert village.do(rows.in_force, village.now)[0]["headline"] == "Bão số 9 tiến vào đất liền"
    assert village.do(rows.in_force, village.now + 7 * HOUR) == []


@pytest.mark.parametrize("behaviour", ["cut off", "half an answer", "no JSON", "server error", "a huge answer"])
async def test_a_feed_that_is_none_is_a_fault_after_a_while_and_no_longer_when_it_answers(
    village: Village, behaviour: str
) -> None:
    async with FakeProvider(lambda call: BAD[behaviour]) as provider:
        watch = Watch(village, provider.url)
        assert await watch.look(FAILURES - 1) == 0
        assert village.rows(tables.incident) == []
        await watch.look(2)
        [fault] = village.rows(tables.incident)
        provider.respond = lambda call: Reply(atom())
        await watch.look()
        assert village.row(tables.incident, fault.id).condition == "cleared"
        assert (await watch.part.health()).detail == "1 feeds, 0 without an answer"


async def test_a_feed_leads_to_no_host_that_is_not_listed(village: Village) -> None:
    async with FakeProvider(
        lambda call: Reply(atom("https://10.0.0.1/x", "http://169.254.169.254/latest"))
    ) as provider:
        assert await Watch(village, provider.url).look() == 0
        assert len(provider.calls) == 1


async def test_one_bad_entry_hides_no_other(village: Village) -> None:
    def answer(call: Call) -> Reply:
        if call.path == "/feed":
            return Reply(atom("/bad", "/good"))
        return Reply("<x/>") if call.path == "/bad" else Reply(write(ALERT).decode())

    async with FakeProvider(answer) as provider:
        watch = Watch(village, provider.url)
        assert await watch.look(2) == 1
        assert [call.path for call in provider.calls].count("/bad") == 1


def test_warnings_stand_in_feeds_by_themselves_and_in_rss() -> None:
    assert feed.read(write(ALERT), "https://x.example/f").alerts == [ALERT]
    assert feed.read(atom(inside=write(ALERT)).encode(), "https://x.example/f").alerts == [ALERT]
    rss = b"<rss><channel><item><link>a/b.xml</link></item><item/></channel></rss>"
    assert feed.read(rss, "https://x.example/f").addresses == ["https://x.example/a/b.xml"]
    for bad in (b"<html/>", b"", b'<!DOCTYPE a [<!ENTITY b "c">]><rss>&b;</rss>'):
        with pytest.raises(BadCap):
            feed.read(bad, "https://x.example/f")


def test_a_renewed_warning_replaces_the_old_one_and_only_a_graver_one_is_told_again(village: Village) -> None:
    take(village, ALERT)
    told = len(village.rows(tables.delivery))
    for n, severity in enumerate(("Severe", "Extreme"), 2):
        village.wait(60)
        before = f"kttv.example,kttv-{n - 1},{stamp(START)}"
        infos = (replace(STORM, severity=severity),)
        take(village, replace(ALERT, identifier=f"kttv-{n}", type="Update", references=before, infos=infos))
        assert (len(village.rows(tables.delivery)) > told) is (severity == "Extreme")
    assert len(village.rows(tables.incident)) == 1
    assert [row.ended is None for row in village.rows(tables.warning)] == [False, False, True]


def test_a_cancelled_warning_ends_and_only_its_sender_may_cancel_it(village: Village) -> None:
    take(village, ALERT)
    take(village, replace(CANCEL, sender="elsewhere.example"))
    assert village.do(rows.in_force, village.now) != []
    take(village, CANCEL)
    assert village.do(rows.in_force, village.now) == []
    assert village.rows(tables.incident)[0].condition == "cleared"


def test_two_warnings_of_one_evening_are_two_incidents(village: Village) -> None:
    take(village, ALERT)
    take(village, replace(ALERT, identifier="kttv-9", infos=(replace(STORM, event="Lũ"),)))
    assert len(village.rows(tables.incident)) == 2


@pytest.mark.parametrize(
    ("ours", "wanted"),
    [
        (Ours(), True),
        (Ours(frozenset({"09634"})), True),
        (Ours(frozenset({"00001"})), False),
        (Ours(words=("hà nội",)), True),
        (Ours(words=("Cà Mau",)), False),
    ],
)
def test_only_what_is_ours_is_told(village: Village, ours: Ours, wanted: bool) -> None:
    assert (take(village, ALERT, ours) is not None) is wanted


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "Draft"},
        {"status": "System"},
        {"type": "Ack"},
        {"infos": ()},
        {"infos": (replace(STORM, expires=stamp(START - HOUR)),)},
    ],
)
def test_what_is_no_warning_or_is_over_is_not_told(village: Village, changed: dict[str, Any]) -> None:
    assert take(village, replace(ALERT, **changed)) is None
    assert village.rows(tables.incident) == []


@pytest.mark.parametrize(("status", "mark"), [("Exercise", "drill"), ("Test", "test")])
def test_an_exercise_is_a_drill_everywhere(village: Village, status: str, mark: str) -> None:
    take(village, replace(ALERT, status=status))
    assert getattr(village.rows(tables.incident)[0], mark) is True


def test_a_warning_without_an_end_is_over_after_a_day_and_huge_texts_are_cut(village: Village) -> None:
    take(village, replace(ALERT, infos=(replace(STORM, expires="", description="x" * 50_000, headline="y" * 900),)))
    [row] = village.rows(tables.warning)
    assert (row.expires - village.now, len(row.description), len(row.headline)) == (24 * HOUR, 8_000, 300)
