"""From a node's spool to the hub: real HTTPS, real certificates, an hour without a hub, kills on both sides."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from keng_edge.cameras.evidence import spool
from keng_edge.cameras.evidence.carrier import Carrier, Progress
from keng_edge.cameras.evidence.spool import Note, Shelf
from keng_edge.cameras.evidence.uploads import PIECE, SPOILT, UNHEARD_S, Uploads
from keng_edge.config import UplinkSection
from keng_edge.config_file import load
from keng_edge.uplink import tls
from keng_hub import authority, tables
from keng_hub.database import Database
from keng_hub.media import rows
from keng_wire.event import Event, Media, MediaKind
from support.fake_clock import FakeClock
from support.hub import HubFolder
from support.media_hub import CLIP, JPEG, NOW, OCCURRENCE, MediaHub, NodeFiles, announced, serving
from support.ports import free_port, listens
from support.processes import until

HUB = """\
data = "data"

[village]
name = "Thôn Mẫu"

[web]
port = {web}

[broker]
port = {broker}
names = ["hub.example"]

[media]
port = {media}
bind = "127.0.0.1"
spare_mb = 0
"""


NOW_MS = 1_795_000_000_000


class Node:
    """A node's spool and what carries it; its events reach the hub at once while `heard`."""

    def __init__(self, folder: Path, hub: MediaHub) -> None:
        self.hub, self.clock, self.folder = hub, FakeClock(), folder / "spool"
        self.files: NodeFiles = hub.node("ngo-3")[0]
        self.shelf = Shelf(self.folder / "cam-1", 50_000_000, 0)
        self.told: list[Media] = []
        self.heard = True
        self.alarm_waits = False
        self.uploads = self.begin()

    def begin(self) -> Uploads:
        return Uploads(self.folder, self.connect, self.clock, self.event, lambda: self.alarm_waits)

    def connect(self) -> Carrier:
        ca, certificate, key = self.files
        section = UplinkSection(host="127.0.0.1", ca_file=ca, certificate_file=certificate, key_file=key)
        context = tls(section)
        assert context is not None
        return Carrier("127.0.0.1", self.hub.port, context)

    async def event(self, body: Event) -> int:
        assert isinstance(body, Media)
        self.told.append(body)
        if self.heard:
            await self.hub.announce("ngo-3", body)
        return len(self.told)

    def keep(self, data: bytes, occurrence: str = OCCURRENCE) -> None:
        clip = data[4:8] == b"ftyp"
        media = Media(
            device="cam-1",
            occurrence=occurrence,
            media=MediaKind.CLIP if clip else MediaKind.STILL,
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            width=640,
            height=360,
            ago=0,
        )
        self.shelf.put(Note(media=media, boot=self.clock.boot, up=self.clock.up, at=self.clock.utc), data)

    async def work(self, rounds: int = 50) -> None:
        """Until there is nothing to do for now."""
        for _ in range(rounds):
            if await self.uploads.run_once():
                return
        raise AssertionError("it never rests")


@pytest.fixture
async def hub(sqlite_url: str, tmp_path: Path) -> AsyncGenerator[MediaHub]:
    made = MediaHub(sqlite_url, tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def node(hub: MediaHub, tmp_path: Path) -> Node:
    return Node(tmp_path, hub)


async def test_stills_and_clips_reach_the_hub_whole_and_leave_the_node(hub: MediaHub, node: Node) -> None:
    node.keep(CLIP)
    node.keep(JPEG)
    async with serving(hub):
        await node.work()
    assert [row.state for row in hub.rows()] == ["stored", "stored"]
    assert {hub.files.path(row.file).read_bytes() for row in hub.rows()} == {CLIP, JPEG}
    assert list((node.folder / "cam-1").iterdir()) == []


async def test_an_alarm_that_waits_stops_an_upload_between_two_pieces(hub: MediaHub, node: Node) -> None:
    node.keep(CLIP)
    pieces: list[int] = []
    carry = Carrier.bring

    async with serving(hub):

        def bring(self: Carrier, media: Media, offset: int, piece: bytes) -> object:
            pieces.append(offset)
            node.alarm_waits = len(pieces) == 3
            return carry(self, media, offset, piece)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Carrier, "bring", bring)
            await node.uploads.run_once()
            await node.uploads.run_once()
            assert pieces == [0, PIECE, 2 * PIECE]
            assert await node.uploads.run_once()  # the alarm still waits
            assert len(pieces) == 3
            node.alarm_waits = False
            await node.work()
    assert pieces[3] == 3 * PIECE
    assert hub.rows()[0].state == "stored"


async def test_nothing_is_sent_while_an_alarm_waits_but_everything_is_announced(hub: MediaHub, node: Node) -> None:
    node.keep(JPEG)
    node.alarm_waits = True
    async with serving(hub):
        await node.work()
    assert [row.state for row in hub.rows()] == ["announced"]


async def test_a_hub_that_is_away_for_an_hour_gets_everything_afterwards(hub: MediaHub, node: Node) -> None:
    for minute in range(60):
        node.keep(JPEG + bytes([minute]), f"{minute:016x}")
        node.clock.pass_ms(60_000)
        with contextlib.suppress(OSError):
            await node.work()
    assert len(node.told) == 60
    async with serving(hub):
        await node.work(200)
    assert [row.state for row in hub.rows()] == ["stored"] * 60
    assert len({row.file for row in hub.rows()}) == 60


async def test_a_killed_node_and_a_killed_hub_go_on_where_they_were(
    hub: MediaHub, node: Node, sqlite_url: str, tmp_path: Path
) -> None:
    node.keep(CLIP)
    offsets: list[int] = []

    def cut(after: int) -> Callable[..., object]:
        carry = Carrier.bring

        def bring(self: Carrier, media: Media, offset: int, piece: bytes) -> object:
            offsets.append(offset)
            if len(offsets) == after:
                raise OSError("the line is cut")
            return carry(self, media, offset, piece)

        return bring

    for begun, after in ((True, 4), (False, 8)):
        async with serving(hub):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Carrier, "bring", cut(after))
                with pytest.raises(OSError, match="the line is cut"):
                    await node.work()
        node.uploads = node.begin()  # another process
        assert begun or offsets[4] == 3 * PIECE
    again = MediaHub(sqlite_url, tmp_path)
    node.hub = again
    async with serving(again):
        await node.work()
    assert again.rows()[0].state == "stored"
    assert again.files.path(again.rows()[0].file).read_bytes() == CLIP
    again.database.close()


@pytest.mark.expects_log("put into quarantine")
async def test_a_file_that_was_spoilt_on_the_card_is_given_up_with_the_reason(hub: MediaHub, node: Node) -> None:
    node.keep(JPEG)
    [entry] = spool.waiting(node.folder)
    entry.file.write_bytes(JPEG[:-3] + b"\x00\xff\xd9")
    async with serving(hub):
        await node.work()
    [row] = hub.rows()
    assert (row.state, row.reason) == ("lost", SPOILT)
    assert spool.waiting(node.folder) == []


async def test_a_file_whose_event_is_still_on_its_way_waits_and_others_pass(hub: MediaHub, node: Node) -> None:
    node.keep(JPEG)
    node.heard = False
    async with serving(hub):
        await node.work()
        node.heard = True
        node.keep(JPEG + b"2")
        await node.work()
        assert [row.state for row in hub.rows()] == ["stored"]
        await node.work()
        node.clock.pass_ms(UNHEARD_S * 1000 + 1)  # the hub's memory is gone: it is told again
        await node.work()
        await node.work()
    assert [row.state for row in hub.rows()] == ["stored", "stored"]


async def test_what_gave_way_at_the_node_is_lost_for_everybody_to_see(hub: MediaHub, node: Node) -> None:
    node.shelf = Shelf(node.folder / "cam-1", len(JPEG) + 10, 0)
    node.keep(JPEG)
    node.alarm_waits = True
    async with serving(hub):
        await node.work()
        node.keep(JPEG + b"2")
        node.alarm_waits = False
        await node.work()
    assert [row.state for row in hub.rows()] == ["lost", "stored"]
    assert hub.rows()[0].reason == spool.GAVE_WAY


@pytest.mark.expects_log("stills and clips wait: the hub answers 403")
async def test_a_node_whose_certificate_was_taken_back_keeps_its_files_and_says_so_once(
    hub: MediaHub, node: Node
) -> None:
    node.files, serial = hub.node("ngo-3")
    node.keep(JPEG)
    async with serving(hub):
        hub.authority.revoke([serial], NOW)
        task = asyncio.create_task(node.uploads.run())
        for _ in range(5):
            await asyncio.sleep(0.1)
            await node.clock.advance(40)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert hub.rows()[0].state == "announced"
    assert len(spool.waiting(node.folder)) == 1


def test_init_and_node_add_make_what_both_sides_need(tmp_path: Path) -> None:
    hub = HubFolder(tmp_path, HUB.replace("{media}", "9885"))
    assert "hub.example" in hub.done("init")
    names = authority.names_of(hub.data / "hub" / "media.crt")
    assert names[:2] == ["hub.example", "127.0.0.1"]
    assert "✓ mới  chứng thư cổng nhận hình" not in hub.done("init")
    hub.done("node", "add", "ngo-3", "--name", "Trạm ngõ 3")
    section = load(tmp_path / "ngo-3" / "edge.toml").media
    assert section is not None
    assert (section.host, section.port) == (None, 9885)


async def test_a_hub_that_is_killed_in_the_middle_of_a_clip_goes_on_where_it_was(tmp_path: Path) -> None:
    port = free_port()
    hub = HubFolder(tmp_path, HUB.replace("{media}", str(port)).replace("[broker]", "[broker]\nstart = true"))
    hub.done("init")
    hub.done("node", "add", "ngo-3", "--name", "Trạm ngõ 3")
    files = [tmp_path / "ngo-3" / name for name in ("ca.crt", "node.crt", "node.key")]
    section = UplinkSection(host="127.0.0.1", ca_file=files[0], certificate_file=files[1], key_file=files[2])
    context, media = tls(section), announced(CLIP, media="clip")
    assert context is not None
    database = Database(f"sqlite:///{hub.data}/keng.db")
    database.write_now(rows.announce, "ngo-3", media, NOW_MS, NOW_MS)
    carrier = Carrier("127.0.0.1", port, context)

    def bring(until: int) -> Progress:
        progress = carrier.ask(media)
        while progress.wanted and progress.offset < until:
            progress = carrier.bring(media, progress.offset, CLIP[progress.offset : progress.offset + PIECE])
        return progress

    with hub.program() as program:
        await until(lambda: listens(port), "the endpoint")
        half = await asyncio.to_thread(bring, len(CLIP) // 2)
        program.kill()
    carrier.close()
    with hub.program():
        await until(lambda: listens(port), "the endpoint again")
        assert (await asyncio.to_thread(carrier.ask, media)).offset == half.offset
        assert (await asyncio.to_thread(bring, len(CLIP))).state == "stored"
    row = database.read_now(lambda connection: connection.execute(sa.select(tables.media)).one())
    assert (hub.data / "media" / row.file).read_bytes() == CLIP
    carrier.close()
    database.close()
