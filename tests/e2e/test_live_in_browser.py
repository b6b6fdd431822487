"""A duty officer looks through a camera: hub, broker and node as programs, a film as its source, a real browser."""

import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.async_api import Page, expect

from keng_hub import tables
from keng_hub.database import Database
from support import browser as browsers
from support.browser import log_in
from support.clips import walker
from support.h264 import write_stream
from support.hub import HubFolder
from support.office import HASHED, PASSWORD
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
loop = true
notice_confirmed = 2026-11-01
masks = [[[0.0, 0.0], [1.0, 0.0], [1.0, 0.25], [0.0, 0.25]]]
"""
SHOTS = """async () => {
    const image = document.getElementById("live-picture");
    const canvas = document.createElement("canvas");
    const look = () => {
        canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
        const context = canvas.getContext("2d", {willReadFrequently: true});
        context.drawImage(image, 0, 0);
        return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
    };
    const first = look();
    let differs = 0, masked = 0;
    for (let more = 0; more < 60 && differs <= 500; more += 1) {  // a walker who is out of the picture comes again
        const from = image.src;
        while (image.src === from || !image.complete) await new Promise(done => setTimeout(done, 50));
        const later = look();
        differs = 0;
        for (let i = 0; i < first.length; i += 4) if (Math.abs(first[i] - later[i]) > 40) differs += 1;
    }
    for (let i = 0; i < first.length / 8; i += 4) masked = Math.max(masked, first[i]);
    return {differs, masked, width: image.naturalWidth};
}"""


def _set_up(folder: Path, media: int) -> tuple[HubFolder, Path]:
    hub = HubFolder(folder, HUB.replace("PORT", str(media)))
    hub.done("init")
    hub.done("node", "add", "ngo-3", "--name", "Trạm ngõ 3")
    source = write_stream(folder / "stream.mp4", walker(0, 20, y=0.7), 20)
    file = folder / "ngo-3" / "edge.toml"
    text = file.read_text(encoding="utf-8").replace("/etc/keng/", f"{file.parent}/")
    text = text.replace("/var/lib/keng", str(folder / "node"))
    file.write_text(text + CAMERA.format(source=source), encoding="utf-8")
    return hub, file


def _add_person(database: Database) -> None:
    person = {"username": "nguoi", "full_name": "Nguyễn Văn Mẫu", "role": "duty", "password": HASHED, "created": 0}
    database.write_now(lambda connection: connection.execute(sa.insert(tables.account).values(person)))


def _count(database: Database, table: sa.Table) -> int:
    chosen = sa.select(sa.func.count()).select_from(table)
    return database.read_now(lambda connection: connection.execute(chosen).scalar_one())


async def look(page: Page, url: str) -> None:
    """The wall, then one camera live, and away."""
    await page.goto(f"{url}/cameras")
    await page.fill("#why input", "trực ca tối")
    await page.click("#why button")
    await expect(page.locator("#tile-ngo-3-cam-cong img")).to_be_visible()
    await page.click("#tile-ngo-3-cam-cong a")
    await page.fill("input[name=reason]", "nghe tiếng động lạ")
    await page.click("button.main")
    await expect(page.locator("#live-picture")).to_be_visible()
    await expect(page.locator("#live-age")).to_contain_text("Hình cách đây")
    until_then = await page.get_attribute("#live-until b", "data-until") or ""
    await page.click("#live-prolong")
    await expect(page.locator("#live-until b")).not_to_have_attribute("data-until", until_then)
    seen = await page.evaluate(SHOTS)
    assert (seen["width"], seen["differs"] > 500, seen["masked"] < 40) == (640, True, True)
    await expect(page.locator("#live-rules")).to_contain_text("1 vùng")


async def test_a_person_sees_a_moving_picture_and_the_node_stops_when_the_page_is_left(tmp_path: Path) -> None:
    if not browsers.CHROMIUM.exists():
        pytest.skip("Chromium is not installed (Debian: apt install chromium)")
    port = free_port()
    hub, file = _set_up(tmp_path, port)
    node = Program([sys.executable, "-m", "keng_edge", "run", "--config", file], tmp_path / "node.log")
    with hub.program():
        await until(lambda: listens(port) and listens(hub.web_port), "the hub")
        database = Database(f"sqlite:///{hub.data}/keng.db")
        _add_person(database)
        with node:
            await until(lambda: _count(database, tables.device) == 1, "the camera is known")
            url = f"http://127.0.0.1:{hub.web_port}"
            async with browsers.started() as browser, browsers.page(browser, url) as watch:
                await log_in(watch, "nguoi", PASSWORD)
                await look(watch.page, url)
                await watch.page.goto(f"{url}/account")
                ended = "SELECT count(*) FROM media_viewing WHERE kind = 'live' AND until - at < 60000"

                def over() -> bool:
                    return bool(database.read_now(lambda connection: connection.execute(sa.text(ended)).scalar_one()))

                await until(over, "the view ends as the page is left")
                watch.forget("ERR_ABORTED")
        database.close()
