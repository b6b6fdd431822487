"""A commune office for tests of the pages: real database, store, pipeline and web server, people and a village."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub import page_events
from keng_hub.arrivals import Arrival
from keng_hub.channels.channel import Channel, Hooked
from keng_hub.clock import now_ms
from keng_hub.config import Config, Village, Web
from keng_hub.database import Database
from keng_hub.health import Check, Health
from keng_hub.incidents import pipeline
from keng_hub.media.live import LivePictures
from keng_hub.metrics import Metrics
from keng_hub.store import Point
from keng_hub.store.sqlite import SqliteStore
from keng_hub.tables import account, delivery, device, incident, node, place, recipient
from keng_hub.wakes import Wakes
from keng_hub.web.app import make_app
from keng_hub.web.passwords import HASHER
from keng_wire.alarm import Alarm
from keng_wire.message import AlarmMessage, EventMessage, Sent
from support.patience import PATIENCE_S

PASSWORD = "mật khẩu để thử nghiệm"
HASHED = HASHER.hash(PASSWORD)

NEVER_LOCKED = Web(lock_min=0, lock_admin_min=0)
"""Tests move the clock by hours; those of the lock have one of their own."""
PLACES = [
    ("xa-mau", "commune", None, "Xã Mẫu"),
    ("thon-mot", "village", "xa-mau", "Thôn Một"),
    ("ngo-3", "alley", "thon-mot", "Ngõ 3"),
    ("nha-a", "premises", "ngo-3", "Nhà ông Mẫu A"),
    ("thon-hai", "village", "xa-mau", "Thôn Hai"),
    ("ngo-9", "alley", "thon-hai", "Ngõ 9"),
]
DEVICES: list[tuple[str, str, str, str, str, str, list[str], bool]] = [
    ("ngo-3", "khoi-bep", "smoke_detector", "Đầu báo khói bếp nhà A", "nha-a", "normal", [], True),
    ("ngo-3", "nut-ngo", "manual_call_point", "Nút ấn báo cháy đầu ngõ", "ngo-3", "unknown", [], True),
    ("ngo-3", "cam-ngo", "camera", "Camera công cộng đầu ngõ", "ngo-3", "normal", ["low_battery"], True),
    ("ngo-3", "cong-to-1", "sub_meter", "Công tơ đèn đường ngõ 3", "ngo-3", "normal", [], True),
    ("ngo-9", "khoi-9", "smoke_detector", "Đầu báo khói nhà văn hóa", "ngo-9", "normal", [], False),
    ("ngo-9", "cong-to-9", "meter", "Công tơ nhà văn hóa", "ngo-9", "normal", [], False),
]


class Clock:
    """The real clock, moved by what a test adds."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        return now_ms() + self.ahead


class Office:
    """Everything behind the pages. `url` is where they are while it is open."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.database = Database(database_url)
        self.store = SqliteStore(folder / "readings.db")
        self.wakes = Wakes()
        self.clock = Clock()
        self.metrics = Metrics()
        self.live_pictures = LivePictures(self.clock)
        self.live_pictures.served = True
        self.parts: dict[str, Check] = {"database": _well}
        self.hooked: dict[str, Hooked] = {}
        self.channels: dict[str, Channel] = {}
        self.config = Config(data=folder, village=Village(name="Xã Mẫu"), web=NEVER_LOCKED)
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._numbers = count(1)

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> None:
        """Serve the pages; again on the same port after `close`."""
        app = make_app(
            self.database,
            self.store,
            self.wakes,
            self.config,
            self.parts,
            clock=self.clock,
            metrics=self.metrics,
            live_pictures=self.live_pictures,
            hooked=self.hooked,
            channels=self.channels,
        )
        self._runner = web.AppRunner(app, handle_signals=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Stop serving, as at the end of the hub."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def add_account(self, username: str, role: str, place_id: str | None = None, **more: Any) -> int:
        """An account with PASSWORD; `more` overrides columns."""
        values: dict[str, Any] = {
            "username": username,
            "full_name": f"Nguyễn Văn {username.capitalize()}",
            "role": role,
            "place": place_id,
            "password": HASHED,
            "created": self.clock(),
        }
        return await self.database.write(_insert_account, values | more)

    async def raise_alarm(self, node_id: str = "ngo-3", device_id: str = "khoi-bep", **more: Any) -> int:
        """An alarm through the real pipeline; its incident's id. `at` and the fields of `Alarm` may be given."""
        number = next(self._numbers)
        now = self.clock()
        at = more.pop("at", now - 400)
        body = Alarm.model_validate(
            {
                "occurrence": f"{number:016x}",
                "phase": "raised",
                "category": "fire",
                "severity": "critical",
                "cause": "smoke",
                "evidence": "single_detector",
                "device": device_id,
                "place": "nha-a" if node_id == "ngo-3" else "ngo-9",
                "frame": 5_000_000 - 20,
            }
            | more
        )
        message = AlarmMessage.model_validate(self._envelope(node_id, number, at, "alarm") | {"body": body})
        arrival = Arrival(node_id, message, at, repaired=False, received=now - 60)
        incident_id = await self.database.write(pipeline.take_alarm, arrival, now)
        self.wakes.after_commit()
        return incident_id

    async def happen(self, node_id: str, body: dict[str, Any]) -> None:
        """An event through the real pipeline."""
        number, at = next(self._numbers), self.clock() - 100
        message = EventMessage.model_validate(self._envelope(node_id, number, at, "event") | {"body": body})
        arrival = Arrival(node_id, message, at, repaired=False, received=at + 50)
        await self.database.write(pipeline.take_event, arrival, self.clock())
        self.wakes.after_commit()

    async def publish(self, name: str, data: dict[str, Any] | None = None) -> int:
        """A page event."""
        n = await self.database.write(page_events.publish, name, data or {}, self.clock())
        self.wakes.after_commit()
        return n

    async def incident(self, incident_id: int) -> dict[str, Any]:
        """The incident's row."""
        return await self.database.read(_row, incident_id)

    def _envelope(self, node_id: str, number: int, at: int, message_class: str) -> dict[str, Any]:
        sent = Sent(boot="0badb007", up=5_000_300, at=at + 300, clock="synced")  # type: ignore[arg-type]  # pydantic reads text
        stamps = {"boot": "0badb007", "at": at, "clock": "synced", "up": 5_000_000, "sent": sent}
        return {"node": node_id, "stream": "00000001", "number": number, "class": message_class, **stamps}


@asynccontextmanager
async def opened(database_url: str, folder: Path) -> AsyncGenerator[Office]:
    """An office with the village in it, open until the end."""
    office = Office(database_url, folder)
    async with office.store:
        await office.database.write(_found_village, office.clock())
        await office.open()
        try:
            yield office
        finally:
            await office.close()
            office.database.close()


async def add_readings(office: Office, minutes: int = 24 * 60, step: int = 5, gap: range = range(0)) -> None:
    """Register and power of both meters up to now, one each `step` minutes; the `gap` of minutes ago is left out."""
    now = office.clock() // 60_000 * 60_000
    points: list[Point] = []
    for node_id, device_id in (("ngo-3", "cong-to-1"), ("ngo-9", "cong-to-9")):
        register = 1_234_500.0
        for ago in range(minutes, -1, -step):
            watts = 800 + 600 * ((ago // 90) % 3)
            register += watts * step / 60
            if ago not in gap:
                ts = now - ago * 60_000
                points.append(Point(node_id, device_id, "energy_import", ts, round(register, 1)))
                points.append(Point(node_id, device_id, "power", ts, float(watts)))
    await office.store.write(points)


async def _well() -> Health:
    return Health(True, "đã ghi và đọc lại")


def _insert_account(connection: Connection, values: dict[str, Any]) -> int:
    key: int = connection.execute(sa.insert(account).values(values).returning(account.c.id)).scalar_one()
    return key


def _row(connection: Connection, incident_id: int) -> dict[str, Any]:
    return dict(connection.execute(sa.select(incident).where(incident.c.id == incident_id)).mappings().one())


def _found_village(connection: Connection, now: int) -> None:
    for key, kind, parent, name in PLACES:
        connection.execute(sa.insert(place).values(id=key, kind=kind, parent=parent, name=name, aliases=[]))
    health: dict[str, Any] = {
        "alarm": {"count": 0, "oldest": None, "highest": 12},
        "event": {"count": 2, "oldest": now - 90_000, "highest": 40},
        "reading": {"count": 30, "oldest": now - 600_000, "highest": 900},
        "faults": [],
        "sounding": False,
        "disk_free": 12_400_000_000,
        "written_today": 3_210_000,
        "temperature": 48.2,
    }
    for key, name in (("ngo-3", "Trạm ngõ 3"), ("ngo-9", "Trạm ngõ 9")):
        stamps = {"added": now - 10**9, "seen": now - 4_000, "boot": "0badb007", "stream": "00000001"}
        state = {"online": True, "clock": "synced", "version": "keng-edge 0.1.0", "config_version": 1}
        connection.execute(sa.insert(node).values(id=key, name=name, place=key, health=health, **stamps, **state))
    for node_id, key, kind, name, where, condition, marks, simulated in DEVICES:
        connection.execute(
            sa.insert(device).values(
                node=node_id,
                id=key,
                kind=kind,
                name=name,
                place=where,
                condition=condition,
                marks=marks,
                simulated=simulated,
                supervision="A",
                seen=now - 7_000,
            )
        )
    steps = [("page", "", 0), ("email", "truc@example.invalid", 0)]
    ladder = [{"channel": channel, "address": address, "after_s": after} for channel, address, after in steps]
    for key, name, tier in (("truc-ban", "Trực ban xã", 1), ("lanh-dao", "Lãnh đạo xã", 2)):
        connection.execute(
            sa.insert(recipient).values(id=key, name=name, tier=tier, categories=[], ladder=ladder, active=True)
        )


async def deliveries_of(office: Office, incident_id: int) -> int:
    """How many messages an incident has caused."""

    def number(connection: Connection) -> int:
        query = sa.select(sa.func.count()).select_from(delivery).where(delivery.c.incident == incident_id)
        return connection.execute(query).scalar_one()

    return await office.database.read(number)


async def until(condition: Any, seconds: float = PATIENCE_S) -> None:
    """Wait until the awaitable function `condition` gives a true value."""
    end = asyncio.get_running_loop().time() + seconds
    while not await condition():
        assert asyncio.get_running_loop().time() < end, "it did not happen in time"
        await asyncio.sleep(0.02)
