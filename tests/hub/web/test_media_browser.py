"""Stills and clips in a real browser: the clip plays from the hub, and axe-core finds nothing."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from keng_edge.cameras.evidence import clip as clips
from keng_edge.cameras.evidence.ring import Kept
from support import browser as browsers
from support.browser import log_in
from support.clips import walker
from support.h264 import packets, write_stream
from support.kept_media import keep
from support.media_hub import JPEG
from support.office import PASSWORD, Office

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLAY = """async () => {
    const video = document.querySelector("video");
    video.muted = true;
    video.playbackRate = 8;
    const ended = new Promise(resolve => { video.onended = resolve; });
    await video.play();
    await ended;
    return video.duration;
}"""


def drawn_clip(folder: Path) -> bytes:
    """Six seconds, copied packet by packet."""
    form, kept = None, list[Kept]()
    for number, packet in enumerate(packets(write_stream(folder / "stream.ts", walker(1, 4), 6))):
        form = form or clips.form_of(packet)
        kept.append(Kept(bytes(packet), packet.pts, packet.dts, packet.is_keyframe, number * 100))
    assert form is not None
    clips.copy(form, kept, folder / "clip.mp4")
    return (folder / "clip.mp4").read_bytes()


async def violations(page: Page) -> list[str]:
    """What axe finds."""
    script = browsers.axe_script()
    if script is None:
        return []
    await page.add_script_tag(path=script)
    result: dict[str, Any] = await page.evaluate("axe.run({})")
    return [f"{one['id']}: {node['html'][:160]}" for one in result["violations"] for node in one["nodes"]]


async def test_a_person_watches_a_clip_and_the_guardian_sees_it_in_the_log(
    office: Office, browser: Browser, tmp_path: Path
) -> None:
    await office.add_account("canh", "police")
    await office.add_account("bao", "dpo")
    incident = await office.raise_alarm("ngo-3", "cam-ngo", category="security", cause="intrusion", severity="high")
    await keep(office, 1, JPEG, moment="begin")
    clip = await keep(office, 1, drawn_clip(tmp_path), media="clip", duration=6_000)
    async with browsers.page(browser, office.url, bypass_csp=True) as watch:
        page = watch.page
        await log_in(watch, "canh", PASSWORD)
        await page.goto(f"{office.url}/incidents/{incident}")
        assert await violations(page) == []
        await page.click(f"#media-{clip} summary")
        assert await violations(page) == []
        await page.fill(f"#media-{clip} form[action$=watch] input", "xác minh người lạ")
        await page.click(f"#media-{clip} form[action$=watch] button")
        await page.wait_for_selector("video")
        assert await page.evaluate(PLAY) == pytest.approx(6, abs=0.2)
        assert await violations(page) == []
        watch.forget("aborted", "console error: Failed to load resource", "media/")
    async with browsers.page(browser, office.url, bypass_csp=True) as watch:
        await log_in(watch, "bao", PASSWORD)
        assert watch.page.url == f"{office.url}/viewings"
        assert "xác minh người lạ" in await watch.page.inner_text("#viewings")
        assert await violations(watch.page) == []
