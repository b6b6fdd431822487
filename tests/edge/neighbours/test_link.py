"""A teller and a listener over real TLS: who is believed, what is answered, and how little a stranger can do."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.hashes import SHA256

from keng_edge.clock import SystemClock
from keng_edge.config import UplinkSection
from keng_edge.neighbours import listener
from keng_edge.neighbours.config import NeighboursSection, PeerSection
from keng_edge.neighbours.identity import Revoked, calling
from keng_edge.neighbours.listener import STRANGERS_AN_ADDRESS, Listener
from keng_edge.neighbours.teller import Teller
from keng_edge.neighbours.words import LINE_LIMIT, Heard, Shared, Told, line, read
from keng_edge.patterns import PatternKey
from support.certificates import Authority
from support.ports import free_port
from support.processes import until

REFUSED = r"connection from 127.0.0.\d ended"
ALARM = Shared(occurrence="a" * 16, zone="to-3", call=PatternKey.FIRE, standing="ringing")  # type: ignore[arg-type]


class Link:
    """ngo-2 listens; whoever has files may tell it something as ngo-1."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.port = folder, SystemClock(), free_port()
        self.authority = Authority(folder / "hub")
        self.heard: list[tuple[str, Told]] = []
        self.answers = 0
        self.alarms: tuple[Shared, ...] = ()
        self.revoked = Revoked()
        self._tasks: list[asyncio.Task[None]] = []

    def files(self, name: str, authority: Authority | None = None, believed: Authority | None = None) -> UplinkSection:
        certificate, key = (authority or self.authority).issue(name)
        ca = (believed or self.authority).certificate
        return UplinkSection(host="127.0.0.1", ca_file=ca, certificate_file=certificate, key_file=key)

    def listen(self, name: str = "ngo-2", files: UplinkSection | None = None, serial: str | None = None) -> None:
        peers = [PeerSection(id=peer, name=peer, host="127.0.0.1", serial=serial) for peer in ("ngo-1", "ngo-3")]
        section = NeighboursSection(bind="127.0.0.1", port=self.port, peers=peers)
        made = Listener(section, files or self.files(name), self.clock, self._hear, self.revoked)
        self._run(made.run())

    def tell(self, files: UplinkSection, serial: str | None = None) -> Teller:
        peer = PeerSection(id="ngo-2", name="Trạm 2", host="127.0.0.1", port=self.port, serial=serial)
        made = Teller(peer, files, self.clock, lambda: self.alarms, self._answered, self.revoked)
        self._run(made.run())
        return made

    async def dial(self, files: UplinkSection) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        await until(lambda: _listens(self.port), "it listens")
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=calling(files))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _hear(self, name: str, told: Told) -> None:
        self.heard.append((name, told))

    def _answered(self) -> None:
        self.answers += 1

    def _run(self, work: object) -> None:
        assert asyncio.iscoroutine(work)
        self._tasks.append(asyncio.create_task(work))


def _listens(port: int) -> bool:
    """By the kernel's table (proc(5), /proc/net/tcp): a probe would be a stranger."""
    return f"0100007F:{port:04X} 00000000:0000 0A" in Path("/proc/net/tcp").read_text()


@pytest.fixture
async def link(tmp_path: Path) -> AsyncIterator[Link]:
    made = Link(tmp_path)
    yield made
    await made.stop()


@pytest.mark.expects_log("neighbour ngo-2 .* Connect call failed")
async def test_it_is_told_again_until_it_is_answered_and_at_once_when_it_changes(link: Link) -> None:
    teller = link.tell(link.files("ngo-1"))
    link.alarms = (ALARM,)
    await asyncio.sleep(0.1)
    link.listen()
    await until(lambda: link.answers == 1, "it is answered")
    assert link.heard == [("ngo-1", Told(number=1, alarms=(ALARM,)))]
    link.alarms = ()
    teller.look()
    await until(lambda: link.answers == 2, "the change is answered")
    assert link.heard[1] == ("ngo-1", Told(number=2))
    teller.look()
    await asyncio.sleep(0.05)
    assert link.answers == 2, "nothing changed"


@pytest.mark.expects_log("neighbour ngo-2 .*no answer")
async def test_a_line_without_answer_is_told_again_on_a_new_connection(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keng_edge.neighbours.teller.ANSWER_S", 0.2)
    files, taken = link.files("ngo-2"), 0
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    assert files.certificate_file is not None
    context.load_cert_chain(files.certificate_file, files.key_file)

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        taken += 1
        told = read(Told, await reader.readline())
        if taken == 3:
            writer.write(line(Heard(number=told.number)))
        await reader.read()
        writer.close()

    link.alarms = (ALARM,)
    async with await asyncio.start_server(deaf, "127.0.0.1", link.port, ssl=context):
        link.tell(link.files("ngo-1"))
        await until(lambda: link.answers == 1, "the third one answers")
        await link.stop()


@pytest.mark.expects_log(REFUSED)
@pytest.mark.expects_log("neighbour ngo-2 ")
@pytest.mark.parametrize("name", ["ngo-9", "ngo-2"])
async def test_a_node_that_is_no_neighbour_is_not_heard(link: Link, name: str) -> None:
    link.listen()
    await until(lambda: _listens(link.port), "it listens")
    link.tell(link.files(name))
    await asyncio.sleep(0.3)
    assert (link.heard, link.answers) == ([], 0)


@pytest.mark.expects_log(REFUSED)
@pytest.mark.expects_log("neighbour ngo-2 ")
async def test_a_certificate_of_another_authority_is_not_heard(link: Link) -> None:
    link.listen()
    await until(lambda: _listens(link.port), "it listens")
    link.tell(link.files("ngo-1", Authority(link.folder / "foreign", "foreign")))
    await asyncio.sleep(0.3)
    assert (link.heard, link.answers) == ([], 0)


@pytest.mark.expects_log(REFUSED)
@pytest.mark.expects_log("neighbour ngo-2 .*(certificate verify failed|its certificate says 'ngo-3', serial)")
@pytest.mark.parametrize("foreign", [True, False])
async def test_nothing_is_told_to_whoever_has_not_the_neighbours_certificate(link: Link, foreign: bool) -> None:
    other = Authority(link.folder / "foreign", "foreign") if foreign else link.authority
    link.alarms = (ALARM,)
    link.listen(files=link.files("ngo-2" if foreign else "ngo-3", other))
    await until(lambda: _listens(link.port), "it listens")
    link.tell(link.files("ngo-1"))
    await asyncio.sleep(0.3)
    assert (link.heard, link.answers) == ([], 0)


def _serial(files: UplinkSection) -> str:
    """What `openssl x509 -serial` prints, as hex."""
    assert files.certificate_file is not None
    return f"{x509.load_pem_x509_certificate(files.certificate_file.read_bytes()).serial_number:x}"


async def test_with_the_serial_of_their_present_certificates_neighbours_hear_each_other(link: Link) -> None:
    here, there = link.files("ngo-2"), link.files("ngo-1")
    link.listen(files=here, serial=_serial(there))
    await until(lambda: _listens(link.port), "it listens")
    link.tell(there, serial=_serial(here))
    await until(lambda: link.answers == 1, "it is heard")


@pytest.mark.expects_log(REFUSED)
@pytest.mark.expects_log("neighbour ngo-2 ")
async def test_the_certificate_of_a_machine_that_was_replaced_is_not_heard(link: Link) -> None:
    stolen = link.files("ngo-1")
    kept = [link.folder / name for name in ("stolen.pem", "stolen.key")]
    assert stolen.certificate_file is not None
    assert stolen.key_file is not None
    for file, copy in zip((stolen.certificate_file, stolen.key_file), kept, strict=True):
        copy.write_bytes(file.read_bytes())
    link.listen(serial=_serial(link.files("ngo-1")))
    await until(lambda: _listens(link.port), "it listens")
    link.tell(stolen.model_copy(update={"certificate_file": kept[0], "key_file": kept[1]}))
    await asyncio.sleep(0.3)
    assert (link.heard, link.answers) == ([], 0)


@pytest.mark.expects_log(REFUSED)
@pytest.mark.expects_log("neighbour ngo-2 ")
async def test_a_certificate_that_the_hub_took_back_is_not_heard(link: Link) -> None:
    there = link.files("ngo-1")
    link.revoked.serials = frozenset({_serial(there)})
    link.listen()
    await until(lambda: _listens(link.port), "it listens")
    link.tell(there)
    await asyncio.sleep(0.3)
    assert (link.heard, link.answers) == ([], 0)


@pytest.mark.expects_log("neighbour ngo-2 .*its certificate says 'ngo-2', serial")
async def test_nothing_is_told_to_a_certificate_that_the_hub_took_back(link: Link) -> None:
    here = link.files("ngo-2")
    link.revoked.serials = frozenset({_serial(here)})
    link.alarms = (ALARM,)
    link.listen(files=here)
    await until(lambda: _listens(link.port), "it listens")
    link.tell(link.files("ngo-1"))
    await asyncio.sleep(0.3)
    assert (link.heard, link.answers) == ([], 0)


@pytest.mark.expects_log(REFUSED)
async def test_a_connection_ends_with_the_certificate_that_was_taken_back(link: Link) -> None:
    link.listen()
    files = link.files("ngo-1")
    reader, writer = await link.dial(files)
    writer.write(line(Told(number=1)))
    assert read(Heard, await reader.readline()).number == 1
    link.revoked.serials = frozenset({_serial(files)})
    writer.write(line(Told(number=2, alarms=(ALARM,))))
    assert await reader.readline() == b""
    assert [told.number for _, told in link.heard] == [1]
    writer.transport.abort()


async def test_a_certificate_that_has_run_out_still_rings(link: Link) -> None:
    link.listen()
    await until(lambda: _listens(link.port), "it listens")
    link.tell(_expired(link))
    await until(lambda: link.answers == 1, "it is heard")


def _expired(link: Link) -> UplinkSection:
    """A certificate of the right authority whose day was in 2001."""
    files = link.files("ngo-1")
    assert files.certificate_file is not None
    old = x509.load_pem_x509_certificate(files.certificate_file.read_bytes())
    signer = serialization.load_pem_private_key((link.folder / "hub/keng.ca.key").read_bytes(), None)
    builder = x509.CertificateBuilder().subject_name(old.subject).issuer_name(old.issuer).public_key(old.public_key())
    builder = builder.serial_number(7).not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
    made = builder.not_valid_after(datetime(2001, 1, 1, tzinfo=UTC)).sign(signer, SHA256())  # type: ignore[arg-type]
    files.certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return files


async def test_a_new_connection_of_a_neighbour_ends_its_older_one(link: Link) -> None:
    link.listen()
    files = link.files("ngo-1")
    old_reader, old = await link.dial(files)
    old.write(line(Told(number=1, alarms=(ALARM,))))
    assert read(Heard, await old_reader.readline()).number == 1
    new_reader, new = await link.dial(files)
    new.write(line(Told(number=1)))
    assert read(Heard, await new_reader.readline()).number == 1
    old.write(line(Told(number=2, alarms=(ALARM,))))
    with suppress(ConnectionError):
        assert await old_reader.readline() == b""
    assert [told.alarms for _, told in link.heard] == [(ALARM,), ()]
    for writer in (old, new):
        writer.transport.abort()


@pytest.mark.expects_log(REFUSED)
@pytest.mark.parametrize("second", [1, 3])
async def test_a_line_out_of_order_ends_the_connection(link: Link, second: int) -> None:
    link.listen()
    reader, writer = await link.dial(link.files("ngo-1"))
    for number in (3, second):
        writer.write(line(Told(number=number)))
    assert read(Heard, await reader.readline()).number == 3
    assert await reader.readline() == b""
    assert len(link.heard) == 1
    writer.transport.abort()


async def test_a_line_without_end_is_not_kept_for_ever(link: Link) -> None:
    link.listen()
    reader, writer = await link.dial(link.files("ngo-1"))
    with suppress(ConnectionError):
        writer.write(b"x" * LINE_LIMIT * 4)
        await writer.drain()
        assert await reader.read() == b"", "it ends the connection"
    assert link.heard == []
    writer.transport.abort()


@pytest.mark.expects_log(REFUSED)
async def test_strangers_hold_few_places_for_a_short_time_and_neighbours_still_get_in(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "HANDSHAKE_S", 0.5)
    link.listen()
    await until(lambda: _listens(link.port), "it listens")
    held = [await asyncio.open_connection("127.0.0.1", link.port) for _ in range(STRANGERS_AN_ADDRESS + 3)]
    ended = [asyncio.create_task(reader.read()) for reader, _ in held]
    await asyncio.wait(ended, timeout=5)
    assert all(task.done() for task in ended)
    reader, writer = await link.dial(link.files("ngo-1"))
    writer.write(line(Told(number=1)))
    assert read(Heard, await reader.readline()).number == 1
    for one in [writer, *(writer for _, writer in held)]:
        one.transport.abort()


def test_old_protocols_and_tickets_are_off(tmp_path: Path) -> None:
    context = calling(Link(tmp_path).files("ngo-1"))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.options & ssl.OP_NO_TICKET
    assert context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.expects_log(REFUSED)
async def test_strangers_at_many_addresses_leave_room_for_neighbours(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "STRANGERS", 3)
    link.listen()
    await until(lambda: _listens(link.port), "it listens")
    held = [await asyncio.open_connection("127.0.0.1", link.port, local_addr=(f"127.0.0.{n}", 0)) for n in range(2, 7)]
    assert await asyncio.wait_for(held[-1][0].read(), 5) == b"", "the fourth stranger is turned away"
    reader, writer = await link.dial(link.files("ngo-1"))
    writer.write(line(Told(number=1)))
    assert read(Heard, await reader.readline()).number == 1
    for one in [writer, *(writer for _, writer in held)]:
        one.transport.abort()


@pytest.mark.expects_log(REFUSED)
async def test_a_neighbour_with_more_unread_answers_than_allowed_is_cut_off(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "UNREAD", -1)
    link.listen()
    reader, writer = await link.dial(link.files("ngo-1"))
    for number in (1, 2):
        writer.write(line(Told(number=number)))
    with suppress(ConnectionError):
        await reader.read()
    assert len(link.heard) == 1
    writer.transport.abort()
