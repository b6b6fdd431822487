"""An office with one of everything that forms are about, put back to how it was before each row."""

import re
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiohttp import web
from pyotp.totp import TOTP
from sqlalchemy.engine import Connection

from keng_hub import screens, second_factors, tables
from keng_hub.channels import push_keys
from keng_hub.channels.channel import Destination, Inbound, Outcome
from keng_hub.channels.channel import Office as Lent
from keng_hub.channels.web_push import WebPush, WebPushSettings
from keng_hub.clock import now_ms
from keng_hub.config import Config, Village
from keng_hub.incidents.emergency import Emergency
from keng_hub.incidents.wording import VIETNAM
from keng_hub.notices import links
from keng_hub.people import boards, codes, homes, recipients, register
from keng_hub.people.register import Entry
from keng_hub.people.states import CodeKind, How
from keng_hub.people.verification import Wish
from keng_hub.people.verification import begin as begin_code
from keng_hub.replies import inbox, part
from keng_hub.second_factors import Seal
from keng_hub.web import keys, sessions
from keng_hub.web.once import LASTS
from support.browser_keys import BrowserKeys
from support.forms.incidents import jpeg
from support.forms.office import TEST
from support.forms.rows import Form
from support.joined import CHANNELS
from support.kept_media import keep
from support.media_hub import CLIP
from support.office import Office, opened

PEOPLE = [
    ("truc", "duty", None),
    ("truc2", "duty", "thon-hai"),
    ("lanh", "commune_lead", None),
    ("to", "group_head", "ngo-3"),
    ("doi", "security_team", "thon-mot"),
    ("thon", "village_head", "thon-mot"),
    ("thon2", "village_head", "thon-hai"),
    ("to2", "group_head", "thon-hai"),
    ("ky", "technician", None),
    ("ky2", "technician", "thon-hai"),
    ("dpo", "dpo", None),
    ("ho-tro", "supporter", "thon-mot"),
    ("ho-tro2", "supporter", "thon-hai"),
    ("nua", "duty", None),
    ("dan", "resident", None),
]
PHONE = "+84912345678"
_EXCHANGE = {"serial": "20260002", "before": "20260001"}
_UNSTEADY = ("audit_entry", "audit_head", "page_event", "session", "login_attempt")
"""Tables that every request may write into."""


class Still:
    """A clock that stands, so that doing a thing twice writes the same."""

    def __init__(self) -> None:
        self.now = now_ms()
        self.ahead = 0

    def __call__(self) -> int:
        return self.now + self.ahead


class Tested:
    """A channel that can be asked whether it works."""

    async def check(self) -> Outcome:
        """It does."""
        return Outcome.accepted()

    def hosts(self) -> list[Destination]:
        """None."""
        return []

    async def close(self) -> None:
        """Nothing to close."""


class Furnished:
    """The office, the words that stand for codes in addresses and forms, and who is logged in."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office = office
        self.words: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.home = ""
        self._file = Path(str(office.database.url.database))
        self._kept = folder / "as-it-was.db"

    @property
    def app(self) -> web.Application:
        """The pages."""
        runner = self.office._runner  # pyright: ignore[reportPrivateUsage] - nobody else needs it
        assert runner is not None
        return runner.app

    async def furnish(self) -> None:
        """Put everything in and remember it."""
        office = self.office
        accounts = {name: await office.add_account(name, role, where) for name, role, where in PEOPLE}
        for name, account in accounts.items():
            self.tokens[name] = await office.database.write(sessions.begin, account, office.clock())
        await office.raise_alarm()
        await office.raise_alarm("ngo-9", "khoi-9")
        await keep(office, 1, CLIP, media="clip", duration=16_000)
        await keep(office, 1, jpeg())
        self.words |= await office.database.write(_rows, office.clock())
        await office.raise_alarm("ngo-3", "cam-nha", category="security", severity="high", cause="intrusion")
        self.home = await office.database.write(homes.make, 1, office.clock())
        self.words |= _times(office.clock()) | BrowserKeys().form
        two = {name: accounts[name] for name in ("truc", "nua")}
        self.words |= await office.database.write(_second, self.app[keys.SECOND].seal, two, office.clock())
        await self.settle()

    async def settle(self) -> None:
        """What stands now is how it was."""
        _copy(self._file, self._kept)

    def restore(self) -> None:
        """Everything as it was, the last forms of all screens forgotten."""
        _copy(self._kept, self._file)
        self.app[LASTS].clear()

    def word(self, text: str) -> str:
        """The text with the words for what stands in braces."""
        return re.sub(r"\{(\w+)\}", lambda found: self.words[found[1]], text)

    def filled(self, form: Form) -> Form:
        """The same of a form."""
        if isinstance(form, list):
            return [(name, self.word(value)) for name, value in form]
        return {name: self.word(value) for name, value in form.items()}

    def rows(self) -> dict[str, list[Any]]:
        """All that the database holds, but for what every request may write."""
        with sqlite3.connect(self._file) as connection:
            return {
                table.name: sorted(connection.execute(f'SELECT * FROM "{table.name}"').fetchall(), key=repr)  # noqa: S608
                for table in tables.metadata.sorted_tables
                if table.name not in _UNSTEADY
            }


@asynccontextmanager
async def furnished(database_url: str, folder: Path) -> AsyncGenerator[Furnished]:
    """It, open until the end."""
    async with opened(database_url, folder) as office:
        office.clock = Still()  # type: ignore[assignment]  # a clock that stands is one
        office.config = Config(data=folder, village=Village(name="Xã Mẫu"), channels=dict(CHANNELS))
        push_keys.create(folder / "vapid.pem")
        push = WebPushSettings(key_file=folder / "vapid.pem", contact="mailto:truc@xa.example")
        office.channels["web_push"] = WebPush(push, Lent(office.database, office.clock, lambda: None))
        office.channels["mau"] = Tested()  # type: ignore[assignment]  # sends nothing
        await office.close()
        await office.open()
        made = Furnished(office, folder)
        await made.furnish()
        yield made


def _copy(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as one, sqlite3.connect(target) as other:
        one.backup(other)


def _times(now: int) -> dict[str, str]:
    begin = datetime.fromtimestamp(now / 1000, VIETNAM)
    hour = datetime.fromtimestamp(now / 1000 + 3600, VIETNAM)
    return {
        "now": f"{begin:%Y-%m-%dT%H:%M}",
        "hour": f"{hour:%Y-%m-%dT%H:%M}",
        "halfhour": str((now // 1_800_000 - 10) * 1_800_000),
    }


def _rows(connection: Connection, now: int) -> dict[str, str]:
    _cameras(connection, now)
    _points(connection, now)
    _duty(connection, now)
    _meters(connection, now)
    words = _homes(connection, now)
    _messages(connection, now)
    return words


def _cameras(connection: Connection, now: int) -> None:
    device = {"node": "ngo-3", "kind": "camera", "name": "Camera nhà A", "condition": "normal", "marks": list[str]()}
    more = {"id": "cam-nha", "place": "nha-a", "simulated": True, "supervision": "A", "seen": now}
    connection.execute(sa.insert(tables.device).values(**device, **more))
    for key, kind, code in (("cam-ngo", "public", "aaaa1111bbbb2222"), ("cam-nha", "household", "cccc1111dddd2222")):
        values: dict[str, Any] = {"node": "ngo-3", "device": key, "code": code, "camera_class": kind, "state": "draft"}
        connection.execute(sa.insert(tables.camera).values(**values, facts={}, added=now, changed=now))


def _points(connection: Connection, now: int) -> None:
    where = (tables.device.c.node == "ngo-3", tables.device.c.id == "khoi-bep")
    connection.execute(sa.update(tables.device).where(*where).values(fingerprint="ab" * 32, marks=["unproven"]))
    point = {"node": "ngo-3", "device": "khoi-bep"}
    proof = {"command": TEST, "state": "seen", "seen": now, "begun": now - 5_000, "until": now + 600_000}
    connection.execute(sa.insert(tables.proof_test).values(**point, **proof))
    order = {"id": TEST, "name": "prove", "state": "done", "created": now - 5_000, "expires": now}
    connection.execute(sa.insert(tables.command).values(**point, **order))
    dead = {"node": "ngo-3", "device": "cam-ngo", "begun": now - 2 * 86_400_000, "finding": "unknown"}
    connection.execute(sa.insert(tables.dead_stretch).values(**dead))


def _duty(connection: Connection, now: int) -> None:
    for key, name in (("nguyen", "Nguyễn Văn Mẫu"), ("tran", "Trần Thị Mẫu")):
        values: dict[str, Any] = {"id": key, "name": name, "tier": 1, "categories": [], "ladder": [], "rostered": True}
        connection.execute(sa.insert(tables.recipient).values(**values))
    times = {"begins": now - 1000, "ends": now + 3_600_000, "account": 1, "made": now}
    connection.execute(sa.insert(tables.shift).values(recipient="nguyen", **times))


def _meters(connection: Connection, now: int) -> None:
    feeder = {"node": "ngo-3", "id": "lo-1", "kind": "feeder", "name": "Lộ 1", "place": "ngo-3", "condition": "normal"}
    connection.execute(sa.insert(tables.device).values(**feeder, marks=[], simulated=True, supervision="A", seen=now))
    question = {"node": "ngo-3", "device": "cong-to-1", "kind": "exchange", "register": "energy_import", "at": now}
    connection.execute(sa.insert(tables.meter_question).values(**question, details=_EXCHANGE, state="open", asked=now))


def _homes(connection: Connection, now: int) -> dict[str, str]:
    for label, place in (("Nhà 12", "ngo-3"), ("Nhà 9", "ngo-9")):
        register.add(connection, Entry(place, label), now)
    for home, phone in ((1, PHONE), (2, "+84912000009")):
        contact = {"household": home, "channel": "sms", "address": phone, "state": "verified", "added": now}
        connection.execute(sa.insert(tables.contact).values(**contact, consented=now, verified=now))
        recipients.keep(connection, home)
    begun = begin_code(connection, Wish(1, "sms", "+84912345673", "vi", How.QR), now).id
    digits = connection.execute(sa.select(tables.contact_code.c.digits).where(tables.contact_code.c.id == begun))
    thing = {"kind": "extinguisher", "place": "ngo-3", "location": "cổng", "usable": True, "added": now}
    connection.execute(sa.insert(tables.asset).values(**thing))
    link = links.new()
    wall, code = screens.add(connection, "Sảnh", None, now)
    letter = {"kind": "alarm", "recipient": "ho-1", "category": "fire", "priority": 0, "short_code": "SC-0001"}
    bodies = {"body_vi": "x", "body_ascii": "x", "body_en": "x", "ladder": list[Any](), "created": now}
    made = sa.insert(tables.delivery).values(incident=1, **letter, **bodies, expires=now + 3_600_000)
    delivery = connection.execute(made.returning(tables.delivery.c.id)).scalar_one()
    links.keep(connection, [{"code": link, "household": 1, "incident": 1, "delivery": delivery}], now)
    return {
        "paper": codes.make(connection, 1, CodeKind.HOUSEHOLD, None, 60, now),
        "board": boards.make(connection, "ngo-3", now),
        "link": link,
        "screen": code,
        "wall": str(wall),
        "n": str(begun),
        "digits": str(digits.scalar_one()),
    }


def _messages(connection: Connection, now: int) -> None:
    inbox.take(connection, Inbound("sms", "+84988000111", "tin-1", "có họp không", now), now)
    part.take(connection, 1, "http://keng.example", Emergency(), now)


def _second(connection: Connection, seal: Seal, accounts: dict[str, int], now: int) -> dict[str, str]:
    """One who sets up a second factor just now, and one who has it and is asked for it."""
    shown = {name: second_factors.begin(connection, seal, account, now) for name, account in accounts.items()}
    before = TOTP(shown["nua"]).at(now // 1000 - second_factors.STEP_S)
    second_factors.confirm(connection, seal, accounts["nua"], before, now)
    return {name: TOTP(secret).at(now // 1000) for name, secret in shown.items()}
