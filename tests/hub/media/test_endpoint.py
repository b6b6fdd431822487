"""Nodes bring stills and clips over real HTTPS with real certificates."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from keng_hub.authority import Authority
from keng_hub.media.files import QUARANTINE
from keng_wire.event import Media
from support.media_hub import CLIP, JPEG, NOW, MediaHub, NodeFiles, Told, announced, ask, serving
from support.processes import until
from support.small_disk import fill, small_disk


@pytest.fixture
async def hub(sqlite_url: str, tmp_path: Path) -> AsyncGenerator[MediaHub]:
    made = MediaHub(sqlite_url, tmp_path)
    async with serving(made):
        yield made
    made.database.close()


@pytest.fixture
def node(hub: MediaHub) -> NodeFiles:
    return hub.node("ngo-3")[0]


async def bring(
    hub: MediaHub, files: NodeFiles | None, media: Media, data: bytes | None = None, offset: str | int = 0
) -> Told:
    return await asyncio.to_thread(ask, hub, files, media, data, offset)


async def test_an_announced_still_is_stored_under_a_name_of_the_hub(hub: MediaHub, node: NodeFiles) -> None:
    media = announced(JPEG)
    await hub.announce("ngo-3", media)
    assert (await bring(hub, node, media)).body == {"state": "announced", "offset": 0, "wanted": True}
    assert (await bring(hub, node, media, JPEG)).body == {"state": "stored", "offset": len(JPEG), "wanted": False}
    [row] = hub.rows()
    assert row.state == "stored"
    assert hub.files.path(row.file).read_bytes() == JPEG
    assert row.file.endswith(".jpg")
    assert media.sha256 not in row.file


async def test_nothing_is_taken_before_its_event(hub: MediaHub, node: NodeFiles) -> None:
    assert (await bring(hub, node, announced(JPEG), JPEG)).status == 404
    assert list(hub.files.folder.rglob("*.*")) == []


async def test_a_clip_comes_in_pieces_and_goes_on_where_it_stopped(hub: MediaHub, node: NodeFiles) -> None:
    media = announced(CLIP, media="clip", duration=16_000)
    await hub.announce("ngo-3", media)
    half = len(CLIP) // 2
    for offset in range(0, half, 500_000):
        await bring(hub, node, media, CLIP[offset : min(offset + 500_000, half)], offset)
    told = await bring(hub, node, media)
    assert told.body["offset"] == half
    assert (await bring(hub, node, media, CLIP[half : half + 10], half + 5)).status == 409
    for offset in range(half, len(CLIP), 500_000):
        told = await bring(hub, node, media, CLIP[offset : offset + 500_000], offset)
    assert told.body["state"] == "stored"
    [row] = hub.rows()
    assert hub.files.path(row.file).read_bytes() == CLIP


async def test_the_same_file_twice_is_one(hub: MediaHub, node: NodeFiles) -> None:
    media = announced(JPEG)
    for _ in range(2):
        await hub.announce("ngo-3", media)
        assert (await bring(hub, node, media, JPEG)).body["state"] == "stored"
    assert len(hub.rows()) == 1
    assert len(list(hub.files.folder.rglob("*.jpg"))) == 1


async def test_a_node_reaches_only_what_it_announced_itself(hub: MediaHub, node: NodeFiles) -> None:
    media = announced(JPEG)
    await hub.announce("ngo-9", media)
    assert (await bring(hub, node, media)).status == 404
    assert (await bring(hub, node, media, JPEG)).status == 404


async def test_without_a_certificate_or_with_a_foreign_one_nobody_gets_in(hub: MediaHub, tmp_path: Path) -> None:
    media = announced(JPEG)
    await hub.announce("ngo-3", media)
    stranger = Authority(tmp_path / "stranger")
    stranger.create("Thôn Mẫu", NOW)
    foreign, _ = hub.node("ngo-3", stranger)
    for files in (None, foreign):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await bring(hub, files, media, JPEG)
    server = NodeFiles(hub.authority.certificate_file, tmp_path / "media.crt", tmp_path / "media.key")
    with pytest.raises((ssl.SSLError, ConnectionError)):  # a server's certificate is no node's
        await bring(hub, server, media, JPEG)
    assert hub.rows()[0].state == "announced"


async def test_a_certificate_that_was_taken_back_is_refused_at_once_and_after_a_restart(
    hub: MediaHub, node: NodeFiles
) -> None:
    media = announced(JPEG)
    await hub.announce("ngo-3", media)
    stolen, serial = hub.node("ngo-3")
    assert (await bring(hub, stolen, media)).status == 200
    hub.authority.revoke([serial], NOW)
    assert (await bring(hub, stolen, media, JPEG)).status == 403
    assert (await bring(hub, node, media)).status == 200
    again = MediaHub(str(hub.database.url), hub.folder)
    async with serving(again):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await bring(again, stolen, media, JPEG)
        assert (await bring(again, node, media)).status == 200
    again.database.close()


@pytest.mark.expects_log("put into quarantine")
async def test_a_file_that_is_not_what_was_announced_is_put_aside_with_the_reason(
    hub: MediaHub, node: NodeFiles
) -> None:
    media = announced(JPEG)
    await hub.announce("ngo-3", media)
    wrong = JPEG[:-3] + b"\x00\xff\xd9"
    for left in (True, True, False):
        told = await bring(hub, node, media, wrong)
        assert told.body == {"state": "quarantined", "offset": 0, "wanted": left}
    [row] = hub.rows()
    assert hashlib.sha256(wrong).hexdigest()[:16] in row.reason
    assert len(list((hub.files.folder / QUARANTINE).iterdir())) == 3
    assert (await bring(hub, node, media, JPEG)).body["state"] == "quarantined"


@pytest.mark.expects_log("put into quarantine")
async def test_a_right_file_after_a_wrong_one_is_stored(hub: MediaHub, node: NodeFiles) -> None:
    media = announced(JPEG)
    await hub.announce("ngo-3", media)
    await bring(hub, node, media, JPEG[:-3] + b"\x00\xff\xd9")
    assert (await bring(hub, node, media, JPEG)).body["state"] == "stored"
    assert hub.rows()[0].reason is None


@pytest.mark.expects_log("put into quarantine")
async def test_a_page_announced_as_a_still_is_no_still(hub: MediaHub, node: NodeFiles) -> None:
    page = b"<html><script>alert(1)</script></html>"
    for data, kind in ((page, "still"), (JPEG, "clip")):
        media = announced(data, media=kind)
        await hub.announce("ngo-3", media)
        assert (await bring(hub, node, media, data)).body["state"] == "quarantined"


async def test_more_than_announced_more_than_allowed_and_no_offset_are_refused(sqlite_url: str, tmp_path: Path) -> None:
    hub = MediaHub(sqlite_url, tmp_path, max_mb=1)
    async with serving(hub):
        node, _ = hub.node("ngo-3")
        small, large = announced(JPEG), announced(CLIP, media="clip")
        await hub.announce("ngo-3", small)
        await hub.announce("ngo-3", large)
        assert (await bring(hub, node, small, JPEG + b"more")).status == 409
        assert (await bring(hub, node, small, JPEG, "-1")).status == 400
        assert (await bring(hub, node, large, bytes((1 << 20) + 10))).status == 413
        assert (await bring(hub, node, large, CLIP[:1000])).body == {"state": "lost", "offset": 0, "wanted": False}
        assert [row.state for row in hub.rows()] == ["announced", "lost"]
    hub.database.close()


async def test_a_full_disk_at_the_hub_makes_media_wait_and_nothing_is_lost(sqlite_url: str, tmp_path: Path) -> None:
    media = announced(CLIP, media="clip")
    with small_disk(tmp_path / "disk", 30) as disk:
        careful = MediaHub(sqlite_url, tmp_path, folder=disk / "media", spare_mb=10)
        node, _ = careful.node("ngo-3")
        async with serving(careful):
            await careful.announce("ngo-3", media)
            await bring(careful, node, media, CLIP[:500_000])
            stuffing = fill(disk, leave=3_000_000)
            assert (await bring(careful, node, media, CLIP[500_000:1_000_000], 500_000)).status == 507
            assert not (await careful.endpoint.health()).ok
        careful.database.close()
        stuffing.unlink()
        careless = MediaHub(sqlite_url, tmp_path, folder=disk / "media", spare_mb=0)
        async with serving(careless):
            stuffing = fill(disk, leave=100_000)
            assert (await bring(careless, node, media, CLIP[500_000:1_000_000], 500_000)).status == 507
            assert (await bring(careless, node, media)).body["offset"] == 500_000
            stuffing.unlink()
            for offset in range(500_000, len(CLIP), 500_000):
                await bring(careless, node, media, CLIP[offset : offset + 500_000], offset)
            assert careless.rows()[0].state == "stored"
        careless.database.close()


async def test_a_crash_between_file_and_row_is_made_good_by_the_next_upload(hub: MediaHub, node: NodeFiles) -> None:
    media = announced(JPEG)
    await hub.announce("ngo-3", media)
    await bring(hub, node, media, JPEG[:100])
    name = hub.rows()[0].file
    hub.files.append(name, 100, JPEG[100:])  # the last piece was written, and the hub killed before it looked at it
    assert (await bring(hub, node, media)).body == {"state": "announced", "offset": len(JPEG), "wanted": True}
    hub.files.finish(name, ".jpg")  # or killed after it gave the file its name
    assert (await bring(hub, node, media)).body["offset"] == 0
    assert (await bring(hub, node, media, JPEG)).body["state"] == "stored"
    assert hub.files.path(hub.rows()[0].file).read_bytes() == JPEG


async def test_an_empty_piece_ends_a_file_that_is_all_there(hub: MediaHub, node: NodeFiles) -> None:
    media = announced(JPEG)
    await hub.announce("ngo-3", media)
    await bring(hub, node, media, JPEG[:100])
    hub.files.append(hub.rows()[0].file, 100, JPEG[100:])
    assert (await bring(hub, node, media, b"", len(JPEG))).body["state"] == "stored"


async def test_what_will_never_come_says_why(hub: MediaHub, node: NodeFiles) -> None:
    media = announced(JPEG)
    await hub.announce("ngo-3", media)
    await hub.announce("ngo-3", media.model_copy(update={"lost": "đĩa đầy"}))
    [row] = hub.rows()
    assert (row.state, row.reason) == ("lost", "đĩa đầy")
    assert (await bring(hub, node, media)).body["wanted"] is False


@pytest.mark.expects_log("nodes cannot bring media: chưa có .*media.crt: hãy chạy keng-hub init")
async def test_a_hub_whose_certificate_was_not_made_yet_says_what_to_do(sqlite_url: str, tmp_path: Path) -> None:
    hub = MediaHub(sqlite_url, tmp_path)
    (tmp_path / "media.crt").unlink()
    task = asyncio.create_task(hub.endpoint.run())
    try:
        await until(lambda: hub.endpoint.trouble != "starting", "its trouble")
        assert "keng-hub init" in (await hub.endpoint.health()).detail
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        hub.database.close()
