"""The lock of a session: who left the desk is asked for the password again, and alarms do not wait for that."""

import json
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from playwright.async_api import Browser, expect

from keng_hub.config import Web
from keng_hub.tables import audit_entry
from keng_hub.web import live
from support import browser as browsers
from support.browser import log_in, violations
from support.office import PASSWORD, Office, until
from support.visitor import Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
MINUTE = 60_000


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def locking(office: Office) -> None:
    """The office as it is without settings."""
    await _reopen(office, Web())


async def _reopen(office: Office, web: Web) -> None:
    office.config = office.config.model_copy(update={"web": web})
    await office.close()
    await office.open()


async def _acts(office: Office) -> list[tuple[str, str]]:
    """What the audit log says was done, without what was only asked."""
    query = sa.select(audit_entry.c.act, audit_entry.c.outcome).order_by(audit_entry.c.id)
    rows = await office.database.read(lambda connection: connection.execute(query).all())
    return [(row.act, row.outcome) for row in rows if row.outcome != "asked"]


async def _away(office: Office, visitors: Visitors, minutes: float = 15, role: str = "duty") -> Visitor:
    """Somebody who was logged in and then did nothing for so long."""
    await office.add_account("truc", role)
    person = await visitors("truc")
    office.clock.ahead += int(minutes * MINUTE)
    return person


async def test_after_a_while_nothing_opens_and_the_strip_still_says_what_waits(
    office: Office, visitors: Visitors
) -> None:
    person = await _away(office, visitors)
    await office.raise_alarm()
    answer = await person.get("/households?place=ngo-3")
    assert (answer.status, answer.location) == (303, "/unlock?next=/households?place%3Dngo-3")
    assert "Có khói" in (await person.get("/incidents/strip")).text
    assert "Đã khóa" in (await person.get("/unlock")).text
    part = await person.get("/incidents", **{"HX-Request": "true"})
    assert (part.status, part.text, part.headers["HX-Trigger"]) == (423, "", "locked")
    picture = await person.get("/media/1", **{"Sec-Fetch-Mode": "no-cors"})
    assert picture.status == 423


async def test_the_password_opens_it_again_where_one_was_going_and_both_are_written_down(
    office: Office, visitors: Visitors
) -> None:
    person = await _away(office, visitors)
    await person.get("/devices")
    wrong = await person.post("/unlock", {"password": "đoán", "next": "/devices"})
    assert (wrong.status, "Mật khẩu không đúng." in wrong.text) == (401, True)
    assert (await person.post("/unlock", {"next": "/devices"})).status == 422
    right = await person.post("/unlock", {"password": PASSWORD, "next": "//evil.example"})
    assert (right.status, right.location) == (303, "/")
    assert (await person.get("/devices")).status == 200
    assert (await person.get("/unlock?next=/devices")).location == "/devices"
    done = await _acts(office)
    assert [act for act in done if "lock" in act[0]] == [
        ("lock", "done"),
        ("POST /unlock", "denied"),
        ("POST /unlock", "refused"),
        ("POST /unlock", "done"),
    ]


async def test_an_act_of_a_locked_session_is_refused_and_kept_until_it_is_unlocked(
    office: Office, visitors: Visitors
) -> None:
    person = await _away(office, visitors)
    incident = await office.raise_alarm()
    address = f"/incidents/{incident}/comment"
    refused = await person.post(address, {"text": "đã gọi chủ nhà & chờ"})
    assert (refused.status, "Thao tác này chưa được thực hiện." in refused.text) == (423, True)
    [kept] = [part.partition('"')[0] for part in refused.text.split('name="kept" value="')[1:]]
    unlocked = await person.post("/unlock", {"password": PASSWORD, "next": address, "kept": kept})
    assert unlocked.status == 200
    assert f'action="{address}"' in unlocked.text
    assert "“đã gọi chủ nhà &amp; chờ”" in unlocked.text
    assert "chủ nhà" not in (await person.get(f"/incidents/{incident}")).text
    assert (await person.post(address, {"text": "đã gọi chủ nhà & chờ"})).status == 303
    assert ("POST " + address, "refused") in await _acts(office)


async def test_a_form_that_is_too_large_to_keep_is_refused_all_the_same(office: Office, visitors: Visitors) -> None:
    person = await _away(office, visitors)
    refused = await person.post("/shifts", {"text": "x" * 20_000})
    assert (refused.status, 'name="kept"' in refused.text) == (423, False)
    assert (await person.post("/unlock", {"password": PASSWORD, "kept": "x" * 10_001})).status == 422


@pytest.mark.expects_log("too many failures")
async def test_guessing_at_the_lock_is_slowed_down_together_with_the_login(office: Office, visitors: Visitors) -> None:
    person = await _away(office, visitors)
    answers = [(await person.post("/unlock", {"password": f"đoán {n}"})).status for n in range(3)]
    answers += [(await (await visitors()).log_in("truc", f"đoán {n}")).status for n in range(2)]
    assert answers == [401] * 5
    slowed = await person.post("/unlock", {"password": PASSWORD})
    assert (slowed.status, "Hãy chờ" in slowed.text) == (429, True)
    office.clock.ahead += MINUTE + 1000
    assert (await person.post("/unlock", {"password": PASSWORD})).status == 303


@pytest.mark.parametrize(("role", "minutes", "status"), [("dpo", 5, 303), ("duty", 5, 200), ("duty", 14.9, 200)])
async def test_who_guards_the_data_is_locked_sooner(
    office: Office, visitors: Visitors, role: str, minutes: float, status: int
) -> None:
    person = await _away(office, visitors, minutes, role)
    assert (await person.get("/account")).status == status


async def test_who_acts_is_not_locked_and_what_a_page_fetches_by_itself_is_no_act(
    office: Office, visitors: Visitors
) -> None:
    person = await _away(office, visitors, 10)
    assert (await person.get("/devices")).status == 200
    office.clock.ahead += 10 * MINUTE
    assert (await person.get("/devices", **{"HX-Request": "true"})).status == 200
    assert (await person.get("/devices", **{"Sec-Fetch-Mode": "navigate"})).status == 200  # a page that reloads itself
    office.clock.ahead += 5 * MINUTE
    assert (await person.get("/devices")).location.startswith("/unlock")


async def test_one_locks_by_hand_and_logs_out_from_there(office: Office, visitors: Visitors) -> None:
    person = await _away(office, visitors, 0)
    assert (await person.post("/lock")).location == "/unlock"
    assert (await person.get("/account")).location == "/unlock?next=/account"
    assert (await person.post("/logout")).location == "/login"


async def test_without_minutes_nothing_locks(office: Office, visitors: Visitors) -> None:
    await _reopen(office, Web(lock_min=0, lock_admin_min=0))
    person = await _away(office, visitors, 600)
    assert (await person.get("/devices")).status == 200


async def test_an_open_page_is_told_and_says_when_somebody_is_at_it(
    office: Office, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BEAT_S", 0.05)
    person = await _away(office, visitors, 10)

    async def said(locked: bool) -> bool:
        message: dict[str, Any] = json.loads((await socket.receive(timeout=5)).data)[2]
        return message.get("locked") is locked

    async with await person.live() as socket:
        assert await said(False)
        await socket.send_str(json.dumps({"acted": True}))
        assert await said(False)
        assert await said(False)
        office.clock.ahead += 6 * MINUTE
        assert await said(False)
        office.clock.ahead += 10 * MINUTE
        await until(lambda: said(True))


async def test_journey_of_an_officer_who_comes_back_to_a_locked_desk(
    office: Office, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BEAT_S", 0.2)
    await office.add_account("truc", "duty")
    axe = browsers.axe_script()
    first = await office.raise_alarm("ngo-9", "khoi-9", category="security", severity="high", cause="contact")
    async with browsers.page(browser, office.url, bypass_csp=True) as watch:
        page = watch.page
        await log_in(watch, "truc", PASSWORD)
        await page.goto(f"{office.url}/incidents/{first}")
        await expect(page.locator("#link")).to_have_attribute("data-state", "live")
        await page.click("#act-comment textarea")  # which allows sound, too
        await page.keyboard.type("đang viết dở")
        office.clock.ahead += 16 * MINUTE
        await expect(page.locator("#lock h1")).to_have_text("Đã khóa")
        await expect(page.locator("#incident")).to_be_hidden()
        await office.raise_alarm()
        await expect(page.locator("#strip")).to_contain_text("2 sự cố đang chờ")
        await expect(page.locator("#announce")).to_contain_text("Khẩn cấp: Có khói")
        await expect(page.locator("#sound")).to_have_attribute("data-ringing", "true")
        assert axe is None or await violations(page, axe) == []
        await page.fill("#lock input[type=password]", "đoán thử")
        await page.press("#lock input[type=password]", "Enter")
        await expect(page.locator("#lock .problem")).to_have_text("Mật khẩu không đúng.")
        await page.fill("#lock input[type=password]", PASSWORD)
        await page.click("#lock button.main")
        await expect(page.locator("#incident")).to_be_visible()
        assert await page.input_value("#act-comment textarea") == "đang viết dở"
        await page.click("#act-comment button")
        await expect(page.locator("#timeline")).to_contain_text("đang viết dở")
        await page.goto(f"{office.url}/account")
        await page.get_by_role("button", name="Khóa ngay").click()
        await expect(page.locator("main h1")).to_have_text("Đã khóa")
        assert axe is None or await violations(page, axe) == []
        await page.fill("main input[type=password]", PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.locator("#list")).to_be_visible()
        watch.forget("401", "423")
