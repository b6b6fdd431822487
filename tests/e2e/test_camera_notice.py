"""A camera that nobody has confirmed finds, keeps and shows nothing; from the notice on an intrusion is an alarm."""

import asyncio
import sys
from contextlib import AsyncExitStack
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from aiohttp import FormData
from PIL import Image

from keng_hub import tables
from keng_hub.cameras.registry import CameraKey
from keng_hub.database import Database
from support.clips import walker
from support.h264 import write_stream
from support.hub import HubFolder
from support.office import HASHED, PASSWORD
from support.ports import free_port, listens
from support.processes import Program, until
from support.visitor import Visitor

HUB = """\
data = "data"

[village]
name = "Thôn Mẫu"

[web]
port = {web}

[broker]
start = true
port = {broker}
bind = "127.0.0.1"

[media]
port = PORT
bind = "127.0.0.1"
spare_mb = 0
"""
CAMERA = """
spare_mb = 0

[[devices]]
type = "camera"
id = "cam-cong"
name = "Camera cổng"
source = "{source}"
loop = true
clip = "none"
dwell_s = 0.4
cooldown_s = 1
"""
KEY = CameraKey("ngo-3", "cam-cong")
HERE = "/cameras/ngo-3/cam-cong"
ROUND_S = 4


class Site(NamedTuple):
    """Where the pages are."""

    url: str


def _set_up(folder: Path, media: int) -> tuple[HubFolder, Program]:
    """A hub and a node whose camera shows somebody who walks by in each round of its film."""
    hub = HubFolder(folder, HUB.replace("PORT", str(media)))
    hub.done("init")
    hub.done("node", "add", "ngo-3", "--name", "Trạm ngõ 3")
    source = write_stream(folder / "stream.mp4", walker(0.5, 3.5), ROUND_S)
    file = folder / "ngo-3" / "edge.toml"
    text = file.read_text(encoding="utf-8").replace("/etc/keng/", f"{file.parent}/")
    text = text.replace("/var/lib/keng", str(folder / "node"))
    file.write_text(text + CAMERA.format(source=source), encoding="utf-8")
    return hub, Program([sys.executable, "-m", "keng_edge", "run", "--config", file], folder / "node.log")


def _add_people(database: Database) -> None:
    people = [
        {"username": name, "full_name": f"Người {name}", "role": role, "password": HASHED, "created": 0}
        for name, role in (("mau-tho", "technician"), ("mau-truc", "duty"))
    ]
    database.write_now(lambda connection: connection.execute(sa.insert(tables.account), people))


def _rows(database: Database, table: sa.Table) -> list[Any]:
    return database.read_now(lambda connection: list(connection.execute(sa.select(table))))


def _photo() -> FormData:
    made = BytesIO()
    Image.new("RGB", (64, 36), (10, 90, 60)).save(made, "JPEG")
    form = FormData()
    form.add_field("file", made.getvalue(), filename="anh.jpg", content_type="image/jpeg")
    return form


async def _logged_in(stack: AsyncExitStack, url: str, name: str) -> Visitor:
    visitor = await stack.enter_async_context(Visitor(Site(url)))
    assert (await visitor.log_in(name, PASSWORD)).status == 303
    return visitor


def _sees(database: Database) -> bool:
    """Whether the camera has pictures and has told what it runs with."""
    return [row.condition for row in _rows(database, tables.device)] == ["normal"] and any(
        row.reported is not None for row in _rows(database, tables.camera)
    )


def _stored_stills(database: Database) -> list[Any]:
    """Clean stills that are whole at the hub; the boxed ones may come before them."""
    return [row for row in _rows(database, tables.media) if (row.kind, row.state) == ("still", "stored")]


async def test_a_camera_looks_only_once_its_notice_was_seen_and_then_tells_with_a_still(tmp_path: Path) -> None:
    media = free_port()
    hub, node = _set_up(tmp_path, media)
    async with AsyncExitStack() as stack:
        stack.enter_context(hub.program())
        await until(lambda: listens(media) and listens(hub.web_port), "the hub")
        database = Database(f"sqlite:///{hub.data}/keng.db")
        stack.callback(database.close)
        _add_people(database)
        stack.enter_context(node)
        await until(lambda: _sees(database), "the camera sees")
        url = f"http://127.0.0.1:{hub.web_port}"
        technician, duty = [await _logged_in(stack, url, name) for name in ("mau-tho", "mau-truc")]
        await duty.post(f"{HERE}/watch", {"reason": "thử camera"})
        await asyncio.sleep(1.5 * ROUND_S)  # somebody walks by
        assert "chưa xác nhận biển báo" in (await duty.get(HERE)).text
        assert (await duty.get(f"{HERE}/picture")).status == 204
        assert (await duty.post(f"{HERE}/record/activate")).status == 409
        assert [_rows(database, table) for table in (tables.alarm, tables.media, tables.incident)] == [[], [], []]
        assert (await technician.post(f"{HERE}/record/notice", _photo())).status == 303
        assert (await technician.post(f"{HERE}/record/activate")).status == 403, "that is for the duty officer"
        assert (await duty.post(f"{HERE}/record/activate")).status == 303
        await until(lambda: bool(_stored_stills(database)), "a still")
        [alarm, *_] = _rows(database, tables.alarm)
        assert (alarm.category, alarm.device) == ("security", KEY.device)
        [still, *_] = _stored_stills(database)
        assert still.occurrence == alarm.occurrence
        [incident, *_] = _rows(database, tables.incident)
        assert "Camera cổng" in (await duty.get(f"/incidents/{incident.id}")).text
        assert f"/media/{still.id}" in (await duty.get(f"/incidents/{incident.id}")).text
