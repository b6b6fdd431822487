"""`keng-hub doctor`: each part asked by using it, each fault with what to do about it."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from keng_hub import authority, doctor
from keng_hub.authority import Authority
from keng_hub.brokers import mosquitto
from keng_hub.cameras import registry
from keng_hub.cameras.registry import CameraKey
from keng_hub.clock import now_ms
from keng_hub.config import load
from keng_hub.database import Database
from keng_hub.doctor import Finding
from keng_hub.tables import device
from support.hub import HubFolder
from support.ports import listens
from support.processes import Program

needs_mosquitto = pytest.mark.skipif(
    mosquitto.program() is None, reason="Mosquitto is not installed (Debian: apt install mosquitto)"
)


@pytest.fixture
def hub(tmp_path: Path) -> HubFolder:
    made = HubFolder(tmp_path)
    made.done("init")
    return made


@pytest.fixture
def broker(hub: HubFolder) -> Iterator[Program]:
    program = mosquitto.program()
    assert program
    with Program([program, "-c", hub.data / "broker" / "mosquitto.conf"], hub.folder / "broker.log") as running:
        running.wait_until(lambda: listens(hub.broker_port), "the broker listens")
        yield running


def examine(hub: HubFolder) -> dict[str, Finding]:
    """The findings by the English word in their names."""
    found = asyncio.run(doctor.examine(load(hub.file)))
    return {finding.what.partition("(")[2].partition(")")[0] or finding.what: finding for finding in found}


@needs_mosquitto
@pytest.mark.usefixtures("broker")
def test_what_works_is_told_a_line_each(hub: HubFolder) -> None:
    found = examine(hub)
    well = ["data folder", "database", "channels", "nodes", "broker", "certificates", "readings, sqlite", "disk"]
    assert [found[name].ok for name in well] == [True] * len(well)
    assert str(found["broker"]).startswith("✓ Bộ chuyển tin (broker) — 127.0.0.1:")
    assert "refuses a foreign topic" in found["broker"].detail


def test_a_missing_broker_is_told(hub: HubFolder) -> None:
    finding = examine(hub)["broker"]
    assert not finding.ok
    assert "see whether it runs" in str(finding)


@needs_mosquitto
def test_a_broker_without_its_access_list_is_told(hub: HubFolder) -> None:
    (hub.data / "broker" / "acl").write_text("pattern readwrite #\n")
    program = mosquitto.program()
    assert program
    with Program([program, "-c", hub.data / "broker" / "mosquitto.conf"], hub.folder / "broker.log") as running:
        running.wait_until(lambda: listens(hub.broker_port), "the broker listens")
        assert "lets anybody speak for a node" in str(examine(hub)["broker"])


def test_before_init_the_cure_is_init(tmp_path: Path) -> None:
    hub = HubFolder(tmp_path)
    found = examine(hub)
    for name in ("data folder", "database", "certificates"):
        assert not found[name].ok
        assert "keng-hub init" in found[name].cure
    assert not hub.data.exists()


def test_a_folder_that_others_can_read_is_told(hub: HubFolder) -> None:
    hub.data.chmod(0o755)
    assert "chmod 700" in examine(hub)["data folder"].cure


def test_a_camera_that_waits_for_its_notice_for_a_week_is_named(hub: HubFolder) -> None:
    hub.done("node", "add", "ngo-3", "--name", "Trạm ngõ 3")

    def known(connection: Connection) -> None:
        for name, days in (("cam-cu", 8), ("cam-moi", 6)):
            connection.execute(device.insert().values(node="ngo-3", id=name, kind="camera", name=name, marks=[]))
            registry.ensure(connection, CameraKey("ngo-3", name), now_ms() - days * 86_400_000)

    database = Database(load(hub.file).database_url)
    database.write_now(known)
    database.close()
    assert examine(hub)["notices of cameras"].detail.endswith(": ngo-3/cam-cu")


def test_nobody_to_tell_is_a_fault(hub: HubFolder) -> None:
    hub.file.write_text(hub.file.read_text().partition("[[recipients]]")[0])
    hub.done("init")
    assert "nobody would be told" in examine(hub)["channels"].detail


def test_a_certificate_that_ends_soon_is_told(hub: HubFolder) -> None:
    past = datetime.now(UTC) - timedelta(days=authority.CERTIFICATE_DAYS - 30)
    issued = Authority(hub.data / "authority").issue("hub", past)
    (hub.data / "hub" / "hub.crt").write_bytes(issued.certificate)
    finding = examine(hub)["certificates"]
    assert not finding.ok
    assert finding.detail.startswith("hub.crt còn ")
    assert "chứng thư hub (" in hub.done("init")
    assert examine(hub)["certificates"].ok


def test_a_store_that_does_not_answer_is_told(hub: HubFolder) -> None:
    text = hub.file.read_text()
    url = "http://127.0.0.1:9"
    token = hub.folder / "token"
    token.touch(0o600)
    token.write_text("x")
    hub.file.write_text(f'{text}\n[store]\nkind = "influx"\nurl = "{url}"\ntoken_file = "token"\n')
    finding = examine(hub)["readings, influx"]
    assert not finding.ok
    assert "readings are kept" in finding.cure


def test_a_hub_that_does_not_run_is_told_and_the_status_is_1(hub: HubFolder) -> None:
    said = hub.refused("doctor", status=1)
    assert "✗ Trung tâm đang chạy (the running hub) — không trả lời" in said
