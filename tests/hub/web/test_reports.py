"""The pages for paper: weekly reports within one's places and rights, and the inspection record of a node."""

import hashlib
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser
from sqlalchemy.engine import Connection

from keng_hub.reports.week import due
from keng_hub.reports.weekly import WeeklyReports
from keng_hub.tables import device, proof_test
from support import browser as browsers
from support.browser import log_in
from support.office import PASSWORD, Office
from support.visitor import Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
TEST = "ab" * 8
DAY = 86_400_000


async def report(office: Office) -> str:
    """Points in both villages, one disabled, one proven long ago; the week's report and its number."""
    now = office.clock()
    week = due(now)
    by = {"by": "Trần Thị Mẫu", "method": "smoke", "simulated": False}
    off = {"mark": "disabled", "since": now - DAY, "until": now + DAY, "by": "Lê Văn Mẫu", "reason": "hàn cửa"}
    rows: dict[str, dict[str, Any]] = {
        "khoi-bep": {"marks": ["disabled", "unproven"], "details": [off], "uncertified": True, "interval": 45},
        "nut-ngo": {"marks": ["comms_lost"], "proof": {"test": TEST, "at": now - 350 * DAY, **by}},
        "khoi-9": {"marks": [], "proof": {"test": TEST, "at": now - 3 * DAY, **by}, "certificate": "KĐ-2026-0001"},
    }

    def change(connection: Connection) -> None:
        for key, values in rows.items():
            where = device.c.id == key
            connection.execute(sa.update(device).where(where).values(fingerprint="ab" * 32, **values))
        test: dict[str, Any] = {
            "node": "ngo-9",
            "device": "khoi-9",
            "command": TEST,
            "state": "proven",
            "method": "smoke",
        }
        test |= {"begun": week.first, "until": week.last, "confirmed": week.first + DAY, "account": who}
        connection.execute(sa.insert(proof_test).values(**test, sounder_ms=31, hub_ms=420, versions={"codec": "1f3a"}))

    who = await office.add_account("tho", "technician")
    await office.database.write(change)
    assert await WeeklyReports(office.database, office.wakes, office.url, office.clock).run_once()
    return week.code


async def test_a_report_says_what_each_point_needs_and_who_did_what(office: Office, visitors: Visitors) -> None:
    code = await report(office)
    person = await visitors("tho")
    listed = (await person.get("/reports")).text
    assert f'href="/reports/{code}"' in listed
    text = (await person.get(f"/reports/{code}")).text
    for words in (
        code, "Báo cáo tuần về thiết bị báo cháy", "Thôn Một", "Thôn Hai", "Chưa nghiệm thu", "Lê Văn Mẫu", "hàn cửa",
        "Mất kết nối", "Đến hạn nghiệm thu lại trong 30 ngày", "chưa có chứng nhận (tham khảo)", "Nguyễn Văn Tho",
        "0,031", "0,420", "A – mất kết nối được báo trong 100 giây", "Điểm đến lượt:", "Giải thích từ ngữ",
    ):  # fmt: skip
        assert words in text, words


async def test_the_digest_is_that_of_the_content(office: Office, visitors: Visitors) -> None:
    code = await report(office)
    person = await visitors("tho")
    content = await person.get(f"/reports/{code}/content")
    assert content.status == 200
    assert hashlib.sha256(content.text.encode()).hexdigest() in (await person.get(f"/reports/{code}")).text


async def test_names_and_other_places_are_not_for_everybody(office: Office, visitors: Visitors) -> None:
    code = await report(office)
    await office.add_account("xem", "observer")
    observer = await visitors("xem")
    text = (await observer.get(f"/reports/{code}")).text
    for name in ("Lê Văn Mẫu", "hàn cửa", "Trần Thị Mẫu", "Nguyễn Văn Tho", "/content"):
        assert name not in text
    assert "Thôn Hai" in text
    assert (await observer.get(f"/reports/{code}/content")).status == 403
    await office.add_account("thon1", "village_head", "thon-mot")
    head = await visitors("thon1")
    text = (await head.get(f"/reports/{code}")).text
    assert "Lê Văn Mẫu" in text
    for foreign in ("Thôn Hai", "khoi-9", "Đầu báo khói nhà văn hóa", "0,031"):
        assert foreign not in text
    assert (await head.get(f"/reports/{code}/content")).status == 403
    await office.add_account("dan", "resident")
    for path in ("/reports", f"/reports/{code}", f"/reports/{code}/content", "/nodes/ngo-3/report"):
        assert (await (await visitors("dan")).get(path)).status == 403
        assert (await (await visitors()).get(path)).status == 303


@pytest.mark.parametrize("code", ["BC-1999-T01", "BC-2026-T470", "1"])
async def test_there_is_no_other_report(office: Office, visitors: Visitors, code: str) -> None:
    await report(office)
    person = await visitors("tho")
    assert (await person.get(f"/reports/{code}")).status == 404
    assert (await person.get(f"/reports/{code}/content")).status == 404


async def test_the_record_of_a_node_has_its_points_with_class_proof_and_certificate(
    office: Office, visitors: Visitors
) -> None:
    await report(office)
    person = await visitors("tho")
    assert "/nodes/ngo-9/report" in (await person.get("/nodes/ngo-9")).text
    text = (await person.get("/nodes/ngo-9/report")).text
    for words in (
        "Biên bản kiểm tra trạm", "Ngõ 9, Thôn Hai, Xã Mẫu", "keng-edge 0.1.0", "KĐ-2026-0001", "Trần Thị Mẫu",
        "A – mất kết nối được báo trong 100 giây", "0,031", "codec 1f3a", "Công tơ nhà văn hóa", "Người kiểm tra",
    ):  # fmt: skip
        assert words in text, words
    assert "chưa có chứng nhận" in (await person.get("/nodes/ngo-3/report")).text
    await office.add_account("tho2", "technician", "thon-hai")
    stranger = await visitors("tho2")
    assert (await stranger.get("/nodes/ngo-3/report")).status == 404
    assert (await stranger.get("/nodes/ngo-9/report")).status == 200


async def test_on_paper_stands_nothing_to_press(office: Office, browser: Browser) -> None:
    code = await report(office)
    async with browsers.page(browser, office.url) as watch:
        await log_in(watch, "tho", PASSWORD)
        for path in (f"/reports/{code}", "/nodes/ngo-3/report"):
            await watch.page.goto(office.url + path)
            await watch.page.emulate_media(media="print")
            for hidden in (".bar", ".crumbs", "footer form"):
                assert not await watch.page.locator(hidden).first.is_visible(), hidden
            wide = await watch.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0
            assert len(await watch.page.pdf(format="A4")) > 1000
            await watch.page.emulate_media(media="screen")
