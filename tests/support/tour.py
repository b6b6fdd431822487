"""A tour of the hub: an office where something stands on each page, and every page with who looks at it."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from aiohttp import FormData
from pyotp.totp import TOTP
from sqlalchemy.engine import Connection

from keng_hub import second_factors
from keng_hub.cameras import registry
from keng_hub.cameras.registry import CameraKey
from keng_hub.notices import sending
from keng_hub.people import assets, codes, homes
from keng_hub.people.assets import AssetKind, Thing
from keng_hub.people.states import CodeKind
from keng_hub.reports.week import due
from keng_hub.reports.weekly import WeeklyReports
from keng_hub.second_factors import Seal
from keng_hub.tables import account, answer_link, contact, dead_stretch, device, session
from keng_hub.web import languages, sessions
from support.busy_office import OUTAGE, busy
from support.homes import add_home
from support.joined import Joined
from support.kept_media import keep
from support.media_hub import JPEG
from support.meter_office import furnish, yesterday
from support.office import PASSWORD, Office, add_readings, opened
from support.visitor import Answer, Visitor, Visitors

PEOPLE = {"truc": "duty", "bao-ve": "security_team", "dpo": "dpo", "hai": "observer", "khoa": "duty"}
READINGS = "Công tơ;Ngày;Chỉ số (kWh)\ncong-to-1;20/11/2026;1.234,5\ncong-to-1;?;1\nXYZ;20/11/2026;5\n"
HOUSES = "Nhà;SĐT\nNhà 2;0912345678\nNhà 10;x\n"


class Stop(NamedTuple):
    """A page and who looks at it: a login name, `home` for a joined household, '' for a stranger."""

    path: str
    who: str = "truc"
    form: dict[str, str] | None = None
    """What is sent, where the page is the answer to a form."""
    status: int = 200


class Tour(NamedTuple):
    """The office, the cookie of each person, and the stops."""

    office: Office
    cookies: dict[str, tuple[str, str]]
    stops: list[Stop]


@asynccontextmanager
async def prepared(database_url: str, folder: Path) -> AsyncGenerator[Tour]:
    """Fill an office once, for all who walk through it."""
    async with opened(database_url, folder) as office, AsyncExitStack() as stack:
        await Joined(office).open()
        for name, role in PEOPLE.items():
            await office.add_account(name, role)
        visitors = Visitors(office, stack)
        stops = await _fill(office, await visitors("truc"), await visitors("dpo"), await visitors())
        yield Tour(office, await office.database.write(_cookies, office), stops)


async def _fill(office: Office, duty: Visitor, guardian: Visitor, resident: Visitor) -> list[Stop]:
    await _alarms(office)
    incident, report, board = await busy(office, duty, guardian)
    week = f"/reports/{due(office.clock()).code}"
    assert await WeeklyReports(office.database, office.wakes, office.url, office.clock).run_once()
    told = await duty.post(f"/incidents/{incident}/residents", {"scope": "ngo-3"})
    assert told.status == 303, told.text
    while await office.database.write(sending.slice_of, 2, office.url, office.clock()):
        pass
    form = (await resident.get(f"/r/{board}")).text.partition('name="form" value="')[2].partition('"')[0]
    seen = FormData({"category": "security", "text": "có người lạ ở ngõ", "form": form}, default_to_multipart=True)
    reported = await resident.post(f"/r/{board}", seen)
    assert reported.status == 303, reported.text
    found = await office.database.write(_codes, office.clock())
    stops = _staff(office, incident, [report, week], await _files(office, duty))
    residents = ("/j", f"/j/{found['paper']}", f"/b/{board}", f"/r/{board}", reported.location, f"/n/{found['camera']}")
    stops += [Stop(path, "") for path in (*residents, f"/a/{found['answer']}", "/offline", "/login", "/wall")]
    return [
        *stops,
        Stop("/home", "home"),
        Stop("/home/notices", "home"),
        Stop("/home", ""),
        Stop("/login/second", "hai"),
        Stop("/unlock", "khoa"),
    ]


async def _alarms(office: Office) -> None:
    """One of each kind and severity, readings of meters, and a device that is dead."""
    still = {"category": "security", "severity": "medium", "cause": "intrusion"}
    await office.raise_alarm("ngo-3", "cam-ngo", **still)
    await keep(office, 1, JPEG, media="still", moment="begin")
    await keep(office, 1, b"\0\0\0\x18ftypmp42 no film", media="clip", duration=1_000)
    await office.raise_alarm("ngo-9", "cong-to-9", category="info", severity="info", cause="other", drill=True)
    await office.raise_alarm("ngo-9", "khoi-9", category="fault", severity="low", cause="other")
    await office.raise_alarm("ngo-9", "khoi-9", category="security", severity="high", cause="contact")
    await office.raise_alarm("ngo-3", "nut-ngo", at=office.clock() - 20 * 60_000)
    await add_readings(office, minutes=600, step=10, gap=range(100, 200))
    await furnish(office)
    await office.database.write(_devices, office.clock())


def _devices(connection: Connection, now: int) -> None:
    values = {"fingerprint": "ab" * 32, "marks": ["unproven"], "details": [{"mark": "unproven"}]}
    connection.execute(sa.update(device).where(device.c.id == "khoi-bep").values(**values))
    dead = {"node": "ngo-3", "device": "cam-ngo", "begun": now - 7_200_000, "finding": "tamper"}
    connection.execute(sa.insert(dead_stretch).values(**dead))
    assets.add(connection, Thing(AssetKind.EXTINGUISHER, "ngo-3", "trước cổng số 5"), now)


async def _files(office: Office, duty: Visitor) -> list[str]:
    """Two files looked through, a clip that is watched: where they lead."""
    found = list[Answer]()
    files: list[tuple[str, str, dict[str, str]]] = [
        ("/imports", READINGS, {}),
        ("/households/imports", HOUSES, {"place": "ngo-3"}),
    ]
    for path, text, fields in files:
        form = FormData(fields)
        form.add_field("file", text.encode(), filename="so.csv", content_type="text/csv")
        found.append(await duty.post(path, form))
    found.append(await duty.post("/incidents/1/media/2/watch", {"reason": "xác minh"}))
    assert [answer.status for answer in found] == [303] * 3, [answer.text for answer in found]
    return [answer.location for answer in found]


def _codes(connection: Connection, now: int) -> dict[str, str]:
    """What stands on paper and in messages."""
    add_home(connection, "ngo-9", None)
    return {
        "camera": registry.ensure(connection, CameraKey("ngo-3", "cam-ngo"), now)["code"],
        "paper": codes.make(connection, 1, CodeKind.HOUSEHOLD, None, 60, now),
        "answer": connection.execute(sa.select(answer_link.c.code).limit(1)).scalar_one(),
    }


def _cookies(connection: Connection, office: Office) -> dict[str, tuple[str, str]]:
    """Sessions, as if logged in; `hai` has yet to give the second step, `khoa` is locked."""
    now = office.clock()
    ids: dict[str, int] = dict(connection.execute(sa.select(account.c.username, account.c.id)).all())
    seal = Seal(office.config.data / "second-factor.key")
    secret = second_factors.begin(connection, seal, ids["hai"], now)
    assert second_factors.confirm(connection, seal, ids["hai"], TOTP(secret).at(now // 1000), now)
    made = {name: ("keng", sessions.begin(connection, ids[name], now)) for name in PEOPLE}
    locked = sa.update(session).where(session.c.account == ids["khoa"]).values(locked=now)
    connection.execute(locked)
    household = connection.execute(sa.select(contact.c.id).limit(1)).scalar_one()
    return made | {"home": ("keng-home", homes.make(connection, household, now))}


def _staff(office: Office, incident: int, reports: list[str], files: list[str]) -> list[Stop]:
    """What people with an account look at."""
    day = languages.local(yesterday(office)).date()
    camera, meter = "/cameras/ngo-3/cam-ngo", "/meters/ngo-9/cong-to-10"
    paths = [
        "/account",
        "/account/password",
        "/account/second",
        "/incidents",
        "/incidents?show=overdue",
        "/incidents?show=closed",
        "/drills",
        "/places/cards",
        "/places/ngo-3/card",
        "/viewings",
        "/media/1/copy",
        "/cameras",
        "/cameras/inventory",
        "/devices",
        "/devices/ngo-3/khoi-bep",
        "/devices/ngo-3/cam-ngo",
        "/proofs",
        "/dead-days",
        "/nodes/ngo-3",
        "/nodes/ngo-3/report",
        "/reports",
        "/desk",
        "/roster",
        "/escalation",
        "/shifts",
        "/mutes",
        "/wall",
        "/screens",
        "/availability",
        "/warnings",
        "/channels",
        "/notices",
        "/notices/new",
        "/notices/new?template=storm",
        "/notices/1",
        "/notices/2",
        "/messages",
        "/meters",
        "/meters/ngo-9/cong-to-9?range=year",
        "/village",
        "/feeders",
        "/outages",
        "/questions",
        "/completeness",
        "/imports",
        "/households",
        "/households?place=ngo-3",
        "/households/1",
        "/households/imports",
        "/invitations",
        "/reach",
        "/boards",
        "/boards/sheets?place=ngo-3",
        "/assets",
    ]
    paths += [f"/incidents/{incident}", f"/incidents/{incident}/roll-call", f"/incidents/{incident}/residents"]
    paths += [camera, f"{camera}/record", f"{camera}/areas", f"{meter}?range=day&date={day}", f"{meter}?range=month"]
    paths += [f"/feeders/ngo-9/lo-1?range=day&date={day}", "/meters/ngo-3/cong-to-1?range=hour"]
    stops = [Stop(path) for path in (*paths, *reports, *files) if path != "/viewings"]
    tomorrow = {"f_begin": f"{day + timedelta(days=3)}T08:00", "f_end": f"{day + timedelta(days=3)}T11:00"}
    answers = [
        Stop("/notices/preview", form=OUTAGE | tomorrow),
        Stop("/households/papers", form={"place": "ngo-9", "which": "all"}),
        Stop("/screens", form={"name": "Hội trường", "place": ""}),
        Stop("/cameras", form={"reason": "kiểm tra"}),
        Stop("/khong-co", status=404),
        Stop("/login", "", form={"username": "khong-co", "password": PASSWORD}, status=401),
    ]
    guardian = [Stop(path, "dpo") for path in ("/data-requests", "/audit", "/consents", "/viewings")]
    return [*stops, *answers, *guardian, Stop("/dispatch", "bao-ve")]
