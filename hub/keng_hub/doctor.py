"""`keng-hub doctor`: asks every part by using it, and says what to do about what does not work."""

import ctypes
import logging
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import aiohttp
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import InvalidRequestError, SQLAlchemyError

from keng_hub import authority, broker_probe, migrations
from keng_hub.broker_probe import Answer
from keng_hub.cameras.registry import may_look
from keng_hub.cameras.states import CameraState
from keng_hub.clock import now_ms
from keng_hub.config import Config
from keng_hub.database import Database
from keng_hub.identities import DOCTOR
from keng_hub.installation import Installation
from keng_hub.people import register
from keng_hub.sections import is_loopback
from keng_hub.store import Store
from keng_hub.tables import camera, cursor, device, node, recipient

TIME_ERROR = 5
"""adjtimex(2): the clock is not synchronised."""
DISK_BYTES = 2 << 30
WARN_DAYS = 60
WEEK_MS = 7 * 86_400_000


class Finding(NamedTuple):
    """What one question found. `cure` says what to do when it is not well."""

    ok: bool
    what: str
    detail: str
    cure: str = ""

    def __str__(self) -> str:
        line = f"{'✓' if self.ok else '✗'} {self.what} — {self.detail}"
        return line if self.ok or not self.cure else f"{line} — {self.cure}"


async def examine(config: Config) -> list[Finding]:
    """Every finding, in the order of a message's way."""
    logging.getLogger("gmqtt").setLevel(logging.CRITICAL)  # what it would say stands in the finding
    findings = [_folder(config), *await _database(config)]
    findings += [await _broker(config), *_certificates(config), await _store(config)]
    findings += [_clock(), _disk(config), *await _hub(config)]
    return findings


def _folder(config: Config) -> Finding:
    what, data = "Thư mục dữ liệu (data folder)", config.data
    if not data.is_dir():
        return Finding(False, what, f"chưa có {data} (missing)", "chạy keng-hub init (run it)")
    if data.stat().st_mode & 0o077:
        return Finding(False, what, f"{data} đang mở cho người khác (open to others)", f"chmod 700 {data}")
    return Finding(True, what, str(data))


async def _database(config: Config) -> list[Finding]:
    what = "Cơ sở dữ liệu (database)"
    database = Database(config.database_url)
    try:
        revision = await database.read(migrations.current)
        if revision != migrations.head():
            detail = f"bản {revision}, cần {migrations.head()} (older than the program)"
            return [Finding(False, what, detail, "chạy keng-hub init (run it)")]
        await database.write(_write_and_forget)
        kind = database.url.get_backend_name()
        return [
            Finding(True, what, f"{kind}, bản {revision}, ghi và đọc được (written and read)"),
            await database.read(_recipients),
            await database.read(_nodes),
            await database.read(_subjects),
            await database.read(_notices, now_ms()),
        ]
    except SQLAlchemyError as error:
        cure = "chạy keng-hub init, hoặc xem [database] (run init, or look at [database])"
        return [Finding(False, what, f"không dùng được (cannot be used): {error.args[0]}", cure)]
    finally:
        database.close()


def _write_and_forget(connection: Connection) -> None:
    connection.execute(cursor.insert().values(name="doctor", position=1))
    if connection.scalar(sa.select(cursor.c.position).where(cursor.c.name == "doctor")) != 1:
        raise InvalidRequestError("what was written is not read")
    connection.execute(cursor.delete().where(cursor.c.name == "doctor"))


def _recipients(connection: Connection) -> Finding:
    what = "Kênh báo tin (channels)"
    ladders = connection.scalars(sa.select(recipient.c.ladder).where(recipient.c.active, recipient.c.tier > 0)).all()
    used = sorted({step["channel"] for ladder in ladders for step in ladder})
    if not used:
        cure = "thêm [[recipients]] vào hub.toml rồi chạy keng-hub init (add recipients, then run init)"
        return Finding(False, what, "chưa có người nhận nào (nobody would be told)", cure)
    return Finding(True, what, f"{len(ladders)} người nhận (recipients): {', '.join(used)}")


def _subjects(connection: Connection) -> Finding:
    people, limit = register.subjects(connection), register.SUBJECTS
    cure = "xin ý kiến về cấp độ an toàn hệ thống (ask about the security level of the system)"
    detail = f"{people} người, giới hạn {limit} (people, of at most)"
    return Finding(people < register.WARNED_FROM, "Dữ liệu cá nhân (personal data)", detail, cure)


def _nodes(connection: Connection) -> Finding:
    rows = connection.execute(sa.select(node.c.id, node.c.online)).all()
    silent = sorted(row.id for row in rows if not row.online)
    detail = f"{len(rows)} nút, {len(rows) - len(silent)} đang kết nối (nodes, connected)"
    return Finding(True, "Các nút (nodes)", detail + (f"; vắng (absent): {', '.join(silent)}" if silent else ""))


def _notices(connection: Connection, now: int) -> Finding:
    """Cameras that have been known for a week and may still not look."""
    same = sa.and_(device.c.node == camera.c.node, device.c.id == camera.c.device)
    known = sa.select(camera).join(device, same).where(~device.c.removed, camera.c.state == CameraState.DRAFT.value)
    old = connection.execute(known.where(camera.c.added < now - WEEK_MS)).mappings()
    waiting = sorted(f"{row['node']}/{row['device']}" for row in old if not may_look(dict(row)))
    what = "Biển báo camera (notices of cameras)"
    if not waiting:
        return Finding(True, what, "không camera nào chờ quá một tuần (none waits for more than a week)")
    return Finding(True, what, f"chờ xác nhận quá một tuần (unconfirmed for more than a week): {', '.join(waiting)}")


async def _broker(config: Config) -> Finding:
    what, broker = "Bộ chuyển tin (broker)", config.broker
    place = f"{broker.host}:{broker.port}"
    files = Installation(config).client(DOCTOR)
    try:
        tls = broker_probe.client_context(files) if files else None
        answer = await broker_probe.ask(broker.host, broker.port, tls)
    except (OSError, TimeoutError) as error:
        why = str(error) or "không trả lời, hoặc không nhận chứng thư (no answer, or it refuses our certificate)"
        cure = (
            "xem nó có chạy không; keng-hub init làm lại cấu hình (see whether it runs; init writes its configuration)"
        )
        return Finding(False, what, f"{place}: {why}", cure)
    if answer is Answer.DUMB:
        return Finding(False, what, f"{place}: không chuyển tin (carries nothing)", "xem tệp acl của nó (see its acl)")
    if broker.kind == "embedded":
        return Finding(True, what, f"{place}: chỉ để xem thử, không kiểm soát truy cập (demo only, no access control)")
    if answer is Answer.OPEN:
        cure = "dùng mosquitto.conf và acl do keng-hub init tạo (use the files that init made)"
        return Finding(False, what, f"{place}: cho gửi thay nút khác (lets anybody speak for a node)", cure)
    return Finding(True, what, f"{place}: chuyển tin, từ chối tin giả danh nút (carries ours, refuses a foreign topic)")


def _certificates(config: Config) -> list[Finding]:
    installation = Installation(config)
    if not installation.own_broker:
        return []
    files: list[Path] = [installation.authority.certificate_file, config.broker_folder / "broker.crt"]
    files += [client.certificate for name in installation.names if (client := installation.client(name))]
    files += [installation.media.certificate] if installation.media else []
    what, now = "Chứng thư (certificates)", datetime.now(UTC)
    try:
        ends = {file: authority.end_of(file) for file in files}
    except OSError as error:
        return [
            Finding(False, what, f"không đọc được {error.filename} (cannot be read)", "chạy keng-hub init (run it)")
        ]
    first = min(ends, key=lambda file: ends[file])
    days = (ends[first] - now) / timedelta(days=1)
    cure = "chạy keng-hub init rồi khởi động lại (run init, then restart)"
    return [Finding(days > WARN_DAYS, what, f"{first.name} còn {days:.0f} ngày (days left)", cure)]


async def _store(config: Config) -> Finding:
    from keng_hub.app import open_store

    what = f"Kho số đo (readings, {config.store.kind})"
    if not config.data.is_dir():
        return Finding(False, what, "chưa có (missing)", "chạy keng-hub init (run it)")
    try:
        store: Store = open_store(config)
        async with store:
            health = await store.health()
    except Exception as error:  # noqa: BLE001 - whatever keeps it from opening is the finding
        return Finding(False, what, f"{type(error).__name__}: {error}", "xem [store] trong hub.toml (see [store])")
    return Finding(
        health.ok, what, health.detail, "số liệu vẫn được giữ và gửi sau (readings are kept and follow later)"
    )


def _clock() -> Finding:
    what = "Đồng hồ (clock)"
    buffer = ctypes.create_string_buffer(512)  # struct timex; no mode is set, so nothing is changed
    if ctypes.CDLL(None).adjtimex(buffer) == TIME_ERROR:
        cure = "bật đồng bộ giờ: timedatectl set-ntp true (switch synchronisation on)"
        return Finding(False, what, "chưa đồng bộ (not synchronised)", cure)
    return Finding(True, what, f"đã đồng bộ (synchronised), {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")


def _disk(config: Config) -> Finding:
    folder = config.data if config.data.is_dir() else Path("/")
    usage = shutil.disk_usage(folder)
    detail = f"còn {usage.free / (1 << 30):.1f} GiB / {usage.total / (1 << 30):.0f} GiB (free)"
    return Finding(usage.free > DISK_BYTES, "Đĩa (disk)", detail, "dọn bớt tệp hoặc thay đĩa lớn hơn (make room)")


async def _hub(config: Config) -> Sequence[Finding]:
    """What the running hub says of its parts; from this machine it says everything."""
    what, web = "Trung tâm đang chạy (the running hub)", config.web
    scheme = "https" if web.certificate_file else "http"
    host = web.host if is_loopback(web.host) else "127.0.0.1"
    timeout = aiohttp.ClientTimeout(total=10)
    try:
        # Its certificate names the address people type, not the loopback; nothing secret is sent or believed here.
        address = f"{scheme}://{host}:{web.port}/healthz"
        async with aiohttp.ClientSession(timeout=timeout) as http, http.get(address, ssl=False) as answer:
            parts = (await answer.json()).get("parts", {})
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return [Finding(False, what, f"không trả lời (no answer): {error}", "chạy keng-hub run (start it)")]
    return [Finding(part["ok"], f"  {name}", part["detail"]) for name, part in sorted(parts.items())]
