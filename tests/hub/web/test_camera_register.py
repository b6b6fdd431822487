"""The pages of the register of cameras: who may do what, what is missing is said, and everything is written down."""

import asyncio
import shutil
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from aiohttp import FormData
from PIL import Image
from sqlalchemy import event
from sqlalchemy.engine import Connection

from keng_hub.cameras import registry
from keng_hub.cameras.registry import CameraKey
from keng_hub.cameras.sign import FONTS
from keng_hub.tables import camera_entry, device, snapshot
from keng_hub.web.cameras import inventory, wall
from keng_hub.web.sessions import Account
from keng_wire.camera import CameraPlan, CameraPlanned
from support.office import Office
from support.visitor import Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
KEY = CameraKey("ngo-3", "cam-ngo")
HERE = "/cameras/ngo-3/cam-ngo"
FACTS = {"camera_class": "public", "purpose": "both"}
SQUARE = "0.1,0.1 0.5,0.1 0.5,0.5 0.1,0.5"
SHAPES = {"areas-1-name": "Sân", "areas-1-points": SQUARE, "areas-1-rule_intrusion": "1", "areas-1-when": "night"}


def jpeg() -> bytes:
    made = BytesIO()
    Image.new("RGB", (64, 36), (10, 90, 60)).save(made, "JPEG")
    return made.getvalue()


def photo(data: bytes | None = None, **fields: str) -> FormData:
    form = FormData()
    for name, value in fields.items():
        form.add_field(name, value)
    form.add_field("file", jpeg() if data is None else data, filename="anh.jpg", content_type="image/jpeg")
    return form


@pytest_asyncio.fixture(loop_scope="session")
async def duty(office: Office, visitors: Visitors) -> Visitor:
    """The duty officer, and a node that has told of its camera."""
    await office.add_account("truc", "duty")
    plan = CameraPlan.model_validate({"active": False, "areas": [{"id": "all", "points": [(0, 0), (1, 0), (1, 1)]}]})
    await office.database.write(registry.take, "ngo-3", CameraPlanned(device="cam-ngo", plan=plan), office.clock())
    return await visitors("truc")


async def row(office: Office) -> dict[str, Any]:
    found = await office.database.read(registry.find, KEY)
    assert found is not None
    return found


async def test_a_camera_becomes_active_by_notice_and_decision_and_says_so(office: Office, duty: Visitor) -> None:
    assert "chưa xác nhận biển báo" in (await duty.get(f"{HERE}/record")).text
    refused = await duty.post(f"{HERE}/record/activate")
    assert refused.status == 409
    assert "Trước hết phải có người xác nhận biển báo" in refused.text
    assert (await duty.post(f"{HERE}/record/notice", photo())).status == 303
    assert (await duty.post(f"{HERE}/record/activate")).location == f"{HERE}/record?done=activate"
    assert registry.may_look(await row(office))
    text = (await duty.get(f"{HERE}/record")).text
    assert "Camera đang hoạt động" in text
    assert "Nguyễn Văn Truc" in text
    picture = await duty.get(f"{HERE}/notices/1")
    assert (picture.status, picture.headers["Content-Type"]) == (200, "image/jpeg")
    assert (await duty.post(f"{HERE}/record/pause", {"reason": " "})).status == 409
    assert (await duty.post(f"{HERE}/record/pause", {"reason": "dân phản ánh"})).status == 303
    assert not registry.may_look(await row(office))


async def test_a_photo_that_is_none_is_refused(duty: Visitor) -> None:
    answer = await duty.post(f"{HERE}/record/notice", photo(b"GIF89a"))
    assert answer.status == 422
    assert "JPEG" in answer.text


async def test_what_is_typed_wrong_stays_on_the_page_with_the_cure(office: Office, duty: Visitor) -> None:
    answer = await duty.post(f"{HERE}/record/facts", FACTS | {"make": "Hãng Mẫu", "static_ip": "300.1.1.1"})
    assert answer.status == 422
    assert "Địa chỉ IP tĩnh: Đây không phải địa chỉ IP" in answer.text
    assert "Hãng Mẫu" in answer.text
    assert (await row(office))["facts"] == {}
    missing = await duty.post(f"{HERE}/record/facts", FACTS | {"installed": "2026-03-01"})
    assert missing.status == 303
    assert "thiếu số chứng nhận QCVN 135" in (await duty.get("/cameras/inventory")).text


async def test_the_inventory_leaves_as_files_without_formulas(duty: Visitor) -> None:
    await duty.post(f"{HERE}/record/facts", FACTS | {"make": "=cmd()", "password_changed": "1"})
    csv = (await duty.get("/cameras/inventory?form=csv")).text
    assert "'=cmd()" in csv
    assert "Đã đổi mật khẩu mặc định" in csv
    async with duty.http.get(f"{duty.office.url}/cameras/inventory?form=xlsx") as response:
        book = zipfile.ZipFile(BytesIO(await response.read()))
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    assert (await duty.get("/cameras/inventory?form=pdf")).status == 400


async def test_the_inventory_and_the_wall_ask_as_often_for_many_cameras_as_for_one(
    office: Office, duty: Visitor
) -> None:
    await duty.post(f"{HERE}/record/notice", photo())
    one = await office.database.read(_statements, office.clock())
    await office.database.write(_more_cameras, office.clock())
    assert await office.database.read(_statements, office.clock()) == one
    assert "Camera thứ 4" in (await duty.get("/cameras/inventory")).text


def _more_cameras(connection: Connection, now: int) -> None:
    for number in range(5):
        given: dict[str, Any] = {"id": f"cam-{number}", "kind": "camera", "name": f"Camera thứ {number}", "marks": []}
        connection.execute(device.insert().values(node="ngo-3", **given))
        registry.ensure(connection, CameraKey("ngo-3", f"cam-{number}"), now)


def _statements(connection: Connection, now: int) -> list[int]:
    """How many statements the inventory and the wall take."""
    counts = [0, 0]
    at = 0

    def hear(*_: object) -> None:
        counts[at] += 1

    event.listen(connection, "before_cursor_execute", hear)
    account = Account(1, "truc", "Trực", "duty", None, must_change=False, language="vi", session="")
    inventory.load(connection, account, now)
    at = 1
    assert wall.load(connection, account, "", now).rows
    event.remove(connection, "before_cursor_execute", hear)
    return counts


async def test_a_camera_of_a_house_runs_by_its_consent_alone(office: Office, duty: Visitor) -> None:
    await duty.post(f"{HERE}/record/facts", FACTS | {"camera_class": "household", "house": "Nhà 12"})
    await duty.post(f"{HERE}/record/notice", photo())
    assert "đồng ý của chủ nhà" in (await duty.post(f"{HERE}/record/activate")).text
    by = "bà Mẫu B"
    assert (await duty.post(f"{HERE}/record/consent", photo(b"", given_by=by, given="2026-11-01"))).status == 303
    assert (await duty.post(f"{HERE}/record/activate")).status == 409
    await duty.post(f"{HERE}/record/withdraw", {"reason": "sai"})
    assert (
        await duty.post(f"{HERE}/record/consent", photo(given_by=by, given="2026-11-01", neighbours_masked="1"))
    ).status == 303
    assert (await duty.post(f"{HERE}/record/activate")).status == 303
    assert (await duty.get(f"{HERE}/consents/2")).status == 200
    await duty.post(f"{HERE}/record/withdraw", {"reason": ""})
    assert (await row(office))["state"] == "withdrawn"


async def test_who_may_not_does_not(office: Office, duty: Visitor, visitors: Visitors) -> None:
    for name, role, place in (
        ("tho", "technician", None),
        ("xem", "observer", None),
        ("hai", "commune_lead", "thon-hai"),
    ):
        await office.add_account(name, role, place)
    await duty.post(f"{HERE}/record/facts", FACTS | {"camera_class": "household"})
    await duty.post(f"{HERE}/record/consent", photo(given_by="bà Mẫu B", given="2026-11-01"))
    technician, observer, other = await visitors("tho"), await visitors("xem"), await visitors("hai")
    assert (await technician.post(f"{HERE}/record/activate")).status == 403
    assert (await technician.post(f"{HERE}/record/facts", FACTS)).status == 409, "the class is not for technicians"
    assert (await technician.get(f"{HERE}/consents/1")).status == 403
    assert "bà Mẫu B" not in (await technician.get(f"{HERE}/record")).text
    assert "bà Mẫu B" in (await duty.get(f"{HERE}/record")).text
    assert (await observer.get("/cameras/inventory")).status == 403
    assert (await other.get(f"{HERE}/record")).status == 404
    assert "cam-ngo" not in (await other.get("/cameras/inventory")).text
    assert (await duty.post(f"{HERE}/record/paint")).status == 404
    assert (await duty.get("/cameras/ngo-3/khoi-bep/record")).status == 404


async def test_areas_are_taken_as_typed_and_told_to_the_node(office: Office, duty: Visitor) -> None:
    typed = SHAPES | {"lines-1-points": "0.2,0.8 0.8,0.8", "lines-1-way_up": "1", "masks-1-points": SQUARE}
    assert (await duty.post(f"{HERE}/areas", typed)).status == 409, "another mask needs a reason"
    assert (await duty.post(f"{HERE}/areas", typed | {"reason": "cửa nhà bên"})).status == 303
    plan = (await row(office))["plan"]
    assert plan["areas"][0] | {"points": 0} == {
        "id": "vung-1",
        "name": "Sân",
        "points": 0,
        "classes": [],
        "when": "night",
        "rules": ["intrusion"],
        "stay_s": 10.0,
        "crowd": 5,
        "evidence": False,
        "smallest": 0.0,
    }
    assert (plan["lines"][0]["directions"], len(plan["masks"])) == (["up"], 1)
    text = (await duty.get(f"{HERE}/areas")).text
    assert f'value="{SQUARE}"' in text
    entries = await office.database.read(_entries)
    assert entries[-1]["reason"] == "cửa nhà bên"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"areas-1-points": "0.1,0.1 0.5,0.5 0.5,0.1 0.1,0.5"}, "Khu vực 1: Các góc: khu vực tự cắt nhau"),
        ({"areas-1-points": "0.1,0.1 1.5,0.1 0.5,0.5"}, "góc 2 nằm ngoài hình"),
        ({"areas-1-points": "0.1,0.1 0.5,0.1"}, "chỉ có 2 góc"),
        ({"areas-1-points": "trái phải"}, "Viết các góc dạng 0.1,0.4"),
        ({"areas-1-hours": "25:00-26:00"}, "Chỉ trong khung giờ: "),
        ({"areas-1-smallest": "9"}, "Phần hình nhỏ nhất: "),
        ({"masks-2-points": "0,0 1,1 1,0 0,1"}, "Vùng che 1: Các góc: vùng che 1 tự cắt nhau"),
        ({"areas-1-points": ""}, "Khu vực 1: Các góc: khu vực chỉ có 0 góc"),
        ({"areas-1-gone": "1"}, "Vẽ ít nhất một khu vực"),
    ],
)
async def test_a_wrong_shape_names_camera_shape_field_and_cure(duty: Visitor, wrong: dict[str, str], said: str) -> None:
    answer = await duty.post(f"{HERE}/areas", SHAPES | wrong)
    assert answer.status == 422
    assert "Camera công cộng đầu ngõ · " in answer.text
    assert said in answer.text


TIMES = {"day_begin": "06:00", "day_end": "17:30", "market_sunday": "1", "lunar_days": "2, 7"}


async def test_when_it_is_day_and_market_is_set_with_the_areas_and_shown_as_it_stands(
    office: Office, duty: Visitor
) -> None:
    assert (await duty.post(f"{HERE}/areas", SHAPES | TIMES)).status == 303
    plan = (await row(office))["plan"]
    assert (plan["day_hours"], plan["market_days"]) == ("06:00-17:30", ["sunday", "lunar 2", "lunar 7"])
    text = (await duty.get(f"{HERE}/areas")).text
    assert 'name="day_begin" value="06:00"' in text
    assert 'name="market_sunday" value="1" checked' in text
    assert 'name="lunar_days" value="2, 7"' in text
    assert 'name="market_monday" value="1" >' in text
    assert (await duty.post(f"{HERE}/areas", SHAPES)).status == 303
    plan = (await row(office))["plan"]
    assert ("day_hours" in plan, plan["market_days"]) == (False, []), "the hours of the node's own file hold again"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"day_end": ""}, "Giờ bắt đầu và hết ban ngày: Ghi cả hai giờ"),
        ({"day_end": "24:00"}, "Giờ bắt đầu và hết ban ngày: &#39;06:00-24:00&#39; không phải khung giờ"),
        ({"day_end": "06:00"}, "trùng giờ"),
        ({"lunar_days": "2, 31"}, "Ngày phiên chợ: &#39;lunar 31&#39; không phải ngày phiên chợ"),
        ({"lunar_days": "chín"}, "không phải ngày phiên chợ"),
    ],
)
async def test_times_that_are_none_are_refused_in_words_and_stay_typed(
    office: Office, duty: Visitor, wrong: dict[str, str], said: str
) -> None:
    answer = await duty.post(f"{HERE}/areas", SHAPES | TIMES | wrong)
    assert (answer.status, (await row(office))["plan"]) == (422, None)
    assert said in answer.text
    assert 'name="day_begin" value="06:00"' in answer.text


async def test_masks_come_off_by_duty_and_data_protection_alone(
    office: Office, duty: Visitor, visitors: Visitors
) -> None:
    await duty.post(f"{HERE}/areas", SHAPES | {"masks-1-points": SQUARE, "reason": "cửa nhà bên"})
    await office.add_account("tho", "technician")
    await office.add_account("dl", "dpo")
    technician, officer = await visitors("tho"), await visitors("dl")
    answer = await technician.post(f"{HERE}/areas", SHAPES | {"reason": "vướng"})
    assert answer.status == 409
    assert "đang bị che sẽ lộ ra" in answer.text
    assert (await officer.post(f"{HERE}/areas", SHAPES | {"reason": "theo đơn"})).status == 303
    assert (await row(office))["plan"]["masks"] == []


async def test_a_still_to_draw_on_is_for_who_may_see_it(office: Office, duty: Visitor, visitors: Visitors) -> None:
    assert (await duty.get(f"{HERE}/background")).status == 404
    await office.database.write(_picture, office.clock())
    assert (await duty.get(f"{HERE}/background")).status == 200
    await office.add_account("tho", "technician")
    assert (await (await visitors("tho")).get(f"{HERE}/background")).status == 404
    await duty.post(f"{HERE}/record/facts", FACTS | {"camera_class": "household"})
    assert (await duty.get(f"{HERE}/background")).status == 404, "a house's camera asks for a reason first"
    await duty.post(f"{HERE}/watch", {"reason": "vẽ vùng che"})
    assert (await duty.get(f"{HERE}/background")).status == 200


async def test_everybody_may_read_the_notice_and_nothing_else(
    office: Office, duty: Visitor, visitors: Visitors
) -> None:
    await duty.post(f"{HERE}/record/facts", FACTS | {"controller": "UBND xã Mẫu", "contact": "0200 000 000"})
    nobody = await visitors()
    answer = await nobody.get(f"/n/{(await row(office))['code']}")
    assert answer.status == 200
    for part in ("UBND xã Mẫu", "0200 000 000", "30 ngày", "Điều 32", "hiện camera này không ghi hình".capitalize()):
        assert part in answer.text
    assert "Nguyễn" not in answer.text
    await office.database.write(_at_a_house)
    assert "Mẫu A" not in (await nobody.get(f"/n/{(await row(office))['code']}")).text
    assert (await nobody.get("/n/khong-co")).status == 404
    assert (await nobody.get(f"{HERE}/sign.pdf")).status == 303


@pytest.mark.skipif(not any(Path(a).is_file() and Path(b).is_file() for a, b in FONTS), reason="no Vietnamese font")
async def test_the_notice_to_print_says_the_same_on_one_sheet(office: Office, duty: Visitor, tmp_path: Path) -> None:
    await duty.post(f"{HERE}/record/facts", FACTS | {"controller": "UBND xã Mẫu ỡ Ặ ễ", "keep_days": "15"})
    async with duty.http.get(f"{duty.office.url}{HERE}/sign.pdf?size=a3") as response:
        assert response.headers["Content-Type"] == "application/pdf"
        (tmp_path / "a3.pdf").write_bytes(await response.read())
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler-utils is not installed")
    text = await _told_by("pdftotext", "-layout", tmp_path / "a3.pdf", "-")
    for part in ("CÓ CAMERA GHI HÌNH", "UBND xã Mẫu ỡ Ặ ễ", "15 ngày", "Điều 32", (await row(office))["code"]):
        assert part in text
    facts = await _told_by("pdfinfo", tmp_path / "a3.pdf")
    assert "A3" in facts
    assert "Pages:           1" in facts


async def _told_by(*command: str | Path) -> str:
    program = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    text, _ = await program.communicate()
    assert program.returncode == 0
    return text.decode()


def _entries(connection: Connection) -> list[Any]:
    return list(connection.execute(sa.select(camera_entry.c.data).order_by(camera_entry.c.id)).scalars())


def _picture(connection: Connection, now: int) -> None:
    given = {"node": "ngo-3", "device": "cam-ngo", "occurrence": "0" * 16, "at": now, "sha256": "0" * 64}
    connection.execute(snapshot.insert().values(**given, width=64, height=36, jpeg=jpeg()))


async def test_pictures_of_a_houses_camera_are_for_police_and_duty_with_a_reason(
    office: Office, duty: Visitor, visitors: Visitors
) -> None:
    await duty.post(f"{HERE}/record/facts", FACTS | {"camera_class": "household"})
    incident = await office.raise_alarm("ngo-3", "cam-ngo", category="security", severity="high", cause="intrusion")
    await office.database.write(_picture, office.clock())
    await office.database.write(_of_first_alarm)
    await office.add_account("to", "group_head", "ngo-3")
    head = await visitors("to")
    for person in (duty, head):
        assert (await person.get("/snapshots/1")).status == 404
        assert "/snapshots/1" not in (await person.get(f"/incidents/{incident}")).text
    opening = f"/incidents/{incident}/houses/ngo-3/cam-ngo"
    assert opening in (await duty.get(f"/incidents/{incident}")).text
    assert (await head.post(opening, {"reason": "xem thử"})).status == 403
    assert (await duty.post(opening, {"reason": " "})).status == 422
    assert (await duty.post(f"/incidents/{incident}/houses/ngo-3/khac", {"reason": "x"})).status == 404
    assert (await duty.post(opening, {"reason": "có người trèo rào"})).status == 303
    assert (await duty.get("/snapshots/1")).status == 200
    assert "/snapshots/1" in (await duty.get(f"/incidents/{incident}")).text
    assert (await head.get("/snapshots/1")).status == 404
    office.clock.ahead += 31 * 60_000
    assert (await duty.get("/snapshots/1")).status == 404, "half an hour is over"


def _at_a_house(connection: Connection) -> None:
    connection.execute(device.update().where(device.c.id == "cam-ngo").values(place="nha-a"))


async def test_a_new_shape_gets_a_short_name_that_is_free_and_one_can_be_removed(office: Office, duty: Visitor) -> None:
    two = SHAPES | {"areas-1-id": "vung-2", "areas-2-points": "0.6,0.6 0.9,0.6 0.9,0.9", "areas-2-rule_crowd": "1"}
    assert (await duty.post(f"{HERE}/areas", two)).status == 303
    assert [area["id"] for area in (await row(office))["plan"]["areas"]] == ["vung-2", "vung-1"]
    assert (await duty.post(f"{HERE}/areas", two | {"areas-1-gone": "1"})).status == 303
    assert [area["id"] for area in (await row(office))["plan"]["areas"]] == ["vung-1"]


@pytest.mark.parametrize("path", ["areas", "record/facts"])
async def test_a_form_of_nonsense_is_answered_in_words(duty: Visitor, path: str) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "multipart/form-data; boundary=x"}
    async with duty.http.post(f"{duty.office.url}{HERE}/{path}", data=b"nothing", headers=headers) as response:
        assert response.status in (400, 422)
    assert (await duty.post(f"{HERE}/{path}", SHAPES | {"reason": "a\x07b"})).status in (400, 422)


def _of_first_alarm(connection: Connection) -> None:
    connection.execute(snapshot.update().values(occurrence=f"{1:016x}"))
