"""Residents' pages: joining by paper, the own page, leaving, the board of the alley; all without account and script."""

import hashlib
import json
import re

import pytest
import pytest_asyncio
import sqlalchemy as sa

from keng_hub.people import assets, boards, codes, consents
from keng_hub.people.assets import AssetKind, Thing
from keng_hub.people.linking import link
from keng_hub.people.states import CodeKind
from keng_hub.tables import attempt, audit_entry, consent_event, contact, delivery
from support.joined import Joined
from support.office import Office
from support.visitor import Answer, Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
PHONE = "0912 345 678"
DAY = 86_400_000


@pytest_asyncio.fixture(loop_scope="session")
async def village(office: Office) -> Joined:
    """Households can join."""
    joined = Joined(office)
    await joined.open()
    return joined


async def _join(village: Joined, person: Visitor, code: str, channel: str = "sms", address: str = PHONE) -> Answer:
    asked = await person.post(f"/j/{code}", {"channel": channel, "address": address, "consent": "yes"})
    assert asked.status == 303, asked.text
    number = asked.location.partition("n=")[2]
    answer = {"n": number, "digits": await village.digits(number)}
    return await person.post(f"/j/{code}/confirm", answer)


async def test_a_household_joins_by_its_paper_and_gets_a_page_of_its_own(village: Joined, visitors: Visitors) -> None:
    house = await village.add()
    code = await village.paper(house)
    person = await visitors()
    text = (await person.get(f"/j/{code}")).text
    for words in ("Nhà 12", "Để làm gì:", "Lưu bao lâu:", "Thôi nhận thế nào:", "DUNG", "Xã Mẫu"):
        assert words in text
    answer = await _join(village, person, code)
    assert (answer.status, answer.location) == (303, "/home?done=joined")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert await village.ladder(house) == [{"channel": "sms", "address": "+84912345678", "after_s": 15}]
    home = (await person.get("/home")).text
    assert "Nhà 12" in home
    assert PHONE in home
    assert (await village.rows(sa.select(consent_event.c.how)))[0].how == "qr"


async def test_the_words_of_consent_are_those_of_their_version(village: Joined, visitors: Visitors) -> None:
    code = await village.paper(await village.add())
    text = (await (await visitors()).get(f"/j/{code}")).text
    terms = text.partition('<section class="card" id="terms">')[2].partition("</section>")[0]
    words = " ".join(re.sub(r"<[^>]+>", " ", terms).split())
    assert hashlib.sha256(words.encode()).hexdigest() == consents.TEXTS[consents.TEXT_VERSION], words


async def test_the_code_typed_from_paper_opens_the_same_page(village: Joined, visitors: Visitors) -> None:
    code = await village.paper(await village.add())
    person = await visitors()
    answer = await person.post("/j", {"code": codes.spelt(code).upper()})
    assert answer.location == f"/j/{code}"
    assert (await person.post("/j", {"code": "../../login?x=1"})).location == "/j/loginx1"
    empty = await person.post("/j", {"code": "///"})
    assert (empty.status, "Vui lòng điền mục này." in empty.text) == (422, True)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"channel": "sms", "address": PHONE}, "chưa đồng ý"),
        ({"channel": "sms", "address": "0123 456 7890", "consent": "yes"}, "số cũ 11 chữ số"),
        ({"channel": "sms", "address": "024 3826 1234", "consent": "yes"}, "cần số di động"),
        ({"channel": "sms", "address": "", "consent": "yes"}, "không phải số điện thoại"),
        ({"channel": "email", "address": "lan", "consent": "yes"}, "không phải địa chỉ thư"),
        ({"channel": "page", "address": "x", "consent": "yes"}, "không có trong danh sách"),
        ({"channel": "zalo_oa", "address": "x", "consent": "yes"}, "không có trong danh sách"),
        ({"channel": "sms", "address": "9" * 500, "consent": "yes"}, "quá dài"),
        ({"channel": "sms", "address": PHONE, "consent": "yes", "more": "1"}, "không có mục này"),
    ],
)
async def test_what_cannot_be_taken_comes_back_with_its_reason_and_is_not_sent(
    village: Joined, visitors: Visitors, form: dict[str, str], words: str
) -> None:
    code = await village.paper(await village.add())
    answer = await (await visitors()).post(f"/j/{code}", form)
    assert answer.status == 422
    assert words in answer.text
    assert await village.rows(sa.select(delivery)) == []
    assert "+84" not in answer.text


async def test_what_was_typed_stands_in_the_form_again(village: Joined, visitors: Visitors) -> None:
    code = await village.paper(await village.add())
    answer = await (await visitors()).post(f"/j/{code}", {"channel": "sms", "address": "0123 456", "consent": "yes"})
    assert 'value="0123 456"' in answer.text


async def test_wrong_digits_are_said_and_the_right_ones_still_count(village: Joined, visitors: Visitors) -> None:
    house = await village.add()
    code, person = await village.paper(house), await visitors()
    asked = await person.post(f"/j/{code}", {"channel": "sms", "address": PHONE, "consent": "yes"})
    number = asked.location.partition("n=")[2]
    wrong = await person.post(f"/j/{code}/confirm", {"n": number, "digits": "12 34"})
    assert wrong.status == 422
    assert "Mã chưa đúng" in wrong.text
    assert "Set-Cookie" not in wrong.headers
    digits = await village.digits(number)
    right = await person.post(f"/j/{code}/confirm", {"n": number, "digits": f"{digits[:3]} {digits[3:]}"})
    assert right.status == 303


async def test_the_digits_of_a_message_are_never_on_a_page(village: Joined, visitors: Visitors) -> None:
    code, person = await village.paper(await village.add()), await visitors()
    asked = await person.post(f"/j/{code}", {"channel": "sms", "address": PHONE, "consent": "yes"})
    digits = await village.digits(asked.location.partition("n=")[2])
    assert digits not in (await person.get(asked.location)).text


async def test_a_chat_joins_by_the_message_that_the_page_shows(village: Joined, visitors: Visitors) -> None:
    house = await village.add()
    code, person = await village.paper(house), await visitors()
    asked = await person.post(f"/j/{code}", {"channel": "zalo_bot", "consent": "yes"})
    text = (await person.get(asked.location)).text
    found = re.search(r"LIENKET (\d{6})", text)
    assert found is not None
    number = {"n": asked.location.partition("n=")[2]}
    early = await person.post(f"/j/{code}/confirm", number)
    assert early.status == 422
    assert "Chưa nhận được tin" in early.text
    await village.office.database.write(link, "zalo_bot", "chat-77", found[1], village.office.clock())
    assert (await person.post(f"/j/{code}/confirm", number)).location == "/home?done=joined"
    assert (await village.ladder(house))[0]["address"] == "chat-77"
    assert "chat-77" not in (await person.get("/home")).text


async def test_leaving_takes_one_press_on_the_own_page_or_with_the_paper(village: Joined, visitors: Visitors) -> None:
    house = await village.add()
    code, person = await village.paper(house), await visitors()
    await _join(village, person, code)
    answer = await person.post("/home/leave", {"contact": "1"})
    assert answer.location == "/home?done=left"
    assert await village.ladder(house) == []
    assert "Máy này chưa biết nhà bạn" in (await person.get("/home")).text
    await _join(village, person, code, "email", "nha12@thon.example")
    assert (await (await visitors()).post(f"/j/{code}/leave", {"contact": "2"})).status == 303
    assert await village.ladder(house) == []
    states = {row.state for row in await village.rows(sa.select(contact.c.state))}
    assert states == {"left"}


async def test_an_old_paper_lets_nobody_join_and_still_lets_leave(village: Joined, visitors: Visitors) -> None:
    house = await village.add()
    code, person = await village.paper(house, days=3), await visitors()
    await _join(village, person, code)
    village.office.clock.ahead += 4 * DAY
    text = (await person.get(f"/j/{code}")).text
    assert "Phiếu này không còn dùng để đăng ký được" in text
    assert 'name="address"' not in text
    form = {"channel": "sms", "address": "0987654321", "consent": "yes"}
    assert (await person.post(f"/j/{code}", form)).status == 422
    assert (await person.post(f"/j/{code}/leave", {"contact": "1"})).status == 303
    assert await village.ladder(house) == []


async def test_a_paper_speaks_for_its_own_household_alone(village: Joined, visitors: Visitors) -> None:
    house, neighbour = await village.add(), await village.add("Nhà 14")
    mine, theirs, person = await village.paper(house), await village.paper(neighbour), await visitors()
    await _join(village, person, mine)
    await person.post(f"/j/{theirs}/leave", {"contact": "1"})
    assert await village.ladder(house) != []
    asked = await person.post(f"/j/{mine}", {"channel": "email", "address": "a@thon.example", "consent": "yes"})
    number = asked.location.partition("n=")[2]
    form = {"n": number, "digits": await village.digits(number)}
    assert (await person.post(f"/j/{theirs}/confirm", form)).status == 422
    assert await village.ladder(neighbour) == []


async def test_a_supporters_code_shows_nothing_of_the_house_and_is_good_once(
    village: Joined, visitors: Visitors
) -> None:
    house = await village.add()
    await _join(village, await visitors(), await village.paper(house))
    code, person = await village.paper(house, CodeKind.SUPPORTER), await visitors()
    text = (await person.get(f"/j/{code}")).text
    assert "678" not in text
    assert (await person.post(f"/j/{code}/leave", {"contact": "1"})).status == 404
    assert (await _join(village, person, code, "email", "me@thon.example")).status == 303
    assert "không còn dùng để đăng ký" in (await person.get(f"/j/{code}")).text


@pytest.mark.expects_log("many wrong codes for joining")
async def test_guessing_codes_is_slowed_down_and_hinders_nobody_with_a_right_one(
    village: Joined, visitors: Visitors
) -> None:
    code, person = await village.paper(await village.add()), await visitors()
    statuses = [(await person.get(f"/j/wrong{n}")).status for n in range(7)]
    assert statuses == [404] * 5 + [429] * 2
    assert (await person.get(f"/j/{code}")).status == 200


async def test_an_unknown_code_has_a_light_page_that_says_where_to_get_a_new_one(
    village: Joined, visitors: Visitors
) -> None:
    text = (await (await visitors()).get("/j/nothing")).text
    assert "Hãy xin phiếu mới" in text
    assert "keng.css" not in text


async def test_a_test_message_goes_to_each_contact_and_not_again_at_once(village: Joined, visitors: Visitors) -> None:
    code, person = await village.paper(await village.add()), await visitors()
    await _join(village, person, code)
    await _join(village, person, code, "email", "nha12@thon.example")
    assert (await person.post("/home/try")).location == "/home?done=tried"
    query = sa.select(attempt.c.channel, delivery.c.body_vi).join(delivery, delivery.c.id == attempt.c.delivery)
    sent = await village.rows(query.where(delivery.c.kind == "drill"))
    assert sorted(row.channel for row in sent) == ["email", "sms"]
    assert all(row.body_vi.startswith("THỬ.") for row in sent)
    again = await person.post("/home/try")
    assert again.status == 409
    assert "vừa mới yêu cầu" in again.text


async def test_others_of_the_house_see_a_number_by_its_ends(village: Joined, visitors: Visitors) -> None:
    code = await village.paper(await village.add())
    await _join(village, await visitors(), code)
    other = await visitors()
    await _join(village, other, code, "email", "con@thon.example")
    home = (await other.get("/home")).text
    assert "09•• ••• 678" in home
    assert PHONE not in home
    assert "con@thon.example" in home


async def test_without_the_link_nobody_acts_for_a_house(village: Joined, visitors: Visitors) -> None:
    house = await village.add()
    await _join(village, await visitors(), await village.paper(house))
    stranger = await visitors()
    for path in ("/home/leave", "/home/try"):
        assert (await stranger.post(path)).location == "/home"
    assert "Nhà 12" not in (await stranger.get("/home")).text
    assert len(await village.ladder(house)) == 1


async def test_a_borrowed_phone_forgets_the_house_and_the_messages_go_on(village: Joined, visitors: Visitors) -> None:
    house = await village.add()
    person = await visitors()
    await _join(village, person, await village.paper(house))
    await person.post("/home/forget")
    assert "Máy này chưa biết nhà bạn" in (await person.get("/home")).text
    assert len(await village.ladder(house)) == 1


@pytest.mark.expects_log("it came from another site")
async def test_another_site_cannot_make_a_house_leave(village: Joined, visitors: Visitors) -> None:
    house = await village.add()
    code, person = await village.paper(house), await visitors()
    await _join(village, person, code)
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert (await person.post("/home/leave", headers=foreign)).status == 403
    assert (await person.post(f"/j/{code}/leave", {"contact": "1"}, headers=foreign)).status == 403
    assert len(await village.ladder(house)) == 1


async def test_the_code_of_a_paper_stands_in_no_log(
    village: Joined, visitors: Visitors, caplog: pytest.LogCaptureFixture
) -> None:
    await village.office.add_account("truc", "duty")
    code, person = await village.paper(await village.add()), await visitors("truc")
    await person.post(f"/j/{code}", {"channel": "sms", "address": PHONE, "consent": "yes"})
    acts = [row.act for row in await village.rows(sa.select(audit_entry.c.act))]
    assert "POST /j/…" in acts
    assert code not in str(acts) + caplog.text


async def test_the_board_of_an_alley_says_whom_to_call_what_is_near_and_how_to_report(
    village: Joined, visitors: Visitors
) -> None:
    database, now = village.office.database, village.office.clock()
    await database.write(assets.add, Thing(AssetKind.EXTINGUISHER, "ngo-3", "trước cổng số 5"), now)
    await database.write(assets.add, Thing(AssetKind.EXTINGUISHER, "thon-mot", "sân đình"), now)
    await database.write(assets.add, Thing(AssetKind.HYDRANT, "thon-mot", "đầu ngõ 5"), now)
    await database.write(assets.add, Thing(AssetKind.HYDRANT, "ngo-3", "hỏng van", usable=False), now)
    code = await database.write(boards.make, "ngo-3", now)
    assert await database.write(boards.make, "ngo-3", now) == code
    person = await visitors()
    text = (await person.get(f"/b/{code.upper()}")).text
    for words in ("Ngõ 3, Thôn Một", 'href="tel:114"', f'href="/r/{code}"', "trước cổng số 5", "đầu ngõ 5"):
        assert words in text
    for words in ("sân đình", "hỏng van"):  # the nearest of a kind, and what can be used
        assert words not in text
    await database.write(boards.end, code, now)
    assert (await person.get(f"/b/{code}")).status == 404


async def test_the_first_page_is_light_enough_for_a_weak_phone(village: Joined, visitors: Visitors) -> None:
    """At most 60 KB without pictures, everything that the page asks for included (issue 5)."""
    await village.secure()
    code, person = await village.paper(await village.add()), await visitors()
    text = (await person.get(f"/j/{code}")).text
    files = set(re.findall(r'(?:href|src)="(/[^"]+\.(?:css|js|webmanifest))"', text))
    assert any(file.endswith("residents.css") for file in files)
    total = len(text.encode()) + sum([len((await person.get(file)).text.encode()) for file in files])
    assert total <= 60_000
    assert "woff2" not in text


async def test_only_where_browsers_allow_it_the_page_can_be_kept_like_an_app(
    village: Joined, visitors: Visitors
) -> None:
    code, person = await village.paper(await village.add()), await visitors()
    assert "manifest" not in (await person.get(f"/j/{code}")).text
    await village.secure()
    text = (await person.get(f"/j/{code}")).text
    assert 'rel="manifest"' in text
    manifest = await person.get("/manifest.webmanifest")
    about = json.loads(manifest.text)
    assert (about["start_url"], about["display"]) == ("/home", "standalone")
    assert (await person.get(about["icons"][0]["src"])).status == 200
    worker = await person.get("/sw.js")
    assert worker.headers["Content-Type"].startswith("text/javascript")
    kept = re.findall(r'"(/static/[^"]+\.(?:css|svg)|/offline)"', worker.text)
    assert len(kept) == 3
    assert [(await person.get(path)).status for path in kept] == [200] * 3
    assert "Mất mạng" in (await person.get("/offline")).text


async def test_over_https_the_link_is_bound_to_this_host(village: Joined, visitors: Visitors) -> None:
    await village.secure()
    answer = await _join(village, await visitors(), await village.paper(await village.add()))
    assert answer.headers["Set-Cookie"].startswith("__Host-keng-home=")
    assert "Secure" in answer.headers["Set-Cookie"]
