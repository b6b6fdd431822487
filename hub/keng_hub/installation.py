"""`keng-hub init`: makes what a hub stands on, and changes nothing that is right already."""

import os
import pwd
import shutil
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub import accounts, authority, identities, migrations, places
from keng_hub.authority import Authority
from keng_hub.brokers import mosquitto
from keng_hub.channels import push_keys
from keng_hub.config import Config
from keng_hub.database import Database
from keng_hub.errors import NotReady
from keng_hub.media.peers import ServerFiles
from keng_hub.meterdata import feeders
from keng_hub.tables import account

FIRST_ACCOUNT = "truc"


class Step(NamedTuple):
    """One thing that `init` looked after."""

    changed: bool
    vi: str
    en: str


class ClientFiles(NamedTuple):
    """What a connection to the broker is made with."""

    ca: Path
    certificate: Path
    key: Path


@dataclass(frozen=True)
class Installation:
    """Where a hub's own files are, by its configuration."""

    config: Config

    @property
    def authority(self) -> Authority:
        """The hub's certificate authority."""
        return Authority(self.config.data / "authority")

    @property
    def own_broker(self) -> bool:
        """Whether the broker lives on our certificates: not the embedded one, nor one with an authority of its own."""
        return self.config.broker.kind == "mosquitto" and self.config.broker.ca_file is None

    def client(self, name: str) -> ClientFiles | None:
        """The files for the connection `name`; None where the broker knows no certificates."""
        broker = self.config.broker
        if broker.kind == "embedded":
            return None
        if broker.ca_file and broker.certificate_file and broker.key_file:
            return ClientFiles(broker.ca_file, broker.certificate_file, broker.key_file)
        folder = self.config.data / "hub"
        return ClientFiles(self.authority.certificate_file, folder / f"{name}.crt", folder / f"{name}.key")

    @property
    def media(self) -> ServerFiles | None:
        """What the endpoint for nodes stands on; None where nodes bring no media. NotReady with a foreign authority."""
        if self.config.media is None:
            return None
        if not self.own_broker:
            raise NotReady(
                "[media] cần chứng thư do trung tâm này cấp: bỏ [broker] ca_file hoặc bỏ [media] "
                "(needs nodes with certificates of this hub: leave ca_file or [media] out)"
            )
        folder, ca = self.config.data / "hub", self.authority
        return ServerFiles(ca.certificate_file, ca.revocation_file, folder / "media.crt", folder / "media.key")

    @property
    def hubs(self) -> list[str]:
        """The names of this hub's connections, and of those of its fellows on the same broker."""
        all_of_them = dict.fromkeys([self.config.broker.identity, *self.config.broker.other_hubs])
        return [name for identity in all_of_them for name in (identity, identities.alarms(identity))]

    @property
    def names(self) -> list[str]:
        """All names that a certificate is made for here, and that no node may have."""
        return [*self.hubs, identities.DOCTOR]

    def prepare(self, now: datetime) -> list[Step]:
        """Do everything; safe to repeat at any time, also after the configuration changed."""
        steps = [self._data(), *self._push_key()]
        database = Database(self.config.database_url)
        try:
            steps += self._database(database, int(now.timestamp() * 1000))
        finally:
            database.close()
        if self.own_broker:
            steps += self._certificates(now)
            steps += self._broker(now)
            steps += self._media(now)
        return steps

    def _data(self) -> Step:
        data = self.config.data
        new = not data.is_dir()
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        open_to_others = bool(data.stat().st_mode & 0o077)
        if open_to_others:
            data.chmod(0o700)
        return Step(new or open_to_others, f"thư mục dữ liệu {data}", "data folder, closed to others")

    def _push_key(self) -> list[Step]:
        section = self.config.channels.get("web_push")
        if section is None:
            return []
        new = push_keys.create(section.key_file)
        return [Step(new, f"khóa thông báo trình duyệt {section.key_file}", "key for push services; keep it for ever")]

    def _database(self, database: Database, now: int) -> list[Step]:
        upgraded = migrations.upgrade(database)
        rows = database.write_now(apply_lists, self.config, now)
        password = database.write_now(_first_account, now)
        kind = database.url.get_backend_name()
        steps = [
            Step(upgraded, f"cơ sở dữ liệu {kind}, bản {migrations.head()}", "database brought up to date"),
            Step(rows > 0, f"danh sách nơi và người nhận, {rows} dòng thay đổi", "places and recipients, rows changed"),
        ]
        if password:
            login = f"đăng nhập lần đầu: {FIRST_ACCOUNT} / {password}"
            steps.append(Step(True, login, "first login with a one-time password; it is shown only now"))
        return steps

    def _certificates(self, now: datetime) -> list[Step]:
        ca = self.authority
        new = not ca.exists
        if new:
            ca.create(self.config.village.name, now)
        elif not ca.revocation_file.is_file():
            ca.revoke((), now)
        steps = [Step(new, f"cơ quan cấp chứng thư {ca.certificate_file}", "certificate authority; keep its key safe")]
        for name in self.names:
            files = self.client(name)
            assert files is not None
            stale = not files.key.is_file() or _ends_soon(files.certificate, now)
            if stale:
                files.key.parent.mkdir(mode=0o700, exist_ok=True)
                issued = ca.issue(name, now)
                authority.write_private(files.key, issued.key)
                files.certificate.write_bytes(issued.certificate)
            steps.append(Step(stale, f"chứng thư {name}", "certificate of the hub itself"))
        return steps

    def _broker(self, now: datetime) -> list[Step]:
        config, folder = self.config.broker, self.config.broker_folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        certificate, key = folder / "broker.crt", folder / "broker.key"
        names = self._server_names(config.names)
        stale = self._server_certificate("broker", certificate, key, names, now)
        user = _broker_user(outside=config.folder is not None)
        written = [
            _write(folder / "ca.crt", self.authority.certificate_file.read_text()),
            _write(folder / "ca.crl", self.authority.revocation_file.read_text()),
            _write(folder / "mosquitto.conf", mosquitto.configuration(folder, config.port, config.bind, user)),
            _write(folder / "acl", mosquitto.access_list(self.hubs, identities.DOCTOR, identities.PROBE)),
        ]
        _give(user, folder, *folder.iterdir())
        return [
            Step(stale, f"chứng thư bộ chuyển tin ({', '.join(names)})", "certificate of the broker"),
            Step(any(written), f"cấu hình Mosquitto {folder}/mosquitto.conf", "configuration and access list"),
        ]

    def _media(self, now: datetime) -> list[Step]:
        files, section = self.media, self.config.media
        if files is None or section is None:
            return []
        names = self._server_names(section.names or self.config.broker.names)
        stale = self._server_certificate("media", files.certificate, files.key, names, now)
        return [Step(stale, f"chứng thư cổng nhận hình ({', '.join(names)})", "certificate of the endpoint for media")]

    def _server_names(self, names: Sequence[str]) -> list[str]:
        own = [self.config.broker.host, "localhost", "127.0.0.1", socket.gethostname()]
        return list(dict.fromkeys([*names, *own]))

    def _server_certificate(self, name: str, certificate: Path, key: Path, names: list[str], now: datetime) -> bool:
        """Issue one if there is none, it ends soon or the names changed; says whether."""
        stale = not key.is_file() or _ends_soon(certificate, now) or authority.names_of(certificate) != names
        if stale:
            issued = self.authority.issue(name, now, names)
            authority.write_private(key, issued.key)
            certificate.write_bytes(issued.certificate)
        return stale

    def revoke(self, serial: str, now: datetime) -> None:
        """Take a certificate back. A broker reads the list when it starts, so it has to be started again."""
        self.authority.revoke([serial], now)
        file = self.config.broker_folder / "ca.crl"
        if file.parent.is_dir():
            _write(file, self.authority.revocation_file.read_text())
            _give(_broker_user(outside=self.config.broker.folder is not None), file)


def apply_lists(connection: Connection, config: Config, now: int) -> int:
    """Places, recipients and feeders of the file as rows; gives how many changed."""
    changed = places.apply_places(connection, config.places, now)
    changed += places.apply_recipients(connection, config.recipients)
    return changed + feeders.apply_feeders(connection, config.meter_data.feeders)


def _first_account(connection: Connection, now: int) -> str | None:
    if connection.scalar(sa.select(sa.exists().where(account.c.id.is_not(None)))):
        return None
    return accounts.create(connection, FIRST_ACCOUNT, "Trực ban xã", "duty", now)


def _ends_soon(certificate: Path, now: datetime) -> bool:
    return authority.end_of(certificate) < now + timedelta(days=authority.RENEW_DAYS)


def _write(file: Path, text: str) -> bool:
    if file.is_file() and file.read_text() == text:
        return False
    file.write_text(text)
    return True


def _give(user: str, *files: Path) -> None:
    """What root has made for the broker belongs to the broker."""
    if os.geteuid() == 0 and user != "root":
        for file in files:
            shutil.chown(file, user, user)


def _broker_user(*, outside: bool) -> str:
    """A broker in the data folder runs as the hub does; one in a folder of its own as Debian's user for it."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "mosquitto" if outside and "mosquitto" in names else pwd.getpwuid(os.geteuid()).pw_name


Printer = Callable[[str], None]


def report(steps: Sequence[Step], say: Printer) -> None:
    """What was done, a line each; and plainly when it was nothing."""
    for step in steps:
        say(f"{'✓ mới' if step.changed else '· có sẵn'}  {step.vi} ({step.en})")
    if not any(step.changed for step in steps):
        say("Không có gì thay đổi. (Nothing changed.)")
