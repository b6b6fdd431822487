"""Pages about households: who sees what of whom, papers, lists from files, reach, boards, extinguishers."""

import re

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp import FormData

from keng_hub.people import verification
from keng_hub.people.states import How
from keng_hub.people.verification import Wish
from keng_hub.tables import asset, board, channel_test, contact, household, joining_code
from keng_hub.web.spreadsheets import Table, as_xlsx
from support.joined import Joined
from support.office import Office
from support.visitor import Answer, Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
PHONE = "+84912345678"
HOUSE = {"place": "ngo-3", "label": "Nhà 12", "numbers": "0912 345 678; 024 3826 1234", "legacy_address": "Xóm Đình"}


@pytest_asyncio.fixture(loop_scope="session")
async def village(office: Office) -> Joined:
    """Two villages with accounts; households are added by the tests."""
    joined = Joined(office)
    await joined.open()
    for name, role, place in (
        ("truc", "duty", None),
        ("lanh", "commune_lead", None),
        ("thon1", "village_head", "thon-mot"),
        ("to3", "group_head", "ngo-3"),
        ("thon2", "village_head", "thon-hai"),
        ("tho", "technician", None),
        ("xem", "observer", None),
        ("bao", "supporter", "thon-mot"),
        ("dpo", "dpo", None),
    ):
        await office.add_account(name, role, place)
    return joined


async def _verified(village: Joined, house: int, channel: str = "sms", address: str = PHONE) -> None:
    database, now = village.office.database, village.office.clock()
    begun = await database.write(verification.begin, Wish(house, channel, address, "vi", How.QR), now)
    await database.write(verification.confirm, begun.id, house, begun.digits, now)


async def _upload(person: Visitor, data: bytes, name: str = "ho.csv", place: str = "") -> Answer:
    form = FormData()
    form.add_field("place", place)
    form.add_field("file", data, filename=name, content_type="text/csv")
    return await person.post("/households/imports", form)


async def test_a_household_is_added_with_its_numbers_and_found_without_marks(
    village: Joined, visitors: Visitors
) -> None:
    person = await visitors("truc")
    answer = await person.post("/households", HOUSE)
    assert answer.location == "/households/1?done=added"
    (row,) = await village.rows(sa.select(household))
    assert (row.label, row.call_numbers) == ("Nhà 12", [PHONE, "+842438261234"])
    assert "0912 345 678" in (await person.get("/households/1")).text
    assert "Nhà 12" in (await person.get("/households?q=xom+dinh")).text
    assert "Không có nhà nào khớp" in (await person.get("/households?q=khong")).text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"numbers": "0123 456 7890"}, "số cũ 11 chữ số"),
        ({"numbers": "bậy"}, "không phải số điện thoại"),
        ({"numbers": "0912345671,0912345672,0912345673,0912345674"}, "Nhiều nhất ba số"),
        ({"label": "…"}, "Hãy ghi nhà"),
        ({"place": "khong-co"}, "Không có địa điểm này"),
    ],
)
async def test_an_entry_that_cannot_be_kept_comes_back_as_typed(
    village: Joined, visitors: Visitors, change: dict[str, str], words: str
) -> None:
    person = await visitors("truc")
    answer = await person.post("/households", HOUSE | change)
    assert answer.status == (404 if "place" in change else 422)
    if answer.status == 422:
        assert words in answer.text
        assert (HOUSE | change)["numbers"] in answer.text
    assert await village.rows(sa.select(household)) == []


async def test_a_house_twice_is_refused_and_said(village: Joined, visitors: Visitors) -> None:
    person = await visitors("truc")
    await person.post("/households", HOUSE)
    answer = await person.post("/households", HOUSE | {"label": "nha 12"})
    assert answer.status == 422
    assert "Nhà này đã có" in answer.text


async def test_a_head_sees_and_keeps_the_own_places_only(village: Joined, visitors: Visitors) -> None:
    here, there = await village.add(), await village.add("Nhà 9", "ngo-9")
    group, other = await visitors("to3"), await visitors("thon2")
    assert (await group.get(f"/households/{here}")).status == 200
    for path in (f"/households/{there}", "/households?place=ngo-9", "/households?place=thon-mot"):
        assert (await group.get(path)).status == 404
    tree = (await group.get("/households")).text
    assert "Ngõ 3" in tree
    assert "Thôn Hai" not in tree
    for path in ("change", "paper", "revoke", "end", "withdraw"):
        answer = await other.post(f"/households/{here}/{path}", HOUSE if path == "change" else {"contact": "1"})
        assert answer.status in (400, 404), path
    assert (await other.post("/households", HOUSE)).status == 404
    assert (await other.post("/households/papers", {"place": "ngo-3"})).status == 404
    assert (await village.rows(sa.select(household.c.ended)))[0].ended is None


async def test_who_need_not_know_a_number_sees_its_ends(village: Joined, visitors: Visitors) -> None:
    house = await village.add(call_numbers=(PHONE,))
    await _verified(village, house)
    for name in ("lanh", "tho"):
        text = (await (await visitors(name)).get(f"/households/{house}")).text
        assert "09•• ••• 678" in text
        assert "0912 345 678" not in text
        assert PHONE not in text
    text = (await (await visitors("to3")).get(f"/households/{house}")).text
    assert "0912 345 678" in text


async def test_rights_of_the_roles_that_see_no_household(village: Joined, visitors: Visitors) -> None:
    house = await village.add()
    for name in ("xem", "bao", "dpo"):
        person = await visitors(name)
        for path in ("/households", f"/households/{house}", "/reach/export", "/households/imports", "/boards"):
            assert (await person.get(path)).status == 403, (name, path)
        assert (await person.post("/households", HOUSE)).status == 403
    for name in ("lanh", "tho"):
        assert (await (await visitors(name)).post("/households", HOUSE)).status == 403
    reach = (await (await visitors("xem")).get("/reach")).text
    assert "Ngõ 3" in reach
    assert "Nhà 12" not in reach


async def test_the_dpo_sees_consents_without_any_number(village: Joined, visitors: Visitors) -> None:
    await _verified(village, await village.add())
    text = (await (await visitors("dpo")).get("/consents")).text
    assert "Nhà 12" in text
    assert "đồng ý" in text
    assert "678" not in text
    assert (await (await visitors("thon1")).get("/consents")).status == 403


async def test_a_paper_is_shown_once_and_makes_the_one_before_void(village: Joined, visitors: Visitors) -> None:
    house = await village.add()
    person = await visitors("to3")
    first = (await person.post(f"/households/{house}/paper")).text
    assert (await person.post(f"/households/{house}/paper")).text == first, "a second press is no second paper"
    village.office.clock.ahead += 31_000
    second = (await person.post(f"/households/{house}/paper")).text
    codes = [re.search(r'class="code">([a-z0-9-]+)<', text) for text in (first, second)]
    old, new = [found[1].replace("-", "") for found in codes if found]
    assert "<svg" in first
    assert (await person.get(f"/j/{new}")).status == 200
    assert (await person.get(f"/j/{old}")).status == 404
    assert new not in (await person.get(f"/households/{house}")).text
    await person.post(f"/households/{house}/revoke")
    assert (await person.get(f"/j/{new}")).status == 404


async def test_papers_for_an_alley_are_those_of_houses_not_reached_yet(village: Joined, visitors: Visitors) -> None:
    reached = await village.add()
    for n in (2, 10, 1):
        await village.add(f"Nhà {n}")
    await village.add("Nhà 9", "ngo-9")
    await _verified(village, reached)
    person = await visitors("truc")
    text = (await person.post("/households/papers", {"place": "thon-mot", "which": "unreached"})).text
    assert re.findall(r"<h2>(Nhà[^<]*)</h2>", text) == ["Nhà 1", "Nhà 2", "Nhà 10"]
    everyone = (await person.post("/households/papers", {"place": "thon-mot", "which": "all"})).text
    assert len(re.findall("<article", everyone)) == 4


async def test_consent_withdrawn_at_the_office_bears_the_name_of_who_wrote_it(
    village: Joined, visitors: Visitors
) -> None:
    house = await village.add()
    await _verified(village, house)
    person = await visitors("to3")
    assert (await person.post(f"/households/{house}/withdraw", {"contact": "1"})).status == 303
    assert await village.ladder(house) == []
    text = (await person.get(f"/households/{house}")).text
    assert "yêu cầu tại xã (Nguyễn Văn To3)" in text


async def test_a_household_that_moved_away_is_gone_from_the_pages(village: Joined, visitors: Visitors) -> None:
    house = await village.add()
    await _verified(village, house)
    person = await visitors("thon1")
    assert (await person.post(f"/households/{house}/end")).location == "/households?done=ended"
    assert (await person.get(f"/households/{house}")).status == 404
    assert "Nhà 12" not in (await person.get("/households?place=ngo-3")).text


async def test_a_supporter_makes_a_code_and_learns_nothing_of_the_house(village: Joined, visitors: Visitors) -> None:
    house = await village.add(call_numbers=(PHONE,))
    await _verified(village, house)
    person = await visitors("bao")
    assert (await person.get("/")).location == "/invitations"
    texts = [
        (await person.post("/invitations", {"place": "ngo-3", "label": label})).text for label in ("nha 12", "Nhà 77")
    ]
    assert all("Dùng được một lần" in text for text in texts)
    assert all("678" not in text for text in texts)
    rows = await village.rows(sa.select(joining_code.c.kind, joining_code.c.household, joining_code.c.account))
    assert [(row.kind, row.household) for row in rows] == [("supporter", 1), ("supporter", 2)]
    assert (await person.post("/invitations", {"place": "ngo-9", "label": "Nhà 9"})).status == 422
    assert (await person.post("/invitations", {"place": "ngo-3", "label": " "})).status == 422


async def test_a_list_is_looked_through_first_and_brought_in_once(village: Joined, visitors: Visitors) -> None:
    await village.add("Nhà 1", call_numbers=(PHONE,))
    await village.add("Nhà 2")
    data = (
        "Danh sách hộ thôn Một;;;\n"
        "Nhà;Ngõ;Điện thoại 1;Điện thoại 2\n"
        "Nhà 1;Ngõ 3;0912 345 678;\n"
        "Nhà 2;ngo-3;0987654321;\n"
        "Nhà 3;NGO 3;0987654321;0123 456 7890\n"
        "Nhà 4;ngõ 3;0987 654 321;024 3826 1234\n"
        "nhà 4;ngõ 3;;\n"
        "Nhà 5;Ngõ 9;;\n"
        ";Ngõ 3;0912345678;\n"
        "Nhà 6;;;\n"
    ).encode()
    person = await visitors("thon1")
    answer = await _upload(person, data)
    assert answer.status == 303, answer.text
    text = (await person.get(answer.location)).text
    for words in (
        "<b>1</b> Hộ mới",
        "<b>1</b> Đã có với số khác",
        "<b>1</b> Đã có<",
        "Không phải số điện thoại Việt Nam",
        "Nhà này đã có ở dòng trên",
        "Không có địa điểm này",
        "Không ghi nhà nào",
        "Không ghi địa điểm",
    ):
        assert words in text
    assert len(await village.rows(sa.select(household))) == 2
    assert (await (await visitors("truc")).get(answer.location)).status == 404
    assert (await person.post(f"{answer.location}/confirm")).location == "/households?done=imported"
    assert (await person.post(f"{answer.location}/confirm")).status == 409
    rows = await village.rows(sa.select(household.c.label, household.c.call_numbers).order_by(household.c.id))
    assert [row.label for row in rows] == ["Nhà 1", "Nhà 2", "Nhà 4"]
    assert rows[1].call_numbers == []
    assert rows[2].call_numbers == ["+84987654321", "+842438261234"]


async def test_a_workbook_and_a_place_for_the_whole_file_are_taken(village: Joined, visitors: Visitors) -> None:
    book = as_xlsx(Table("Hộ", ["Số nhà", "SĐT"], [["12A", "0912345678"], ["12B", None]], [], "Ghi chú"))
    person = await visitors("truc")
    answer = await _upload(person, book, "ho.xlsx", "ngo-9")
    await person.post(f"{answer.location}/confirm")
    rows = await village.rows(sa.select(household.c.label, household.c.place))
    assert [tuple(row) for row in rows] == [("12A", "ngo-9"), ("12B", "ngo-9")]


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"", 422, "Tệp trống"),
        (b"a,b\n1,2\n", 422, "Không thấy dòng tiêu đề có cột"),
        ("Nhà;Ngõ\n1;2\n".encode("utf-16"), 422, "CSV UTF-8"),
        (b"PK\x03\x04 broken", 422, "hỏng"),
        (b"x" * (5 * 1024 * 1024 + 1), 413, "quá lớn"),
    ],
)
async def test_a_file_that_is_no_list_is_refused_with_its_reason(
    village: Joined, visitors: Visitors, data: bytes, status: int, words: str
) -> None:
    answer = await _upload(await visitors("truc"), data)
    assert answer.status == status
    assert words in answer.text


async def test_a_dropped_list_changes_nothing(village: Joined, visitors: Visitors) -> None:
    person = await visitors("truc")
    answer = await _upload(person, "Nhà;Ngõ\nNhà 1;Ngõ 3\n".encode())
    await person.post(f"{answer.location}/drop")
    assert (await person.post(f"{answer.location}/confirm")).status == 404
    assert await village.rows(sa.select(household)) == []


async def test_reach_counts_who_can_be_told_and_says_why_not(village: Joined, visitors: Visitors) -> None:
    by_sms, by_bot, by_mail = [await village.add(f"Nhà {n}") for n in (1, 2, 3)]
    left, dead = await village.add("Nhà 4"), await village.add("Nhà 5")
    await village.add("Nhà 6", "ngo-9")
    await _verified(village, by_sms)
    await _verified(village, by_mail, "email", "nha3@thon.example")
    for house, number in ((left, "+84912345671"), (dead, "+84912345672")):
        await _verified(village, house, "sms", number)

    def states(connection: sa.Connection) -> None:
        connection.execute(sa.update(contact).where(contact.c.household == left).values(state="left"))
        connection.execute(sa.update(contact).where(contact.c.household == dead).values(state="dead"))
        row = {"channel": "telegram", "address": "x", "language": "vi", "state": "verified", "added": 1}
        connection.execute(sa.insert(contact).values(household=by_bot, **row))
        for at, ok in ((1, True), (2, False)):
            connection.execute(sa.insert(channel_test).values(channel="email", at=at, ok=ok, detail="refused"))

    await village.office.database.write(states)
    person = await visitors("truc")
    text = (await person.get("/reach")).text
    assert 'id="reached">16,7 %' in text
    for words in ("Chưa đăng ký", "Đã thôi nhận", "Không liên lạc được", "Kênh không còn dùng", "Kênh đang hỏng"):
        assert words in text
    csv = (await person.get("/reach/export?form=csv")).text
    assert "Ngõ 3;Nhà 1;có;" in csv
    assert "Ngõ 9;Nhà 6;không;Chưa đăng ký" in csv
    assert "912345" not in csv
    assert "Nhà 1" not in (await (await visitors("thon2")).get("/reach/export?form=csv")).text


async def test_groups_stand_under_their_village_with_who_leads_them(village: Joined, visitors: Visitors) -> None:
    await _verified(village, await village.add())
    await village.add("Nhà 13", "nha-a")
    text = (await (await visitors("truc")).get("/households")).text
    rows = re.findall(r'<tr id="place-([a-z0-9-]+)" class="depth-(\d)">', text)
    assert rows == [("xa-mau", "0"), ("thon-hai", "1"), ("ngo-9", "2"), ("thon-mot", "1"), ("ngo-3", "2")]
    village_row = text.partition('id="place-thon-mot"')[2].partition("</tr>")[0]
    assert "Nguyễn Văn Thon1" in village_row
    assert "1/2" in village_row
    assert "chưa có" in text.partition('id="place-ngo-9"')[2].partition("</tr>")[0]


async def test_a_group_chat_becomes_a_recipient_that_no_escalation_reaches(village: Joined, visitors: Visitors) -> None:
    person = await visitors("thon1")
    form = {"place": "ngo-3", "channel": "zalo_oa", "address": "g-123", "name": "Zalo ngõ 3"}
    assert (await person.post("/households/groups", form)).location == "/households?place=ngo-3&done=group"
    assert (await person.post("/households/groups", form)).status == 422
    assert (await person.post("/households/groups", form | {"channel": "page", "address": "x"})).status == 422
    assert (await person.post("/households/groups", form | {"place": "ngo-9", "address": "y"})).status == 404
    (row,) = await village.rows(sa.text("SELECT tier, active, household FROM recipient WHERE id = 'nhom-1'"))
    assert (row.tier, bool(row.active), row.household) == (0, True, None)
    assert "Zalo ngõ 3" in (await person.get("/households?place=ngo-3")).text
    assert (await (await visitors("thon2")).post("/households/groups/1/end")).status == 404
    assert (await person.post("/households/groups/1/end")).status == 303
    (row,) = await village.rows(sa.text("SELECT active FROM recipient WHERE id = 'nhom-1'"))
    assert not row.active


async def test_boards_are_made_printed_and_ended_by_who_keeps_them(village: Joined, visitors: Visitors) -> None:
    person = await visitors("thon1")
    assert (await person.get("/boards/sheets")).status == 404
    assert (await person.post("/boards", {"place": "ngo-3"})).status == 303
    code = (await village.rows(sa.select(board.c.code)))[0].code
    sheet = (await person.get("/boards/sheets?place=ngo-3")).text
    assert "<svg" in sheet
    assert f"/b/{code}" in sheet
    assert "114" in sheet
    assert (await person.post("/boards", {"place": "ngo-9"})).status == 404
    assert (await (await visitors("thon2")).post("/boards/end", {"place": "ngo-3"})).status == 404
    assert (await person.post("/boards/end", {"place": "ngo-3"})).status == 303
    assert (await person.get(f"/b/{code}")).status == 404


async def test_what_hangs_in_the_alleys_is_kept_with_its_inspections(village: Joined, visitors: Visitors) -> None:
    person = await visitors("thon1")
    form = {"kind": "extinguisher", "place": "ngo-3", "location": "trước cổng số 5", "inspection_due": "2020-01-01"}
    assert (await person.post("/assets", form)).location == "/assets?done=kept"
    assert "quá hạn kiểm tra" in (await person.get("/assets")).text
    fixed = form | {"inspected": "2026-11-01", "inspection_due": "2090-01-01", "usable": "no"}
    assert (await person.post("/assets/1", fixed)).status == 303
    assert "không dùng được" in (await (await visitors("xem")).get("/assets")).text
    for change in ({"inspected": "1/11/2026"}, {"inspection_due": "0001-01-01"}):
        answer = await person.post("/assets", form | change)
        assert answer.status == 422
        assert "trước cổng số 5" in answer.text
    assert (await person.post("/assets", form | {"place": "ngo-9"})).status == 422
    assert (await (await visitors("thon2")).post("/assets/1/end")).status == 404
    assert (await (await visitors("xem")).post("/assets", form)).status == 403
    assert (await person.post("/assets/1/end")).status == 303
    assert (await village.rows(sa.select(asset.c.ended)))[0].ended is not None


async def test_the_dpo_keeps_the_register_of_requests_about_data(village: Joined, visitors: Visitors) -> None:
    person = await visitors("dpo")
    form = {"kind": "delete", "requester": "Chủ hộ nhà 12, trả lời tại xã"}
    assert (await person.post("/data-requests", form)).location == "/data-requests?done=received"
    assert (await person.post("/data-requests", form | {"requester": "x" * 201})).status == 422
    assert (await person.post("/data-requests", form | {"kind": "sell"})).status == 400
    text = (await person.get("/data-requests")).text
    assert "Chủ hộ nhà 12" in text
    assert "quá hạn" not in text
    assert (await person.post("/data-requests/1/acknowledge")).status == 303
    again = await person.post("/data-requests/1/acknowledge")
    assert again.status == 409
    assert "Việc này đã làm rồi" in again.text
    village.office.clock.ahead += 21 * 86_400_000
    dpo = await visitors("dpo")  # the session is over meanwhile
    assert "quá hạn" in (await dpo.get("/data-requests")).text
    assert (await dpo.post("/data-requests/1/answer", {"answer": "đã xóa"})).status == 303
    assert (await dpo.post("/data-requests/99/extend")).status == 404
    for name in ("truc", "bao"):
        assert (await (await visitors(name)).get("/data-requests")).status == 403
