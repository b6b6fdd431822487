"""Headers, origins, limits, bad forms, error pages: what stands in front of every page."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from aiohttp import FormData

from keng_hub.config import Config, Village, Web
from keng_hub.web import app as pages
from support.office import Office
from support.visitor import Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
OPEN = {
    "/login",
    "/wall",  # shows the form for a code
    "/healthz",
    "/metrics",
    "/logout",
    "/language",
    "/live",
    "/hooks/{channel}",
    "/n/{code}",
    "/hooks/{channel}/{rest}",
    # Residents have no account.
    "/j",
    "/j/{code}",
    "/j/{code}/confirm",
    "/j/{code}/leave",
    "/home",
    "/home/notices",
    "/r/{code}",
    "/s/{code}",
    "/a/{code}",
    "/home/leave",
    "/home/try",
    "/home/forget",
    "/b/{code}",
    "/manifest.webmanifest",
    "/sw.js",
    "/offline",
}
"""Routes that answer without a login; each has tests of its own."""


@pytest_asyncio.fixture(loop_scope="session")
async def truc(office: Office, visitors: Visitors) -> AsyncGenerator[Visitor]:
    """The duty officer, logged in, with one open incident."""
    await office.add_account("truc", "duty")
    await office.raise_alarm()
    yield await visitors("truc")


@pytest.mark.parametrize("path", ["/incidents", "/login", "/healthz", "/nope", "/incidents/999", "/snapshots/1"])
async def test_every_answer_carries_the_security_headers(truc: Visitor, path: str) -> None:
    headers = (await truc.get(path)).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    for part in ("default-src 'self'", "script-src 'self'", "style-src 'self'", "object-src 'none'"):
        assert part in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


async def test_no_page_holds_inline_script_or_style(truc: Visitor) -> None:
    for path in ("/incidents", "/incidents/1", "/devices", "/nodes/ngo-3", "/meters", "/account", "/account/password"):
        text = (await truc.get(path)).text
        assert " style=" not in text
        assert " onclick=" not in text
        assert "<style" not in text
        assert all("src=" in tag for tag in text.split("<script")[1:])


async def test_static_files_may_be_kept_for_ever_under_their_version(truc: Visitor) -> None:
    text = (await truc.get("/incidents")).text
    sheet = text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert (await truc.get(sheet)).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (await truc.get("/static/oldversion/keng.css")).status == 404
    assert (await truc.get(sheet.rsplit("/", 1)[0] + "/%2e%2e/app.py")).status in (403, 404)


async def test_https_gives_the_cookie_its_host_prefix_and_asks_for_https_only(office: Office) -> None:
    secure = Config(
        data=office.config.data, village=Village(name="Xã Mẫu"), web=Web(public_url="https://keng.example.invalid")
    )
    office.config = secure
    await office.add_account("truc", "duty")
    await office.close()
    await office.open()
    async with Visitor(office) as person:
        answer = await person.log_in("truc")
    assert answer.headers["Set-Cookie"].startswith("__Host-keng=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Path=/" in answer.headers["Set-Cookie"]
    assert "Domain" not in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.expects_log("it came from another site")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "HERE"},
    ],
)
async def test_a_form_sent_by_another_site_is_refused(office: Office, truc: Visitor, headers: dict[str, str]) -> None:
    sent = {name: office.url if value == "HERE" else value for name, value in headers.items()}
    assert (await truc.post("/incidents/1/acknowledge", {}, headers=sent)).status == 403
    assert (await office.incident(1))["state"] == "new"


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "HERE"}])
async def test_a_form_of_this_site_is_taken(office: Office, truc: Visitor, headers: dict[str, str]) -> None:
    sent = {name: office.url if value == "HERE" else value for name, value in headers.items()}
    assert (await truc.post("/incidents/1/acknowledge", {}, headers=sent)).status == 303
    assert (await office.incident(1))["state"] == "acknowledged"


async def test_every_page_asks_for_a_login_first(office: Office, visitors: Visitors) -> None:
    stranger = await visitors()
    app = pages.make_app(office.database, office.store, office.wakes, office.config, office.parts)
    asked = 0
    for route in app.router.routes():
        path = route.resource.canonical if route.resource else ""
        if path in OPEN or path.startswith("/static") or route.method == "HEAD":
            continue
        named = {"node": "ngo-3", "device": "cong-to-1", "code": "BC-2026-T47", "channel": "email"}
        named |= {
            "photo": "1",
            "state": "accepted",
            "place": "ngo-3",
            "report": "BCN-2026-0001-1",
            "step": "begin",
            "category": "fire",
        }
        concrete = path.format(id="1", media="1", act="acknowledge", **named)
        answer = await (stranger.post(concrete) if route.method == "POST" else stranger.get(concrete))
        assert answer.status == 303, concrete
        assert answer.location.startswith("/login"), concrete
        asked += 1
    assert asked > 12


async def test_a_live_part_without_a_session_leads_the_whole_page_to_the_login(visitors: Visitors) -> None:
    stranger = await visitors()
    answer = await stranger.get("/incidents/strip", **{"HX-Request": "true"})
    assert (answer.status, answer.headers["HX-Redirect"]) == (401, "/login")


async def test_a_form_beyond_the_limit_is_refused(truc: Visitor) -> None:
    answer = await truc.post("/incidents/1/comment", {"text": "a" * 40_000})
    assert answer.status == 413
    assert "Nội dung quá lớn" in answer.text


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"text": ""}, "Vui lòng điền mục này."),
        ({"text": "   \n "}, "Vui lòng điền mục này."),
        ({}, "Còn thiếu mục này."),
        ({"text": "a" * 1001}, "Nội dung quá dài."),
        ({"text": "bell \x07 here"}, "Có ký tự không hiển thị được."),
        ({"text": "x", "state": "closed"}, "Biểu mẫu không có mục này."),
        ([("text", "một"), ("text", "hai")], "Không đọc được biểu mẫu."),
    ],
)
async def test_a_bad_comment_is_refused_in_words_and_changes_nothing(
    office: Office, truc: Visitor, form: object, text: str
) -> None:
    answer = await truc.post("/incidents/1/comment", form)
    assert answer.status == 422
    assert text in answer.text
    assert "SC-" in answer.text  # the incident is still in front of the person


async def test_a_file_where_a_text_belongs_is_refused(truc: Visitor) -> None:
    form = FormData()
    form.add_field("text", b"\xff\xfe", filename="a.txt", content_type="text/plain")
    answer = await truc.post("/incidents/1/comment", form)
    assert answer.status == 422
    assert "Không đọc được biểu mẫu." in answer.text


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/khong-co", 404, "Không có trang này"),
        ("/incidents/99999", 404, "Không có trang này"),
        ("/incidents/abc", 404, "Không có trang này"),
        ("/incidents?show=maybe", 400, "Giá trị này không có trong danh sách chọn."),
        ("/incidents?before=x", 400, "Giá trị này không dùng được."),
        ("/incidents?sort=up", 400, "Biểu mẫu không có mục này."),
        ("/nodes/khong-co", 404, "Không có trang này"),
        ("/meters/ngo-3/khoi-bep", 404, "Không có trang này"),
        ("/meters/ngo-3/cong-to-1?date=31/02/2026", 400, "Đây không phải là ngày hợp lệ."),
        ("/meters/ngo-3/cong-to-1?date=0001-01-01", 400, "Ngày này quá xa."),
        ("/meters/ngo-3/cong-to-1?date=9999-12-31", 400, "Ngày này quá xa."),
        ("/meters/ngo-3/cong-to-1?range=decade", 400, "Giá trị này không có trong danh sách chọn."),
    ],
)
async def test_a_bad_address_gets_a_plain_vietnamese_page(truc: Visitor, path: str, status: int, text: str) -> None:
    answer = await truc.get(path)
    assert answer.status == status
    assert text in answer.text
    assert 'lang="vi"' in answer.text


async def test_a_wrong_method_gets_a_page_too(truc: Visitor) -> None:
    assert (await truc.post("/incidents")).status == 405


@pytest.mark.expects_log("page failed: GET /incidents")
async def test_a_fault_inside_tells_the_person_nothing_of_its_details(
    truc: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail of the inside")

    monkeypatch.setattr("keng_hub.web.incidents.listing", fail)
    answer = await truc.get("/incidents")
    assert answer.status == 500
    assert "Máy chủ gặp lỗi" in answer.text
    assert "secret detail" not in answer.text


async def test_what_people_write_is_shown_as_text_never_as_html(office: Office, truc: Visitor) -> None:
    await truc.post("/incidents/1/comment", {"text": "<img src=x onerror=alert(1)> & 'xong'"})
    text = (await truc.get("/incidents/1")).text
    assert "<img src=x" not in text
    assert "&lt;img src=x onerror=alert(1)&gt; &amp;" in text
