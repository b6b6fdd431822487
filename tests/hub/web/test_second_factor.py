"""The second factor: set up with a telephone, asked for at each login, and the day the telephone is lost."""

import re
from urllib.parse import quote

import pytest
from pyotp.totp import TOTP

from keng_hub import second_factors
from keng_hub.config import Web
from keng_hub.tables import second_factor as table
from support.office import PASSWORD, Office
from support.visitor import Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
SECRET = re.compile(r"<code>((?:[A-Z2-7]{4} ?){8})</code>")
PAPER = re.compile(r"<code>(\w{4}-\w{4}-\w{4})</code>")


def _code(office: Office, secret: str, steps: int = 0) -> str:
    return TOTP(secret).at(office.clock() // 1000 + steps * second_factors.STEP_S)


async def _set_up(office: Office, visitors: Visitors) -> tuple[Visitor, str, list[str]]:
    await office.add_account("truc", "duty")
    duty = await visitors("truc")
    [shown] = SECRET.findall((await duty.get("/account/second")).text)
    secret = shown.replace(" ", "")
    answer = await duty.post("/account/second", {"code": _code(office, secret, -1)})
    assert answer.status == 200, answer.text
    return duty, secret, PAPER.findall(answer.text)


async def test_after_the_password_nothing_opens_before_the_second_step(office: Office, visitors: Visitors) -> None:
    _, secret, _ = await _set_up(office, visitors)
    later = await visitors()
    answer = await later.log_in("truc")
    assert answer.location == "/login/second"
    for path in ("/incidents", "/account", "/desk", "/"):
        assert "/login" in (await later.get(path)).location
    assert (await later.post("/incidents/1/acknowledge")).location.startswith("/login")
    wrong = await later.post("/login/second", {"code": "000000"})
    assert (wrong.status, "Mã không đúng" in wrong.text) == (401, True)
    assert (await later.post("/login/second", {"code": _code(office, secret)})).location == "/"
    assert (await later.get("/incidents")).status == 200


async def test_a_code_is_taken_once_and_not_long_after(office: Office, visitors: Visitors) -> None:
    _, secret, _ = await _set_up(office, visitors)
    first, second = await visitors(), await visitors(source="127.0.0.8")
    code = _code(office, secret)
    await first.log_in("truc")
    await second.log_in("truc")
    assert (await first.post("/login/second", {"code": code})).status == 303
    assert (await second.post("/login/second", {"code": code})).status == 401
    assert (await second.post("/login/second", {"code": _code(office, secret, -3)})).status == 401
    assert (await second.post("/login/second", {"code": _code(office, secret, 1)})).status == 303


async def test_a_code_from_paper_helps_once_when_the_telephone_is_lost(office: Office, visitors: Visitors) -> None:
    _, _, paper = await _set_up(office, visitors)
    assert len(set(paper)) == second_factors.PAPER
    statuses: list[int] = []
    for _ in range(2):
        visitor = await visitors()
        await visitor.log_in("truc")
        statuses.append((await visitor.post("/login/second", {"code": paper[0].upper()})).status)
    assert statuses == [303, 401]
    assert await office.database.write(second_factors.forget, "truc")
    fresh = await visitors("truc")
    assert (await fresh.get("/incidents")).status == 200
    assert not await office.database.write(second_factors.forget, "khong-co")


@pytest.mark.expects_log("too many failures")
async def test_guessing_is_slowed_down_and_the_way_back_stays_inside(office: Office, visitors: Visitors) -> None:
    _, secret, _ = await _set_up(office, visitors)
    guesser = await visitors(source="127.0.0.9")
    outside = quote("//doc.example")
    await guesser.post("/login", {"username": "truc", "password": PASSWORD, "next": "/desk"})
    statuses = [(await guesser.post("/login/second", {"code": "123456"})).status for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    owner = await visitors()
    await owner.log_in("truc")
    answer = await owner.post(f"/login/second?next={outside}", {"code": _code(office, secret), "next": "//doc.example"})
    assert answer.location == "/"


async def test_where_everybody_needs_one_nothing_else_opens_before_it_is_set_up(
    office: Office, visitors: Visitors
) -> None:
    await office.close()
    office.config = office.config.model_copy(update={"web": Web(second_factor="everyone")})
    await office.open()
    await office.add_account("truc", "duty")
    duty = await visitors("truc")
    assert (await duty.get("/incidents")).location == "/account/second"
    assert "Tài khoản nào cũng cần" in (await duty.get("/account/second")).text
    assert Web(public_url="https://keng.xa-mau.example").second_factor_for_all
    assert not Web().second_factor_for_all


async def test_the_secret_is_not_readable_in_the_database(office: Office, visitors: Visitors) -> None:
    _, secret, _ = await _set_up(office, visitors)
    rows = await office.database.read(lambda c: c.execute(table.select()).all())
    assert secret not in str(rows)


async def test_a_changed_password_keeps_the_session_whole(office: Office, visitors: Visitors) -> None:
    duty, _, _ = await _set_up(office, visitors)
    new = "một mật khẩu khác hẳn"
    answer = await duty.post("/account/password", {"current": PASSWORD, "new": new, "again": new})
    assert answer.status == 303
    assert (await duty.get("/incidents")).status == 200
