"""Somebody walks into a picture: alarm first, then stills and the clip at the hub, all by the real programs."""

import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from keng_hub import tables
from keng_hub.database import Database
from support.clips import walker
from support.h264 import pictures, write_stream
from support.hub import HubFolder
from support.ports import free_port, listens
from support.processes import Program, until

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
notice_confirmed = 2026-11-01
"""


def node_file(hub: HubFolder, source: Path) -> Path:
    """The node's own configuration, as `node add` made it, with a camera and paths of this test."""
    folder = hub.folder / "ngo-3"
    text = (folder / "edge.toml").read_text(encoding="utf-8")
    text = text.replace("/etc/keng/", f"{folder}/").replace("/var/lib/keng", str(hub.folder / "node"))
    (folder / "edge.toml").write_text(text + CAMERA.format(source=source), encoding="utf-8")
    return folder / "edge.toml"


def rows(database: Database, table: sa.Table) -> list[sa.Row[Any]]:
    """All rows."""
    return database.read_now(lambda connection: list(connection.execute(sa.select(table).order_by(table.c.id))))


async def test_an_intrusion_reaches_the_hub_as_alarm_stills_and_clip(tmp_path: Path) -> None:
    port = free_port()
    hub = HubFolder(tmp_path, HUB.replace("PORT", str(port)))
    hub.done("init")
    hub.done("node", "add", "ngo-3", "--name", "Trạm ngõ 3")
    source = write_stream(tmp_path / "stream.mp4", walker(3, 7), 17)
    spool = tmp_path / "node" / "media" / "cam-cong"
    command: list[str | Path] = [sys.executable, "-m", "keng_edge", "run", "--config", node_file(hub, source)]
    with hub.program():
        await until(lambda: listens(port) and listens(hub.broker_port), "the hub")
        database = Database(f"sqlite:///{hub.data}/keng.db")
        with Program(command, tmp_path / "node.log"):

            def whole() -> bool:
                kept = rows(database, tables.media)
                return any(one.kind == "clip" for one in kept) and all(one.state == "stored" for one in kept)

            await until(whole, "the clip at the hub", 60)
            await until(lambda: not any(spool.iterdir()), "nothing is left to carry")
        kept = rows(database, tables.media)
        [alarm] = [one for one in rows(database, tables.alarm) if one.category == "security"]
        [incident] = [one for one in rows(database, tables.incident) if one.category == "security"]
        database.close()
    assert {one.occurrence for one in kept} == {alarm.occurrence}
    # The drawn scene is the same before and after, to the bit, and the same file is kept once.
    assert {one.moment for one in kept if one.kind == "still"} >= {"begin", "after"}
    assert all(one.announced >= alarm.received_at for one in kept)
    [clip] = [one for one in kept if one.kind == "clip"]
    assert clip.at < incident.happened - 1_500
    assert len(pictures(hub.data / "media" / clip.file)) > 60
