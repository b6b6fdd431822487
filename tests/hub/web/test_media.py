"""Stills before and after on the incident's page; clips only with a reason, each viewing written down."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from keng_hub import tables
from support.kept_media import keep
from support.media_hub import CLIP, JPEG, announced
from support.office import Office
from support.visitor import Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def a_clip(office: Office, visitors: Visitors, role: str = "duty", **more: Any) -> tuple[Visitor, int, int]:
    """Somebody logged in, an incident and its clip."""
    await office.add_account("nguoi", role, **more)
    incident = await office.raise_alarm("ngo-3", "cam-ngo", category="security", cause="intrusion", severity="high")
    clip = await keep(office, 1, CLIP, media="clip", duration=16_000)
    return await visitors("nguoi"), incident, clip


def _empty(folder: Path) -> None:
    for file in folder.rglob("*.mp4"):
        file.unlink()


def viewings(office: Office) -> list[sa.Row[Any]]:
    query = sa.select(tables.media_viewing).order_by(tables.media_viewing.c.id)
    return office.database.read_now(lambda connection: list(connection.execute(query)))


async def test_the_page_shows_stills_before_and_after_with_boxes_first(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    incident = await office.raise_alarm("ngo-3", "cam-ngo", category="security", cause="intrusion", severity="high")
    kept = {
        (kind, moment): await keep(office, 1, JPEG + f"{kind}{moment}".encode(), media=kind, moment=moment, ago=ago)
        for kind, moment, ago in (
            ("still", "before", 9_000),
            ("still", "begin", 4_000),
            ("boxed", "begin", 4_000),
            ("still", "after", 1_000),
        )
    }
    person = await visitors("truc")
    text = (await person.get(f"/incidents/{incident}")).text
    at = [text.index(word) for word in ("Trước đó", "Lúc bắt đầu", "Sau đó")]
    assert at == sorted(at)
    assert f'src="/media/{kept[("boxed", "begin")]}"' in text
    assert f'src="/media/{kept[("still", "begin")]}"' not in text
    assert f'href="/media/{kept[("still", "begin")]}"' in text
    answer = await person.get(f"/media/{kept[('still', 'before')]}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")


async def test_a_clip_asks_for_a_reason_and_each_viewing_is_written_down(office: Office, visitors: Visitors) -> None:
    person, incident, clip = await a_clip(office, visitors, "police")
    page = f"/incidents/{incident}/media/{clip}/watch"
    assert "Lý do xem" in (await person.get(f"/incidents/{incident}")).text
    refused = await person.post(page, {"reason": "  "})
    assert refused.status == 422
    assert viewings(office) == []
    answer = await person.post(page, {"reason": "xác minh người lạ"})
    assert (answer.status, answer.location) == (303, "/viewings/1")
    [row] = viewings(office)
    assert (row.media, row.incident, row.kind, row.reason) == (clip, incident, "view", "xác minh người lạ")
    shown = (await person.get("/viewings/1")).text
    assert "<video controls" in shown
    assert hashlib.sha256(CLIP).hexdigest() in shown
    await person.post(page, {"reason": "xem lại"})
    assert len(viewings(office)) == 2


async def test_a_clip_comes_in_the_ranges_a_player_asks_for(office: Office, visitors: Visitors) -> None:
    person, incident, clip = await a_clip(office, visitors)
    await person.post(f"/incidents/{incident}/media/{clip}/watch", {"reason": "xác minh"})
    async with person.http.get(f"{office.url}/viewings/1/clip", headers={"Range": "bytes=100-299"}) as part:
        assert (part.status, await part.read()) == (206, CLIP[100:300])
        assert part.headers["Content-Type"] == "video/mp4"
        assert "no-store" in part.headers["Cache-Control"]
    async with person.http.get(f"{office.url}/viewings/1/clip") as whole:
        assert await whole.read() == CLIP
        assert "Content-Disposition" not in whole.headers


async def test_a_viewing_ends_and_belongs_to_one_person(office: Office, visitors: Visitors) -> None:
    person, incident, clip = await a_clip(office, visitors)
    await office.add_account("khac", "police")
    await person.post(f"/incidents/{incident}/media/{clip}/watch", {"reason": "xác minh"})
    other = await visitors("khac")
    for path in ("/viewings/1", "/viewings/1/clip"):
        assert (await other.get(path)).status == 404
        assert (await person.get(path)).status == 200
    office.clock.ahead = 31 * 60_000
    person = await visitors("nguoi")
    for path in ("/viewings/1", "/viewings/1/clip"):
        assert (await person.get(path)).status == 404


@pytest.mark.parametrize("role", ["village_head", "commune_lead", "observer", "technician", "security_team", "dpo"])
async def test_recorded_video_is_for_police_and_duty(office: Office, visitors: Visitors, role: str) -> None:
    person, incident, clip = await a_clip(office, visitors, role)
    for act in ("watch", "export"):
        form = {"reason": "tò mò", "requester": "ai đó", "document": "không"}
        assert (await person.post(f"/incidents/{incident}/media/{clip}/{act}", form)).status == 403
    assert (await person.get("/viewings/1")).status == 403
    assert viewings(office) == []
    assert "/watch" not in (await person.get(f"/incidents/{incident}")).text


async def test_nobody_sees_media_of_another_village(office: Office, visitors: Visitors) -> None:
    person, incident, clip = await a_clip(office, visitors, "duty", place_id="thon-hai")
    still = await keep(office, 1, JPEG)
    assert (await person.get(f"/media/{still}")).status == 404
    form = {"reason": "xác minh"}
    assert (await person.post(f"/incidents/{incident}/media/{clip}/watch", form)).status == 404
    other = await office.raise_alarm("ngo-9", "khoi-9")
    assert (await person.post(f"/incidents/{other}/media/{clip}/watch", form)).status == 404


async def test_stills_need_the_right_to_see_pictures_and_a_clip_is_no_still(office: Office, visitors: Visitors) -> None:
    person, _, clip = await a_clip(office, visitors)
    still = await keep(office, 1, JPEG)
    await office.add_account("xem", "observer")
    observer = await visitors("xem")
    assert (await observer.get(f"/media/{still}")).status == 403
    assert (await person.get(f"/media/{still}")).status == 200
    assert (await person.get(f"/media/{clip}")).status == 404


async def test_an_export_says_for_whom_and_bears_its_hash(office: Office, visitors: Visitors) -> None:
    person, incident, clip = await a_clip(office, visitors, "police")
    page = f"/incidents/{incident}/media/{clip}/export"
    assert (await person.post(page, {"reason": "điều tra"})).status == 422
    form = {"reason": "điều tra", "requester": "Cơ quan Mẫu", "document": "số 1/MẪU"}
    assert (await person.post(page, form)).status == 303
    [row] = viewings(office)
    assert (row.kind, row.requester, row.document) == ("export", "Cơ quan Mẫu", "số 1/MẪU")
    async with person.http.get(f"{office.url}/viewings/1/clip") as answer:
        data, digest = await answer.read(), hashlib.sha256(CLIP).hexdigest()
        assert hashlib.sha256(data).hexdigest() == answer.headers["X-Content-SHA256"] == digest
        code = (await office.incident(incident))["code"]
        assert f'filename="keng-{code}-{digest[:12]}.mp4"' in answer.headers["Content-Disposition"]
    assert digest in (await person.get("/viewings/1")).text


async def test_the_view_log_is_for_who_guards_personal_data(office: Office, visitors: Visitors) -> None:
    person, incident, clip = await a_clip(office, visitors, "police")
    await person.post(f"/incidents/{incident}/media/{clip}/watch", {"reason": "xác minh người lạ"})
    await office.add_account("bao", "dpo")
    guardian = await visitors("bao")
    assert (await guardian.get("/")).location == "/viewings"
    text = (await guardian.get("/viewings")).text
    for words in ("Nguyễn Văn Nguoi", "Công an xã", "xác minh người lạ", "Camera công cộng đầu ngõ", "Chưa xóa gì."):
        assert words in text
    assert (await person.get("/viewings")).status == 403


async def test_media_are_held_with_a_reason_and_let_go_with_one(office: Office, visitors: Visitors) -> None:
    person, incident, _ = await a_clip(office, visitors)
    assert (await person.post(f"/incidents/{incident}/hold", {"reason": ""})).status == 409
    assert (await person.post(f"/incidents/{incident}/hold", {"reason": "công an yêu cầu"})).status == 303
    text = (await person.get(f"/incidents/{incident}")).text
    assert "Giữ từ" in text
    assert "Giữ ảnh và video quá thời hạn" in text
    assert (await person.post(f"/incidents/{incident}/let_go", {"reason": "đã xong"})).status == 303
    assert "Giữ từ" not in (await person.get(f"/incidents/{incident}")).text


async def test_what_is_on_its_way_lost_or_put_aside_is_said(office: Office, visitors: Visitors) -> None:
    person, incident, _ = await a_clip(office, visitors)
    await office.happen("ngo-3", announced(JPEG, occurrence=f"{1:016x}").model_dump(mode="json"))
    late = announced(CLIP + b"2", media="clip", occurrence=f"{1:016x}", lost="đĩa đầy")
    await office.happen("ngo-3", late.model_dump(mode="json"))
    text = (await person.get(f"/incidents/{incident}")).text
    assert "Đang gửi từ trạm" in text
    assert "Sẽ không có: đĩa đầy" in text


async def test_a_file_that_is_gone_from_the_disk_is_not_found(office: Office, visitors: Visitors) -> None:
    person, incident, clip = await a_clip(office, visitors)
    await person.post(f"/incidents/{incident}/media/{clip}/watch", {"reason": "xác minh"})
    _empty(office.config.media_folder)
    assert (await person.get("/viewings/1/clip")).status == 404
