"""The uplink over TLS: only the hub's own authority is believed, and only its nodes get in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keng_edge.config import UplinkSection
from keng_edge.uplink import tls
from support.bodies import an_alarm
from support.certificates import Authority
from support.fake_clock import FakeClock
from support.mosquitto import Mosquitto
from support.uplink_node import UplinkNode

TLS = """\
per_listener_settings true
listener {port} 127.0.0.1
allow_anonymous false
require_certificate true
use_identity_as_username true
tls_version tlsv1.2
cafile %(ca)s
certfile %(certificate)s
keyfile %(key)s
"""


class Site:
    """A broker with TLS, and the authority that it believes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority(folder / "hub")
        certificate, key = self.authority.issue("broker")
        names = {"ca": self.authority.certificate, "certificate": certificate, "key": key}
        self.broker = Mosquitto(folder / "broker", TLS % names)

    def section(self, authority: Authority, believed: Authority) -> UplinkSection:
        certificate, key = authority.issue("ngo-1")
        return UplinkSection(
            host="127.0.0.1",
            port=self.broker.port,
            ca_file=believed.certificate,
            certificate_file=certificate,
            key_file=key,
        )


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    made = Site(tmp_path)
    with made.broker:
        yield made


async def _connects(site: Site, section: UplinkSection) -> tuple[bool, UplinkNode]:
    node = UplinkNode(site.folder / "outbox", section, FakeClock())
    await node.outbox.append(node.alarm, an_alarm())
    node.start()
    connected = await node.reaches(lambda: node.uplink.connected, rounds=150)
    await node.stop()
    return connected, node


async def test_a_node_with_a_certificate_of_the_hub_gets_in(site: Site) -> None:
    connected, _ = await _connects(site, site.section(site.authority, site.authority))
    assert connected


@pytest.mark.expects_log("keng.uplink: WARNING: uplink .*does the broker accept our certificate")
async def test_a_certificate_of_another_authority_is_refused_and_nothing_is_forgotten(site: Site) -> None:
    stranger = Authority(site.folder / "stranger", "stranger")
    connected, node = await _connects(site, site.section(stranger, site.authority))
    assert not connected
    assert node.outbox.backlog(node.alarm).count == 1


@pytest.mark.expects_log("keng.uplink: WARNING: uplink .*certificate")
async def test_a_broker_of_another_authority_is_not_believed(site: Site) -> None:
    stranger = Authority(site.folder / "stranger", "stranger")
    connected, node = await _connects(site, site.section(site.authority, stranger))
    assert not connected
    assert node.outbox.backlog(node.alarm).count == 1


def test_a_missing_certificate_is_told_with_where_it_comes_from(tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("ca_file", "certificate_file", "key_file")}
    section = UplinkSection.model_validate({"host": "keng.xa-mau.example", **files})
    with pytest.raises(FileNotFoundError, match=r"ca_file is missing.*keng-hub node add"):
        tls(section)
