"""Logging in, sessions, passwords, throttling."""

import asyncio
import re

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.tables import account, session
from keng_hub.web import sessions
from support.office import PASSWORD, Office
from support.visitor import Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
NEW = "một mật khẩu mới dài"


def _digests(connection: Connection) -> list[str]:
    return [str(one) for one in connection.execute(sa.select(session.c.digest)).scalars()]


async def test_a_right_password_leads_to_the_incidents(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    person = await visitors()
    answer = await person.log_in("truc")
    assert (answer.status, answer.location) == (303, "/")
    assert (await person.get("/")).location == "/incidents"
    assert "Không có sự cố nào đang mở." in (await person.get("/incidents")).text


async def test_a_wrong_password_an_unknown_name_and_a_disabled_account_look_the_same(
    office: Office, visitors: Visitors
) -> None:
    await office.add_account("truc", "duty")
    await office.add_account("nghi", "duty", disabled=True)
    person = await visitors()
    answers = [
        await person.log_in("truc", "sai mật khẩu"),
        await person.log_in("khong-co", PASSWORD),
        await person.log_in("nghi", PASSWORD),
    ]
    assert [answer.status for answer in answers] == [401, 401, 401]
    texts = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
    assert len(texts) == 1
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in texts.pop()


async def test_the_cookie_is_locked_down_and_the_database_knows_only_its_digest(
    office: Office, visitors: Visitors
) -> None:
    await office.add_account("truc", "duty")
    person = await visitors()
    cookie = (await person.log_in("truc")).headers["Set-Cookie"]
    assert re.match(r"keng=[\w-]{43};", cookie)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    token = cookie.split(";")[0].removeprefix("keng=")
    assert await office.database.read(_digests) == [sessions.digest(token)] != [token]


async def test_every_login_gives_a_new_token(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    person = await visitors()
    first = (await person.log_in("truc")).headers["Set-Cookie"]
    second = (await person.log_in("truc")).headers["Set-Cookie"]
    assert first.split(";")[0] != second.split(";")[0]


async def test_the_name_may_be_typed_with_a_capital_letter_as_phones_do(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    assert (await (await visitors()).log_in("Truc ")).status == 303


async def test_a_one_time_password_must_be_changed_before_anything_else(office: Office, visitors: Visitors) -> None:
    await office.add_account("moi", "duty", must_change=True)
    person = await visitors()
    assert (await person.log_in("moi")).location == "/account/password"
    assert (await person.get("/incidents")).location == "/account/password"
    assert (await person.post("/incidents/1/acknowledge")).location == "/account/password"
    changed = await person.post("/account/password", {"current": PASSWORD, "new": NEW, "again": NEW})
    assert changed.location == "/"
    assert (await person.get("/incidents")).status == 200
    assert (await (await visitors()).log_in("moi", PASSWORD)).status == 401
    assert (await (await visitors()).log_in("moi", NEW)).status == 303


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"current": PASSWORD, "new": "ngắn", "again": "ngắn"}, "Mật khẩu mới cần ít nhất 12 ký tự."),
        ({"current": PASSWORD, "new": "d" * 129, "again": "d" * 129}, "Mật khẩu mới tối đa 128 ký tự."),
        ({"current": PASSWORD, "new": NEW, "again": NEW + "x"}, "Hai lần nhập mật khẩu mới không giống nhau."),
        ({"current": "sai rồi", "new": NEW, "again": NEW}, "Mật khẩu hiện tại không đúng."),
        ({"current": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "Mật khẩu mới phải khác mật khẩu hiện tại."),
        ({"current": PASSWORD, "new": "TRUC-BAN-XA-MAU", "again": "TRUC-BAN-XA-MAU"}, "không được trùng tên đăng nhập"),
        ({"new": NEW, "again": NEW}, "Còn thiếu mục này."),
    ],
)
async def test_a_bad_new_password_is_refused_in_words(
    office: Office, visitors: Visitors, form: dict[str, str], text: str
) -> None:
    await office.add_account("truc-ban-xa-mau", "duty")
    person = await visitors("truc-ban-xa-mau")
    answer = await person.post("/account/password", form)
    assert answer.status == 422
    assert text in answer.text


async def test_a_changed_password_ends_every_other_session(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    here, elsewhere = await visitors("truc"), await visitors("truc")
    await here.post("/account/password", {"current": PASSWORD, "new": NEW, "again": NEW})
    assert (await here.get("/incidents")).status == 200
    assert (await elsewhere.get("/incidents")).status == 303


async def test_logging_out_everywhere_else_leaves_this_session(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    here, elsewhere = await visitors("truc"), await visitors("truc")
    assert (await here.post("/account/sessions")).location == "/account?done=others"
    assert "Đã đăng xuất ở mọi nơi khác." in (await here.get("/account?done=others")).text
    assert (await elsewhere.get("/incidents")).status == 303


async def test_a_logged_out_cookie_is_worth_nothing(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    person, thief = await visitors("truc"), await visitors()
    thief.http.cookie_jar.update_cookies(
        {morsel.key: morsel.value for morsel in person.http.cookie_jar}, response_url=thief.base
    )
    assert (await thief.get("/incidents")).status == 200
    assert (await person.post("/logout")).location == "/login"
    assert (await thief.get("/incidents")).location == "/login?next=/incidents"
    assert await office.database.read(_digests) == []


@pytest.mark.parametrize("step", [sessions.IDLE_MS, sessions.ABSOLUTE_MS])
async def test_a_session_ends_by_itself(office: Office, visitors: Visitors, step: int) -> None:
    await office.add_account("truc", "duty")
    person = await visitors("truc")
    office.clock.ahead += step + 1000
    assert (await person.get("/incidents")).status == 303


async def test_a_session_in_use_outlives_the_idle_limit_but_not_the_absolute_one(
    office: Office, visitors: Visitors
) -> None:
    await office.add_account("truc", "duty")
    person = await visitors("truc")
    for _ in range(sessions.ABSOLUTE_MS // (sessions.IDLE_MS - 60_000)):
        office.clock.ahead += sessions.IDLE_MS - 60_000
        assert (await person.get("/incidents")).status == 200
    office.clock.ahead += sessions.IDLE_MS - 60_000
    assert (await person.get("/incidents")).status == 303


async def test_disabling_an_account_ends_its_sessions(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    person = await visitors("truc")
    await office.database.write(lambda connection: connection.execute(sa.update(account).values(disabled=True)))
    assert (await person.get("/incidents")).status == 303


@pytest.mark.expects_log("too many failures")
async def test_guessing_is_slowed_down_and_the_duty_officer_is_not_locked_out(
    office: Office, visitors: Visitors
) -> None:
    await office.add_account("truc", "duty")
    guesser, duty = await visitors(), await visitors(source="127.0.0.2")
    answers = [(await guesser.log_in("truc", f"đoán {n}")).status for n in range(6)]
    assert answers == [401] * 5 + [429]
    refused = await guesser.log_in("truc", PASSWORD)
    assert refused.status == 429
    assert re.search(r"Hãy chờ \d+ giây rồi thử lại", refused.text)
    assert (await duty.log_in("truc")).status == 303
    office.clock.ahead += 61_000
    assert (await guesser.log_in("truc", PASSWORD)).status == 303


@pytest.mark.expects_log("too many failures")
async def test_many_guesses_at_once_count_as_many(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    guesser = await visitors()
    answers = await asyncio.gather(*(guesser.log_in("truc", f"đoán {n}") for n in range(12)))
    assert sorted(answer.status for answer in answers) == [401] * 5 + [429] * 7


@pytest.mark.parametrize("form", [{}, {"username": "truc"}, {"username": "", "password": "x"}, {"username": "a" * 61}])
async def test_an_empty_login_says_what_is_missing(office: Office, visitors: Visitors, form: dict[str, str]) -> None:
    answer = await (await visitors()).post("/login", form)
    assert answer.status == 422
    assert "Vui lòng nhập tên đăng nhập và mật khẩu." in answer.text


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/devices?x=1", "/devices?x=1"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("", "/"),
    ],
)
async def test_after_login_one_lands_on_a_page_of_this_site_only(
    office: Office, visitors: Visitors, wanted: str, led: str
) -> None:
    await office.add_account("truc", "duty")
    form = {"username": "truc", "password": PASSWORD, "next": wanted}
    assert (await (await visitors()).post("/login", form)).location == led


async def test_the_language_follows_the_account(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    person = await visitors("truc")
    assert 'lang="vi"' in (await person.get("/incidents")).text
    assert (await person.post("/language", {"language": "en", "next": "/incidents"})).location == "/incidents"
    assert "No open incident." in (await person.get("/incidents")).text
    assert "No open incident." in (await (await visitors("truc")).get("/incidents")).text
    assert (await person.post("/language", {"language": "fr"})).status == 400


async def test_the_login_page_remembers_a_chosen_language(office: Office, visitors: Visitors) -> None:
    person = await visitors()
    await person.post("/language", {"language": "en", "next": "/login"})
    assert "Log in" in (await person.get("/login")).text
