"""The weekly report: each Monday one, whatever happens in between; what it says, and whom it is told to."""

import hashlib
import json
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.database import Database
from keng_hub.deliveries.worker import Deliveries
from keng_hub.housekeeping import RULES
from keng_hub.incidents.wording import VIETNAM
from keng_hub.reports.content import gather, written
from keng_hub.reports.need import DAY_MS, of_point
from keng_hub.reports.week import due
from keng_hub.reports.weekly import WeeklyReports
from keng_hub.tables import attempt, delivery, device, node, proof_test, recipient, weekly_report
from keng_hub.wakes import Wakes
from support.scripted_channel import ScriptedChannel
from support.village_rows import Village

MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=VIETNAM)
LINK = "https://keng.xa-mau.example"


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


class Commune(Village):
    """The village with its fire points, and the part that reports; `reports` are its rows."""

    def begin(self) -> None:
        self.now = ms(MONDAY) - 1000
        self.execute(sa.update(device).values(fingerprint="ab" * 32, marks=["unproven"], condition="normal"))
        self.execute(sa.update(node).values(online=True, seen=self.now))
        self.execute(sa.update(recipient).where(recipient.c.id == "truong-thon").values(place="thon-mau"))
        self.part = WeeklyReports(self.database, Wakes(), LINK + "/", self.clock)

    def point(self, key: str, **values: Any) -> None:
        """Change a point's row."""
        self.execute(sa.update(device).where(device.c.id == key).values(**values))

    def select(self, statement: Any) -> list[Any]:
        """What the database holds."""

        def read(connection: Connection) -> list[Any]:
            return list(connection.execute(statement).all())

        found: list[Any] = self.do(read)
        return found

    @property
    def reports(self) -> list[Any]:
        """The reports, oldest first."""
        return self.select(sa.select(weekly_report).order_by(weekly_report.c.first))


@pytest.fixture
def commune(database: Database) -> Commune:
    made = Commune(database)
    made.begin()
    return made


@pytest.mark.parametrize(
    ("now", "first", "code"),
    [
        (datetime(2026, 11, 23, 6, 59), datetime(2026, 11, 9), "BC-2026-T46"),
        (datetime(2026, 11, 23, 7, 0), datetime(2026, 11, 16), "BC-2026-T47"),
        (datetime(2026, 11, 29, 23, 59), datetime(2026, 11, 16), "BC-2026-T47"),
        (datetime(2027, 1, 4, 8, 0), datetime(2026, 12, 28), "BC-2026-T53"),
        (datetime(2027, 1, 11, 8, 0), datetime(2027, 1, 4), "BC-2027-T01"),
    ],
)
def test_a_report_is_due_for_the_last_whole_week_from_monday_morning_on(
    now: datetime, first: datetime, code: str
) -> None:
    week = due(ms(now.replace(tzinfo=VIETNAM)))
    assert (week.first, week.code) == (ms(first.replace(tzinfo=VIETNAM)), code)
    assert week.last - week.first == 7 * DAY_MS


async def test_each_monday_one_report_is_made_and_told_once(commune: Commune) -> None:
    commune.execute(sa.update(node).values(added=ms(MONDAY) - 8 * DAY_MS))
    assert await commune.part.run_once(), "there was a node in the week before the last, which has its report"
    commune.wait(1)
    assert await commune.part.run_once()
    for _ in range(3):
        commune.wait(3600)
        assert not await commune.part.run_once()
        commune.part = WeeklyReports(commune.database, Wakes(), LINK, commune.clock)  # a restart remembers nothing
    assert [row.code for row in commune.reports] == ["BC-2026-T46", "BC-2026-T47"]
    commune.wait(7 * 86_400)
    assert await commune.part.run_once()
    assert [row.code for row in commune.reports][-1] == "BC-2026-T48"


async def test_a_hub_that_was_away_on_monday_reports_when_it_is_back(commune: Commune) -> None:
    commune.wait(3 * 86_400)
    assert await commune.part.run_once()
    (row,) = commune.reports
    assert (row.code, row.made) == ("BC-2026-T47", commune.now)


async def test_before_there_was_a_node_there_is_nothing_to_report(commune: Commune) -> None:
    commune.execute(sa.update(node).values(added=ms(MONDAY) + 3_600_000))
    commune.wait(3 * 86_400)
    assert not await commune.part.run_once()
    commune.wait(7 * 86_400)
    assert await commune.part.run_once()


async def test_a_crash_between_report_and_messages_leaves_neither(
    commune: Commune, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("power cut")

    commune.wait(1)
    with monkeypatch.context() as broken:
        broken.setattr("keng_hub.reports.notice.send", crash)
        with pytest.raises(RuntimeError):
            await commune.part.run_once()
    assert commune.reports == []
    assert await commune.part.run_once()
    assert len(commune.reports) == 1


async def test_the_people_of_the_commune_get_a_notice_with_a_link(commune: Commune) -> None:
    commune.wait(1)
    await commune.part.run_once()
    told = {row.recipient: row for row in commune.select(sa.select(delivery))}
    assert set(told) == {"truc-ban", "man-hinh-truc"}, "the head of one village is not the commune"
    row = told["truc-ban"]
    assert (row.kind, row.category, row.incident) == ("notice", "info", None)
    assert row.body_vi == (
        "BÁO CÁO TUẦN 16/11–22/11 về thiết bị báo cháy: 5/5 điểm chưa nghiệm thu, 0 mất kết nối, 0 tạm ngắt. "
        f"BC-2026-T47 {LINK}/reports/BC-2026-T47"
    )
    assert row.body_ascii.startswith("BAO CAO TUAN 16/11-22/11 ve thiet bi bao chay: 5/5 diem")
    assert "WEEKLY REPORT" in row.body_en
    assert "Nguyễn" not in row.body_vi
    assert {row.state for row in commune.select(sa.select(attempt))} == {"queued"}


async def test_the_notice_goes_out_as_every_message_does(commune: Commune) -> None:
    commune.wait(1)
    await commune.part.run_once()
    channels = {"webhook": ScriptedChannel(), "page": ScriptedChannel()}
    deliveries = Deliveries(commune.database, channels, Wakes(), commune.clock, LINK)
    await deliveries.run_once()
    await deliveries.settled()
    (sent,) = channels["webhook"].sent
    assert (sent.kind, sent.short_code, sent.incident) == ("notice", "BC-2026-T47", None)
    assert sent.body_vi.endswith("/reports/BC-2026-T47")
    assert {row.state for row in commune.select(sa.select(attempt))} == {"accepted"}


async def test_the_content_says_how_each_point_stands_and_who_did_what(commune: Commune) -> None:
    now = commune.now
    proof = {"test": "0" * 16, "at": now - 340 * DAY_MS, "by": "Trần Thị Mẫu", "method": "smoke", "simulated": False}
    off = {"mark": "disabled", "since": now - DAY_MS, "until": now + DAY_MS, "by": "Lê Văn Mẫu", "reason": "hàn cửa"}
    commune.point("khoi-5a", proof=proof, marks=["disabled"], details=[off], supervision="A")
    commune.point("khoi-5b", proof=proof | {"at": now - 366 * DAY_MS}, marks=[], end_of_life=now + 59 * DAY_MS)
    commune.point("khoi-7", marks=["comms_lost", "unproven"], condition="unknown", seen=now - 5 * 3_600_000)
    test = {"node": "ngo-3", "device": "khoi-5a", "begun": now - 3 * DAY_MS, "until": now, "account": 1}
    test |= {"state": "proven", "method": "smoke", "sounder_ms": 31, "hub_ms": 400, "confirmed": now - 3 * DAY_MS}
    commune.execute(sa.insert(proof_test).values(**test, command="a" * 16))
    commune.execute(sa.insert(proof_test).values(**test | {"confirmed": now + DAY_MS}, command="b" * 16))
    commune.wait(1)
    await commune.part.run_once()
    (row,) = commune.reports
    content = json.loads(row.content)
    assert hashlib.sha256(row.content.encode()).hexdigest() == row.sha256
    assert [one["name"] for one in content["villages"]] == ["Thôn Mẫu"]
    points = {point["id"]: point for point in content["villages"][0]["points"]}
    assert points["khoi-5a"]["needs"] == ["disabled", "proof_due"]
    assert points["khoi-5a"]["disabled"] == off
    assert points["khoi-5b"]["needs"] == ["proof_old", "end_near"]
    assert points["khoi-7"]["needs"] == ["silent", "unproven"]
    assert points["khoi-7"]["seen"] == now - 5 * 3_600_000
    (told,) = content["tests"]
    assert (told["id"], told["by"], told["method"]) == ("khoi-5a", "Nguyễn Văn Mẫu", "smoke")
    assert (told["sounder_ms"], told["hub_ms"]) == (31, 400)
    assert content["month_tests"] == 1


async def test_a_silent_node_makes_all_its_points_silent(commune: Commune) -> None:
    commune.execute(sa.update(node).values(online=False))
    commune.execute(sa.update(device).values(condition="unknown"))

    def read(connection: Connection) -> Any:
        return gather(connection, due(commune.now), commune.now)

    content = commune.do(read)
    assert all("silent" in point["needs"] for one in content["villages"] for point in one["points"])
    assert written(content) == written(json.loads(written(content)[0])), "the text is the same whoever writes it"


def _row(**more: Any) -> dict[str, Any]:
    well: dict[str, Any] = {"marks": [], "proof": {"at": 0}, "end_of_life": None, "online": True, "condition": "normal"}
    return well | {"uncertified": False} | more


@pytest.mark.parametrize(
    ("row", "days", "needs"),
    [
        (_row(), 334, []),
        (_row(), 336, ["proof_due"]),
        (_row(), 366, ["proof_old"]),
        (_row(proof=None), 1, ["unproven"]),
        (_row(marks=["unproven"]), 400, ["unproven"]),
        (_row(online=False), 1, ["silent"]),
        (_row(condition="unknown"), 1, ["unknown"]),
        (_row(condition="unknown", marks=["comms_lost"]), 1, ["silent"]),
        (_row(end_of_life=60 * DAY_MS), 0, []),
        (_row(end_of_life=61 * DAY_MS), 2, ["end_near"]),
        (_row(marks=["end_of_life"], end_of_life=0), 1, ["end_of_life"]),
        (_row(marks=["tamper", "low_battery"], uncertified=True), 1, ["fault", "battery", "uncertified"]),
    ],
)
def test_what_a_point_needs(row: dict[str, Any], days: int, needs: list[str]) -> None:
    assert of_point(row, days * DAY_MS) == needs


def test_reports_are_kept_for_five_years() -> None:
    (rule,) = (rule for rule in RULES if rule.table is weekly_report)
    assert rule.days >= 5 * 365


@pytest.mark.expects_log("the weekly report could not be made")
async def test_the_part_says_that_it_is_in_trouble(commune: Commune) -> None:
    class Enough(Exception):
        pass

    naps = 0

    async def sleep(_: float) -> None:
        nonlocal naps
        naps += 1
        if naps == 2:
            raise Enough

    commune.wait(1)
    part = WeeklyReports(commune.database, Wakes(), LINK, commune.clock, sleep)
    commune.execute(sa.text("ALTER TABLE weekly_report RENAME TO gone"))
    with pytest.raises(Enough):
        await part.run()
    assert not (await part.health()).ok
