"""What the commune sees of its meters, what it corrects and answers, who may, and how much of it a place allows."""

import re
from urllib.parse import quote

import pytest
import pytest_asyncio
import sqlalchemy as sa

from keng_hub.meterdata import corrections, dirty, feeders, profile, questions
from keng_hub.meterdata.flags import Flag
from keng_hub.store import Point
from keng_hub.tables import meter_edit
from keng_hub.web import languages
from support.meter_office import HALF_HOUR, LINE, ONE, TWO, furnish, judge, yesterday
from support.office import Office
from support.visitor import Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
TWO_AT, ONE_AT, LINE_AT = "/meters/ngo-9/cong-to-10", "/meters/ngo-9/cong-to-9", "/feeders/ngo-9/lo-1"


@pytest_asyncio.fixture(loop_scope="session")
async def duty(office: Office, visitors: Visitors) -> Visitor:
    """The duty officer, in an office with judged meters."""
    await office.add_account("truc", "duty")
    await furnish(office)
    return await visitors("truc")


def _day(office: Office) -> str:
    return f"date={languages.local(yesterday(office)).date().isoformat()}"


async def test_a_day_shows_each_half_hour_with_flag_raw_value_and_tariff_period(office: Office, duty: Visitor) -> None:
    text = (await duty.get(f"{TWO_AT}?{_day(office)}")).text
    rows = re.findall(r'data-energy="(\d*)" data-flag="(\w+)" data-period="(\w+)"', text)
    assert len(rows) == 48
    assert [flag for _, flag, _ in rows].count("estimated") == 9
    assert {period for _, _, period in rows} >= {"standard", "offpeak"}
    for words in ("Ước tính", "ước tính chia đều", "Số thô (kWh)", "QĐ 963/QĐ-BCT", "22/04/2026", "81,2 %", "12,00"):
        assert words in text
    assert "Tham khảo, không dùng để tính tiền" in text
    assert "150 phút" in text  # below the voltage band


async def test_a_day_without_data_shows_gaps_and_no_sum(duty: Visitor) -> None:
    text = (await duty.get(f"{TWO_AT}?date=2026-01-05")).text
    assert text.count('data-energy="" data-flag="missing"') == 48
    assert "48 quãng" in text or "để trống" in text
    assert re.search(r"<dd>–\s*<small>kWh", text)


@pytest.mark.parametrize(("kind", "link"), [("month", "?range=day&amp;date="), ("year", "?range=month&amp;date=")])
async def test_months_and_years_lead_to_their_parts_and_say_what_is_incomplete(
    duty: Visitor, kind: str, link: str
) -> None:
    text = (await duty.get(f"{TWO_AT}?range={kind}")).text
    assert link in text
    assert "Chưa đầy đủ" in text


async def test_a_correction_stands_beside_the_raw_value_with_name_time_and_reason(
    office: Office, duty: Visitor
) -> None:
    start = yesterday(office) + 6 * HALF_HOUR
    form = {"start": str(start), "kwh": "0,4", "reason": "đọc tại chỗ"}
    answer = await duty.post(f"{TWO_AT}/correct?range=day&{_day(office)}", form)
    assert answer.status == 303
    text = (await duty.get(answer.location)).text
    assert "Đã ghi nhận số sửa" in text
    assert "đang được xét" in text
    await judge(office)
    text = (await duty.get(answer.location)).text
    assert f'data-start="{start}" data-energy="400" data-flag="edited"' in text
    for words in ("sửa thành 0,400 kWh", "đọc tại chỗ", "Nguyễn Văn Truc", "Số đã chấp nhận trước đó"):
        assert words in text
    answer = await duty.post(f"{TWO_AT}/withdraw?{_day(office)}", {"start": str(start), "reason": "nhầm"})
    assert answer.status == 303
    await judge(office)
    text = (await duty.get(answer.location)).text
    assert f'data-start="{start}" data-energy="250" data-flag="estimated"' in text
    assert "đã bỏ số sửa" in text


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"reason": "  "}, 422, "Lý do"),
        ({"kwh": "-1"}, 422, "Điện năng (kWh)"),
        ({"kwh": "1.234,5"}, 422, "Điện năng (kWh)"),
        ({"kwh": "1e3"}, 422, "Điện năng (kWh)"),
        ({"start": "12"}, 409, "nửa giờ đã qua"),
        ({"start": "99999999999999"}, 409, "nửa giờ đã qua"),
        ({"start": "x"}, 422, "Nửa giờ"),
        ({"other": "1"}, 422, "không có mục này"),
    ],
)
async def test_a_bad_correction_is_refused_in_words_with_what_was_typed(
    office: Office, duty: Visitor, change: dict[str, str], status: int, words: str
) -> None:
    form = {"start": str(yesterday(office)), "kwh": "0.4", "reason": "đọc lại"} | change
    answer = await duty.post(f"{TWO_AT}/correct?range=day&{_day(office)}", form)
    assert answer.status == status
    assert words in answer.text
    assert form["reason"].strip() in answer.text
    assert await office.database.read(lambda c: c.scalar(sa.select(sa.func.count()).select_from(meter_edit))) == 0


async def test_a_question_is_shown_at_its_meter_and_in_the_list_and_an_answer_changes_what_is_accepted(
    office: Office, duty: Visitor
) -> None:
    assert "Thay công tơ?" in (await duty.get(f"{ONE_AT}?{_day(office)}")).text
    listed = (await duty.get("/questions")).text
    for words in ("Thay công tơ?", "20260002", "20260001", "Công tơ nhà văn hóa", "Đã thay hoặc đặt lại"):
        assert words in listed
    (asked,) = await office.database.read(questions.questions, sa.true())
    form = {"answer": "exchanged", "reason": "điện lực thay ngày hôm nay"}
    assert (await duty.post(f"/questions/{asked.id}", form | {"reason": ""})).status == 422
    assert (await duty.post(f"/questions/{asked.id}", form | {"answer": "explained"})).status == 409
    answer = await duty.post(f"{ONE_AT}/questions/{asked.id}?range=day", form)
    assert (answer.status, answer.location) == (303, f"{ONE_AT}?range=day&done=answer")
    again = await duty.post(f"/questions/{asked.id}", form)
    assert again.status == 409
    assert "Người khác đã quyết định" in again.text
    assert (await duty.post("/questions/999", form)).status == 404
    await judge(office)
    assert "Không có câu hỏi nào." in (await duty.get("/questions")).text


async def test_who_may_only_see_cannot_correct_answer_assign_or_take_away(
    office: Office, visitors: Visitors, duty: Visitor
) -> None:
    await office.add_account("xem", "observer")
    person = await visitors("xem")
    text = (await person.get(f"{TWO_AT}?{_day(office)}")).text + (await person.get(LINE_AT)).text
    for form in ("/correct", "/export", '/meters" class="inline"', 'id="assign"'):
        assert form not in text
    (asked,) = await office.database.read(questions.questions, sa.true())
    for path in (
        f"{TWO_AT}/correct", f"{TWO_AT}/withdraw", f"/questions/{asked.id}", f"{ONE_AT}/questions/{asked.id}",
        f"{LINE_AT}/meters", "/imports", "/imports/1/confirm", "/imports/1/drop",
    ):  # fmt: skip
        assert (await person.post(path)).status == 403, path
    for path in (f"{TWO_AT}/export?form=csv", "/village/export?form=csv", "/imports", "/imports/1"):
        assert (await person.get(path)).status == 403, path


async def test_an_observer_sees_corrections_and_not_who_made_them(
    office: Office, visitors: Visitors, duty: Visitor
) -> None:
    form = {"start": str(yesterday(office)), "kwh": "0,3", "reason": "đọc lại"}
    assert (await duty.post(f"{TWO_AT}/correct", form)).status == 303
    await office.add_account("xem", "observer")
    text = (await (await visitors("xem")).get(f"{TWO_AT}?{_day(office)}")).text
    assert "sửa thành 0,300 kWh" in text
    assert "Nguyễn Văn Truc" not in text


async def test_a_meter_outside_the_place_does_not_exist(office: Office, visitors: Visitors, duty: Visitor) -> None:
    await office.add_account("thon", "duty", "thon-mot")
    person = await visitors("thon")
    (asked,) = await office.database.read(questions.questions, sa.true())
    for path in (TWO_AT, f"{TWO_AT}/export?form=csv", LINE_AT):
        assert (await person.get(path)).status == 404, path
    form = {"start": str(yesterday(office)), "kwh": "0,3", "reason": "đọc lại"}
    assert (await person.post(f"{TWO_AT}/correct", form)).status == 404
    answer = {"answer": "exchanged", "reason": "thay"}
    assert (await person.post(f"/questions/{asked.id}", answer)).status == 404
    assert (await person.post(f"{LINE_AT}/meters", {"meter": "ngo-3/cong-to-1", "act": "hang"})).status == 404
    seen = [
        (await person.get(path)).text for path in ("/meters", "/village", "/feeders", "/questions", "/completeness")
    ]
    for text in (*seen, (await person.get("/village/export?form=csv")).text, (await person.get("/outages")).text):
        for other in ("Mẫu B", "nhà văn hóa", "Lộ 1", "20260002"):
            assert other not in text
    assert "Công tơ đèn đường ngõ 3" in seen[0]


async def test_meters_are_found_with_or_without_marks(duty: Visitor) -> None:
    for words in ("hộ ông mẫu b", "ho ong mau B", "MAU"):
        text = (await duty.get(f"/meters?q={quote(words)}")).text
        assert "Công tơ hộ ông Mẫu B" in text
        assert "đèn đường" not in text
    nothing = (await duty.get(f"/meters?q={quote('<b>không</b>')}")).text
    assert "Không có công tơ nào khớp" in nothing
    assert "<b>không</b>" not in nothing


async def test_the_village_adds_up_meters_and_keeps_feeders_apart(duty: Visitor) -> None:
    text = (await duty.get("/village")).text
    for words in ("Công tơ", "Công tơ phụ", "Lộ điện", "không cộng vào nhau", "Công tơ dùng nhiều nhất", "Chưa đầy đủ"):
        assert words in text


async def test_a_feeder_shows_what_nobody_measured_and_its_coverage(office: Office, duty: Visitor) -> None:
    text = (await duty.get(f"{LINE_AT}?{_day(office)}")).text
    figures = re.findall(r"<dd>([\d,]+) <small>kWh", text)
    assert figures == ["21,60", "19,20", "2,40"]
    assert "100,0 %" in text
    assert "2,40" in (await duty.get("/feeders")).text
    assert "Chưa đầy đủ" in (await duty.get(f"{LINE_AT}?range=month")).text


async def test_people_with_the_right_hang_meters_on_feeders(office: Office, duty: Visitor) -> None:
    form = {"meter": "ngo-3/cong-to-1", "act": "hang"}
    assert (await duty.post(f"{LINE_AT}/meters", form)).location == f"{LINE_AT}?done=hang"
    assert len(await office.database.read(feeders.meters_of, LINE, office.clock())) == 3
    assert (await duty.post(f"{LINE_AT}/meters", form | {"act": "take_off"})).status == 303
    assert len(await office.database.read(feeders.meters_of, LINE, office.clock())) == 2
    for bad in ({"meter": "x"}, {"act": "burn"}, {"meter": "ngo-9/khoi-9"}, {"meter": "ngo-9/lo-1"}):
        assert (await duty.post(f"{LINE_AT}/meters", form | bad)).status in (404, 422)
    assert (await duty.post(f"{TWO_AT.replace('/meters', '/feeders')}/meters", form)).status == 404


async def test_power_cuts_have_begin_end_and_what_they_are_known_by(duty: Visitor) -> None:
    text = (await duty.get("/outages")).text
    assert "Thiết bị báo mất điện lưới" in text
    assert '<td class="num">60</td>' in text
    assert "Không ghi nhận lần nào" in (await duty.get("/outages?date=2025-01-01")).text


async def test_completeness_is_worst_first(duty: Visitor) -> None:
    text = (await duty.get("/completeness")).text
    shown = [text.index(name) for name in ("Công tơ đèn đường ngõ 3", "Mẫu B", "Lộ 1 trạm")]
    assert shown == sorted(shown)


async def test_the_correction_of_a_person_is_what_the_data_side_knows(office: Office, duty: Visitor) -> None:
    start = yesterday(office) + 2 * HALF_HOUR
    await duty.post(f"{TWO_AT}/correct", {"start": str(start), "kwh": "1", "reason": "đọc lại"})
    await judge(office)
    (one,) = await office.database.read(profile.load_profile, TWO, start, start + HALF_HOUR)
    assert (one.wh, one.flag) == (1000, Flag.EDITED)
    (edit,) = await office.database.read(corrections.edits, TWO, start, start + HALF_HOUR)
    assert (edit.by, edit.reason) == ("Nguyễn Văn Truc", "đọc lại")
    assert ONE != TWO


async def test_the_meters_own_rate_registers_stand_beside_with_the_time_they_cover(
    office: Office, duty: Visitor
) -> None:
    start = yesterday(office)
    rates = [("energy_import_t1", 2000.0), ("energy_import_t2", 500.0)]
    readings = [Point(*TWO, name, start + n * 6 * HALF_HOUR, 9_000 + n * wh) for name, wh in rates for n in (0, 1)]
    await office.store.write(readings)
    text = (await duty.get(f"{TWO_AT}?{_day(office)}")).text
    assert f"từ {languages.stamp(start)} đến {languages.stamp(start + 6 * HALF_HOUR)}, số thô" in text
    assert '<td class="num">2,00</td>' in text
    assert '<td class="num">0,50</td>' in text


async def test_readings_that_wait_for_their_half_hour_do_not_make_a_page_doubtful(
    office: Office, duty: Visitor
) -> None:
    now = office.clock()
    await office.database.write(dirty.mark, TWO, now, now, now + HALF_HOUR)
    assert "đang được xét" not in (await duty.get(f"{TWO_AT}?{_day(office)}")).text
