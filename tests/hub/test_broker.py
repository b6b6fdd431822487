"""The brokers: a Mosquitto that guards, by the files `init` made, and an embedded one to look at."""

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import psutil
import pytest

from keng_hub import broker_probe
from keng_hub.brokers import child, mosquitto
from keng_hub.brokers.child import Child
from keng_hub.config import load
from keng_hub.errors import NotReady
from keng_hub.installation import ClientFiles
from keng_wire.topics import ROOT, Down, Up, down, up
from support.hub import HubFolder
from support.ports import free_port, listens
from support.processes import Program, until

pytestmark = pytest.mark.skipif(
    mosquitto.program() is None, reason="Mosquitto is not installed (Debian: apt install mosquitto)"
)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubFolder]:
    """An initialised hub with two nodes, and its broker running by the generated configuration."""
    made = HubFolder(tmp_path_factory.mktemp("village"))
    made.done("init")
    for node in ("ngo-3", "ngo-4"):
        made.done("node", "add", node)
    program = mosquitto.program()
    assert program
    with Program([program, "-c", made.data / "broker" / "mosquitto.conf"], made.folder / "broker.log") as broker:
        broker.wait_until(lambda: listens(made.broker_port), "the broker listens")
        yield made


def files(village: HubFolder, name: str) -> ClientFiles:
    if name.startswith("hub"):
        folder = village.data / "hub"
        return ClientFiles(village.data / "authority" / "ca.crt", folder / f"{name}.crt", folder / f"{name}.key")
    folder = village.folder / name
    return ClientFiles(folder / "ca.crt", folder / "node.crt", folder / "node.key")


def connection(village: HubFolder, name: str, tls: ssl.SSLContext | None = None, client_id: str = "") -> aiomqtt.Client:
    return aiomqtt.Client(
        "127.0.0.1",
        village.broker_port,
        identifier=client_id or name,
        protocol=aiomqtt.ProtocolVersion.V5,
        tls_context=tls or broker_probe.client_context(files(village, name)),
        timeout=5,
    )


@asynccontextmanager
async def listening(village: HubFolder, name: str, *filters: str) -> AsyncGenerator[aiomqtt.Client]:
    async with connection(village, name) as client:
        for each in filters:
            await client.subscribe(each, qos=1)
        yield client


async def heard(client: aiomqtt.Client, until_payload: bytes) -> list[str]:
    """The topics that arrive, up to the message that says it is the last."""
    topics: list[str] = []
    async with asyncio.timeout(5):
        async for message in client.messages:
            topics.append(str(message.topic))
            if message.payload == until_payload:
                return topics
    raise AssertionError("the connection ended")


async def test_the_hub_hears_every_leaf_of_a_node(village: HubFolder) -> None:
    topics = [up("ngo-3", leaf) for leaf in Up]
    async with listening(village, "hub", *(up("+", leaf) for leaf in Up)) as hub, connection(village, "ngo-3") as node:
        for topic in topics:
            await node.publish(topic, b"x", qos=1)
        await node.publish(topics[-1], b"last", qos=1)
        assert await heard(hub, b"last") == [*topics, topics[-1]]


async def test_a_node_hears_every_leaf_meant_for_it(village: HubFolder) -> None:
    topics = [down("ngo-3", leaf) for leaf in Down]
    async with listening(village, "ngo-3", *topics) as node, connection(village, "hub") as hub:
        for topic in topics:
            await hub.publish(topic, b"x", qos=1)
        await hub.publish(topics[-1], b"last", qos=1)
        assert await heard(node, b"last") == [*topics, topics[-1]]


async def test_a_node_cannot_speak_for_another_one_nor_for_the_hub(village: HubFolder) -> None:
    foreign = [up("ngo-4", leaf) for leaf in Up] + [down(node, leaf) for node in ("ngo-3", "ngo-4") for leaf in Down]
    foreign += [f"{ROOT}/ngo-3/up/other", "something/else", "$SYS/broker/x"]
    own = up("ngo-3", Up.ALARM)
    # Everybody who could hear it listens.
    async with (
        listening(village, "hub", "#") as hub,
        listening(village, "ngo-4", "#") as other,
        connection(village, "ngo-3") as node,
    ):
        for topic in foreign:
            await node.publish(topic, b"foreign", qos=1)
        await node.publish(own, b"last", qos=1)
        assert await heard(hub, b"last") == [own]
        await hub.publish(down("ngo-4", Down.ACK), b"last", qos=1)
        assert await heard(other, b"last") == [down("ngo-4", Down.ACK)]


async def test_a_node_cannot_listen_to_others(village: HubFolder) -> None:
    filters = ("#", up("+", Up.ALARM), down("+", Down.COMMAND), down("ngo-4", Down.ACK))
    async with listening(village, "ngo-3", *filters) as node, connection(village, "hub") as hub:
        async with connection(village, "ngo-4") as other:
            await other.publish(up("ngo-4", Up.ALARM), b"secret", qos=1)
        for leaf in Down:
            await hub.publish(down("ngo-4", leaf), b"secret", qos=1)
        own = down("ngo-3", Down.ACK)
        await hub.publish(own, b"last", qos=1)
        assert await heard(node, b"last") == [own]


async def test_the_hub_cannot_be_pushed_off_by_a_node_that_borrows_its_name(village: HubFolder) -> None:
    async with listening(village, "hub", up("+", Up.ALARM)) as hub:
        async with connection(village, "ngo-3", client_id="hub") as node:
            await node.publish(up("ngo-3", Up.ALARM), b"last", qos=1)
        assert await heard(hub, b"last") == [up("ngo-3", Up.ALARM)]


CONNECT = b"\x10\x12\x00\x04MQTT\x05\x02\x00\x14\x00\x00\x05ngo-3"
CONNACK, DISCONNECT = 0x20, 0xE0
TOO_LARGE = 0x95


async def answer(village: HubFolder, tls: ssl.SSLContext | None, *packets: bytes) -> bytes:
    """What the broker says to these packets; nothing when it closes the connection or breaks off TLS."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", village.broker_port, ssl=tls)
    except OSError:
        return b""
    try:
        async with asyncio.timeout(5):
            said = b""
            for packet in packets:
                writer.write(packet)
                said = await reader.read(100)
            return said
    except OSError:
        return b""
    finally:
        writer.transport.abort()


async def test_a_node_with_its_certificate_is_let_in(village: HubFolder) -> None:
    said = await answer(village, broker_probe.client_context(files(village, "ngo-3")), CONNECT)
    assert said[0] == CONNACK


async def test_a_certificate_of_another_authority_is_refused(village: HubFolder, tmp_path: Path) -> None:
    stranger = HubFolder(tmp_path)
    stranger.done("init")
    stranger.done("node", "add", "ngo-3")
    theirs = files(stranger, "ngo-3")
    tls = broker_probe.client_context(ClientFiles(files(village, "ngo-3").ca, theirs.certificate, theirs.key))
    assert await answer(village, tls, CONNECT) == b""


@pytest.fixture
def drill(tmp_path: Path) -> HubFolder:
    """A hub of its own with two nodes, to take certificates back."""
    made = HubFolder(tmp_path)
    made.done("init")
    for node in ("ngo-3", "ngo-4"):
        made.done("node", "add", node)
    return made


@asynccontextmanager
async def guarding(hub: HubFolder) -> AsyncGenerator[None]:
    """Its broker as the hub runs it, started again whenever a certificate is taken back."""
    program = mosquitto.program()
    assert program
    folder = hub.data / "broker"
    command = [program, "-c", str(folder / "mosquitto.conf")]
    async with Child(command, "127.0.0.1", hub.broker_port, read_at_start=folder / "ca.crl").running() as broker:
        watching = asyncio.create_task(broker.run())
        yield
        watching.cancel()


async def test_a_certificate_that_was_taken_back_stays_out(drill: HubFolder) -> None:
    tls = {name: broker_probe.client_context(files(drill, name)) for name in ("ngo-3", "ngo-4")}
    async with guarding(drill), connection(drill, "ngo-3") as stolen:
        drill.done("node", "revoke", "ngo-3")
        with pytest.raises(aiomqtt.MqttError):
            async for _ in stolen.messages:  # the restart ends what was connected
                pass
        await until(lambda: listens(drill.broker_port), "the broker is back")
        assert await answer(drill, tls["ngo-3"], CONNECT) == b""
        assert (await answer(drill, tls["ngo-4"], CONNECT.replace(b"ngo-3", b"ngo-4")))[0] == CONNACK


async def test_another_machine_for_a_node_shuts_the_old_one_out(drill: HubFolder) -> None:
    old = broker_probe.client_context(files(drill, "ngo-3"))
    drill.done("node", "add", "ngo-3", "--replace", "--out", "ngo-3-moi")
    new = drill.folder / "ngo-3-moi"
    tls = broker_probe.client_context(ClientFiles(new / "ca.crt", new / "node.crt", new / "node.key"))
    async with guarding(drill):
        assert (await answer(drill, tls, CONNECT))[0] == CONNACK
        assert await answer(drill, old, CONNECT) == b""


@pytest.mark.parametrize(("node", "words"), [("ngo-9", "no such node"), ("ngo-3", "has no certificate")])
def test_what_cannot_be_taken_back_is_told(drill: HubFolder, node: str, words: str) -> None:
    drill.done("node", "revoke", "ngo-3")
    assert words in drill.refused("node", "revoke", node)


async def test_without_a_certificate_nobody_comes_in(village: HubFolder) -> None:
    assert await answer(village, ssl.create_default_context(cafile=files(village, "ngo-3").ca), CONNECT) == b""


async def test_plain_text_is_not_answered(village: HubFolder) -> None:
    assert await answer(village, None, CONNECT) == b""


async def test_a_packet_over_the_limit_costs_the_connection(village: HubFolder) -> None:
    topic = up("ngo-3", Up.EVENT).encode()
    body = len(topic).to_bytes(2, "big") + topic + b"\x00\x01\x00" + bytes(300_000)
    publish = b"\x32" + bytes([len(body) & 0x7F | 0x80, len(body) >> 7 & 0x7F | 0x80, len(body) >> 14]) + body
    said = await answer(village, broker_probe.client_context(files(village, "ngo-3")), CONNECT, publish)
    assert (said[0], said[2]) == (DISCONNECT, TOO_LARGE)


async def test_a_broker_that_only_pretends_is_refused_by_us(village: HubFolder, tmp_path: Path) -> None:
    stranger = HubFolder(tmp_path)
    stranger.done("init")
    ours = files(village, "hub-doctor")
    tls = broker_probe.client_context(ClientFiles(files(stranger, "hub").ca, ours.certificate, ours.key))
    with pytest.raises(ssl.SSLCertVerificationError):
        await broker_probe.ask("127.0.0.1", village.broker_port, tls)


def test_the_broker_listens_on_one_port_and_no_other(village: HubFolder) -> None:
    brokers = [
        one for one in psutil.process_iter(["cmdline"]) if str(village.data) in " ".join(one.info["cmdline"] or [])
    ]
    ports = {link.laddr.port for one in brokers for link in one.net_connections() if link.status == psutil.CONN_LISTEN}
    assert ports == {village.broker_port}


def test_no_line_of_the_access_list_gives_a_node_a_wildcard(village: HubFolder) -> None:
    lines = (village.data / "broker" / "acl").read_text().splitlines()
    patterns = [line for line in lines if line.startswith("pattern ")]
    assert len(patterns) == len(Up) + len(Down)
    assert not any(re.search(r"[+#]", line) for line in patterns)


def test_further_hub_processes_have_certificates_and_lines_of_their_own(tmp_path: Path) -> None:
    hub = HubFolder(tmp_path)
    hub.file.write_text(hub.file.read_text().replace("[broker]\n", '[broker]\nother_hubs = ["hub-2"]\n'))
    hub.done("init")
    lines = (hub.data / "broker" / "acl").read_text().splitlines()
    assert [line for line in lines if line.startswith("user ")] == [
        f"user {name}" for name in ("hub", "hub-alarms", "hub-2", "hub-2-alarms", "hub-doctor")
    ]
    assert (hub.data / "hub" / "hub-2-alarms.key").is_file()


async def test_the_doctor_sees_that_the_broker_guards(village: HubFolder) -> None:
    tls = broker_probe.client_context(files(village, "hub-doctor"))
    assert await broker_probe.ask("127.0.0.1", village.broker_port, tls) is broker_probe.Answer.GUARDED


async def test_the_doctor_does_not_push_the_running_hub_off(village: HubFolder) -> None:
    async with listening(village, "hub", up("+", Up.ALARM)) as hub, connection(village, "ngo-3") as node:
        tls = broker_probe.client_context(files(village, "hub-doctor"))
        await broker_probe.ask("127.0.0.1", village.broker_port, tls)
        await node.publish(up("ngo-3", Up.ALARM), b"last", qos=1)
        assert await heard(hub, b"last") == [up("ngo-3", Up.ALARM)]


def embedded(folder: Path) -> HubFolder:
    return HubFolder(
        folder,
        'data = "data"\n[village]\nname = "x"\n[web]\nport = {web}\n[broker]\nkind = "embedded"\nport = {broker}\n',
    )


async def test_the_embedded_broker_carries_messages_and_guards_nothing(tmp_path: Path) -> None:
    hub = embedded(tmp_path)
    command = child.arguments(load(hub.file))
    assert command
    async with Child(command, "127.0.0.1", hub.broker_port).running() as broker:
        assert (await broker.health()).ok
        assert await broker_probe.ask("127.0.0.1", hub.broker_port, None) is broker_probe.Answer.OPEN
    assert not listens(hub.broker_port)


@pytest.mark.expects_log("the broker ended with status -9, starting it again")
async def test_a_broker_that_ended_is_started_again(tmp_path: Path) -> None:
    hub = embedded(tmp_path)
    command = child.arguments(load(hub.file))
    assert command
    async with Child(command, "127.0.0.1", hub.broker_port, sleep=asyncio.sleep).running() as broker:
        watching = asyncio.create_task(broker.run())
        (process,) = [one for one in psutil.Process().children() if f"{hub.broker_port}" in " ".join(one.cmdline())]
        process.kill()
        await until(lambda: not listens(hub.broker_port), "it is gone")
        await until(lambda: listens(hub.broker_port), "it is back")
        assert (await broker.health()).detail == "started 2 time(s)"
        watching.cancel()


async def test_a_taken_port_is_told_with_what_to_do() -> None:
    async def nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(NotReady, match=f"another program uses port {port}"):
        async with Child(["true"], "127.0.0.1", port).running():
            pass
    server.close()


async def test_a_broker_that_does_not_start_is_told() -> None:
    with pytest.raises(NotReady, match="does not start"):
        async with Child(["/bin/false"], "127.0.0.1", free_port()).running():
            pass
