"""What is past its days goes in the night, with a proof; what an incident holds stays."""

import asyncio
import contextlib
import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import tables
from keng_hub.database import Database
from keng_hub.incidents import actions
from keng_hub.incidents.errors import Refused
from keng_hub.incidents.states import Verdict
from keng_hub.media import deletions, holds, rows
from keng_hub.media.files import Files
from keng_hub.media.purge import VIETNAM, Purge, until_night
from keng_hub.media.settings import CameraDays, MediaSection
from keng_wire.alarm import Phase
from keng_wire.event import Snapshot
from support.media_hub import JPEG, announced
from support.village_rows import DUTY, EXPLAINED, START, Village

DAY_S = 86_400
OCCURRENCE = b"a".hex().rjust(16, "0")


class Office:
    """A village with an endpoint's files, and a purge whose nights pass as fast as it sleeps."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.village = Village(database)
        self.files = Files(folder / "media")
        self.files.prepare()
        self.section = MediaSection(keep_days=30, cameras=[CameraDays(camera="ngo-3/cam-2", keep_days=7)])
        self.nights: list[int] = []
        self.end, self.over = 0, asyncio.Event()
        self.purge = Purge(self.village.database, self.files, self.section, self.village.clock, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        if self.village.now >= self.end:
            self.over.set()
            await asyncio.Event().wait()
        self.nights.append(self.village.wait(seconds))

    def keep(self, device: str = "cam-1", occurrence: str = OCCURRENCE, data: bytes = JPEG) -> int:
        """A stored still, taken now; its row."""
        media = announced(data, device=device, occurrence=occurrence)
        self.village.do(rows.announce, "ngo-3", media, self.village.now, self.village.now)
        row = self.village.do(rows.find, "ngo-3", occurrence, media.sha256)
        name = self.files.fresh_name("2026-11")
        self.files.append(name, 0, data)
        self.village.do(rows.store, row.id, self.files.finish(name, ".jpg"), self.village.now)
        return int(row.id)

    def state(self, id_: int) -> str:
        return str(self.village.row(tables.media, id_).state)

    @property
    def on_disk(self) -> int:
        return len(list(self.files.folder.rglob("*.jpg")))

    def proofs(self) -> list[sa.Row[Any]]:
        return self.village.rows(tables.media_deletion)

    async def pass_days(self, days: int) -> None:
        """The purge works night by night."""
        self.end, self.over = self.village.now + days * DAY_S * 1000, asyncio.Event()
        task = asyncio.create_task(self.purge.run())
        await self.over.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    def close_incident(self, incident: int) -> None:
        self.village.alarm(phase=Phase.RESET, by="Nguyễn Văn Mẫu", reason="đã kiểm tra")
        self.village.act(actions.acknowledge, incident, DUTY)
        self.village.act(actions.give_verdict, incident, DUTY, Verdict.FALSE_ALARM, "khói bếp")
        self.village.act(actions.close, incident, DUTY, None, "khói bếp", ended=EXPLAINED)


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    """On SQLite and on PostgreSQL."""
    return Office(database, tmp_path)


def test_the_purge_works_at_half_past_two_of_the_village() -> None:
    for at in (START, START + 11 * 3_600_000):
        night = datetime.fromtimestamp(at / 1000 + until_night(at), VIETNAM)
        assert (night.hour, night.minute) == (2, 30)
        assert 0 < until_night(at) <= DAY_S


async def test_each_camera_is_forgotten_after_its_own_days_with_a_proof(office: Office) -> None:
    long, short = office.keep("cam-1"), office.keep("cam-2", data=JPEG + b"2")
    await office.pass_days(6)
    assert (office.state(long), office.state(short), office.on_disk) == ("stored", "stored", 2)
    await office.pass_days(3)
    assert (office.state(long), office.state(short), office.on_disk) == ("stored", "deleted", 1)
    await office.pass_days(20)
    assert (office.state(long), office.on_disk) == ("stored", 1)
    await office.pass_days(2)
    assert (office.state(long), office.on_disk) == ("deleted", 0)
    assert len(office.nights) > 30
    first, second = office.proofs()
    assert (first.device, first.days, first.sha256) == ("cam-2", 7, hashlib.sha256(JPEG + b"2").hexdigest())
    assert (second.device, second.days, second.kind, second.at, second.size) == ("cam-1", 30, "still", START, len(JPEG))
    assert second.deleted in office.nights


async def test_an_open_incident_and_a_hold_keep_media_past_their_days(office: Office) -> None:
    incident = office.village.alarm()
    kept = office.keep()
    await office.pass_days(40)
    assert office.state(kept) == "stored"
    office.village.act(holds.hold, incident, DUTY, "công an yêu cầu giữ")
    office.close_incident(incident)
    await office.pass_days(40)
    assert office.state(kept) == "stored"
    office.village.act(holds.let_go, incident, DUTY, "vụ việc đã xong")
    await office.pass_days(2)
    assert (office.state(kept), office.on_disk) == ("deleted", 0)
    said = office.village.entries(incident, "hold")
    assert said == [{"on": True, "reason": "công an yêu cầu giữ"}, {"on": False, "reason": "vụ việc đã xong"}]


def test_a_hold_needs_a_reason_and_is_one(office: Office) -> None:
    incident = office.village.alarm()
    with pytest.raises(Refused, match="reason"):
        office.village.act(holds.hold, incident, DUTY, " ")
    with pytest.raises(Refused):
        office.village.act(holds.let_go, incident, DUTY, "không có gì để thả")
    office.village.act(holds.hold, incident, DUTY, "lý do")
    with pytest.raises(Refused):
        office.village.act(holds.hold, incident, DUTY, "lý do khác")


async def test_the_first_sight_in_the_database_goes_with_the_rest(office: Office) -> None:
    body = {"kind": "snapshot", "device": "cam-1", "occurrence": OCCURRENCE, "width": 2, "height": 2, "jpeg": "/9g="}
    office.village.event(Snapshot.model_validate_json(Snapshot(**body, sha256="0" * 64).model_dump_json()))  # type: ignore[arg-type]  # pydantic reads text
    await office.pass_days(32)
    assert office.village.rows(tables.snapshot) == []
    [proof] = office.proofs()
    assert (proof.kind, proof.sha256, proof.size) == ("snapshot", "0" * 64, 2)


async def test_no_line_of_the_proof_can_be_changed_or_taken_out_alone(office: Office) -> None:
    for number in range(3):
        office.keep(data=JPEG + bytes([number]))
    await office.pass_days(32)
    assert office.village.do(deletions.broken_at) is None
    table = tables.media_deletion
    office.village.execute(sa.update(table).where(table.c.id == 2).values(sha256="f" * 64))
    assert office.village.do(deletions.broken_at) == 2
    office.village.execute(sa.delete(table).where(table.c.id == 2))
    assert office.village.do(deletions.broken_at) == 3


async def test_a_crash_between_file_and_row_is_made_good_in_the_next_night(office: Office) -> None:
    kept = office.keep()
    office.files.delete(office.village.row(tables.media, kept).file)
    await office.pass_days(32)
    assert office.state(kept) == "deleted"
    assert len(office.proofs()) == 1


async def test_files_that_no_row_knows_go_when_they_are_old(office: Office) -> None:
    kept = office.keep()
    for name in ("quarantine/1.part", "2026-11/stray.jpg"):
        file = office.files.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"x")
        os.utime(file, (START / 1000, START / 1000))
    fresh = office.files.folder / "quarantine/2.part"
    fresh.write_bytes(b"x")
    os.utime(fresh, (START / 1000 + 31 * DAY_S, START / 1000 + 31 * DAY_S))
    await office.pass_days(31)
    assert office.state(kept) == "deleted"
    assert [file.name for file in office.files.folder.rglob("*.*")] == ["2.part"]


@pytest.mark.expects_log("could not be deleted")
async def test_a_disk_that_refuses_is_told_and_tried_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = office.keep()

    def refuse(self: Files, name: str) -> None:
        raise OSError("read-only")

    with monkeypatch.context() as patch:
        patch.setattr(Files, "delete", refuse)
        await office.pass_days(32)
        assert not (await office.purge.health()).ok
        assert office.state(kept) == "stored"
        assert office.proofs() == []
    await office.pass_days(1)
    assert office.state(kept) == "deleted"


def _execute(connection: Connection, statement: sa.Executable) -> None:
    connection.execute(statement)


def _of_a_house(office: Office, **values: Any) -> None:
    now = office.village.now
    row: dict[str, Any] = {"node": "ngo-3", "device": "cam-1", "code": "c0de", "state": "withdrawn"}
    row |= {"camera_class": "household", "facts": {}, "added": now, "changed": now} | values
    said: dict[str, Any] = {
        "node": "ngo-3",
        "device": "cam-1",
        "account": DUTY,
        "at": now,
        "given_by": "x",
        "given": "2026-11-01",
    }
    said |= {"neighbours_masked": True, "withdrawn": now}
    office.village.do(_execute, tables.camera.insert().values(**row))
    office.village.do(_execute, tables.camera_consent.insert().values(**said))


async def test_what_a_house_took_its_consent_back_for_goes_in_the_next_night(office: Office) -> None:
    before = office.keep()
    _of_a_house(office)
    office.village.wait(60)
    after = office.keep(data=JPEG + b"after")
    await office.pass_days(1)
    assert (office.state(before), office.state(after)) == ("deleted", "stored")
    assert office.proofs()[0].days == 0


async def test_the_days_of_a_cameras_record_come_before_those_of_the_file(office: Office) -> None:
    still = office.keep()
    _of_a_house(office, facts={"keep_days": 2})
    office.village.do(_execute, tables.camera_consent.delete())
    await office.pass_days(1)
    assert office.state(still) == "stored"
    await office.pass_days(2)
    assert office.state(still) == "deleted"
