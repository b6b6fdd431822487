"""The camera wall and the live view: a reason first, pictures only while somebody looks, each look written down."""

from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from keng_hub import tables
from keng_hub.cameras.registry import CameraKey
from keng_hub.media import live_orders
from support.office import Office
from support.visitor import Visitor, Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")

CAMERA = CameraKey("ngo-3", "cam-ngo")
PAGE = "/cameras/ngo-3/cam-ngo"
SECOND = 1_000


def jpeg(shade: int = 90) -> bytes:
    made = BytesIO()
    Image.new("RGB", (64, 36), (shade, shade, shade)).save(made, "JPEG")
    return made.getvalue()


async def a_watcher(office: Office, visitors: Visitors, role: str = "duty", **more: Any) -> Visitor:
    await office.add_account("nguoi", role, **more)
    return await visitors("nguoi")


def rows(office: Office, table: sa.Table) -> list[sa.Row[Any]]:
    return office.database.read_now(lambda connection: list(connection.execute(sa.select(table))))


def set_camera(office: Office, **values: Any) -> None:
    chosen = tables.device.update().where(tables.device.c.id == "cam-ngo").values(**values)
    office.database.write_now(lambda connection: connection.execute(chosen))


async def test_the_wall_asks_for_a_reason_once_a_shift_and_nothing_is_asked_of_a_node_before(
    office: Office, visitors: Visitors
) -> None:
    person = await a_watcher(office, visitors)
    assert "Vì sao cần xem?" in (await person.get("/cameras")).text
    assert rows(office, tables.command) == []
    assert (await person.post("/cameras", {"reason": " "})).status == 422
    assert rows(office, tables.media_viewing) == []
    assert (await person.post("/cameras", {"reason": "trực ca tối"})).status == 303
    [viewing] = rows(office, tables.media_viewing)
    assert (viewing.kind, viewing.reason, viewing.device) == ("wall", "trực ca tối", None)
    text = (await person.get("/cameras")).text
    assert "Vì sao cần xem?" not in text
    assert "Đang chờ hình…" in text
    [command] = rows(office, tables.command)
    assert (command.node, command.device, command.name, command.state) == (*CAMERA, "show", "queued")
    assert office.clock() < command.until <= office.clock() + 600 * SECOND
    await person.get("/cameras")
    assert len(rows(office, tables.command)) == 1  # the node knows
    office.clock.ahead = 8 * 3600 * SECOND
    person = await visitors("nguoi")
    assert "Vì sao cần xem?" in (await person.get("/cameras")).text


async def test_a_tile_shows_the_newest_still_its_age_and_why_there_is_none(office: Office, visitors: Visitors) -> None:
    person = await a_watcher(office, visitors)
    assert (await person.get(f"{PAGE}/still")).status == 404
    await person.post("/cameras", {"reason": "trực ca"})
    assert (await person.get(f"{PAGE}/still")).status == 404
    await person.get("/cameras")
    assert office.live_pictures.take(CAMERA, jpeg(), 500, 0) == 15_000
    assert office.live_pictures.take(CAMERA, jpeg(200), 100, 0) == 15_000
    text = (await person.get("/cameras")).text
    assert f'src="{PAGE}/still?taken=' in text
    assert f'href="{PAGE}"' in text
    assert "tile old" not in text
    async with person.http.get(office.url + f"{PAGE}/still") as answer:
        assert (answer.content_type, await answer.read()) == ("image/jpeg", jpeg(200))
        assert "no-store" in answer.headers["Cache-Control"]
    office.clock.ahead = 61 * SECOND
    assert "tile old" in (await person.get("/cameras")).text
    set_camera(office, marks=["tamper"], details=[{"mark": "tamper", "reason": "bị che kín"}])
    assert "bị che kín" in (await person.get("/cameras")).text
    set_camera(office, marks=["comms_lost"], details=[])
    assert "Camera không trả lời trạm." in (await person.get("/cameras")).text


async def test_a_node_that_is_away_or_refuses_is_said_in_words(office: Office, visitors: Visitors) -> None:
    person = await a_watcher(office, visitors)
    await person.post(f"{PAGE}/watch", {"reason": "nghe tiếng động"})
    await person.get(PAGE)
    told = {"state": "failed", "error": "trạm chưa có mục [media]"}
    office.database.write_now(lambda connection: connection.execute(tables.command.update().values(**told)))
    assert "Trạm không cho xem hình: trạm chưa có mục [media]" in (await person.get(PAGE)).text
    away = tables.node.update().values(online=False)
    office.database.write_now(lambda connection: connection.execute(away))
    assert "Trạm ngo-3 đang mất liên lạc" in (await person.get(PAGE)).text
    office.clock.ahead = 30 * SECOND
    await person.get(PAGE)
    assert len(rows(office, tables.command)) == 1  # nobody asks a node that is away
    office.live_pictures.served = False
    assert "Máy chủ này chưa nhận hình" in (await person.get(PAGE)).text


async def test_a_camera_that_may_not_look_is_not_asked_and_its_class_and_purpose_stand_on_the_page(
    office: Office, visitors: Visitors
) -> None:
    stood = {"node": "ngo-3", "device": "cam-ngo", "code": "CAM-0001", "camera_class": "household", "state": "paused"}
    facts: dict[str, Any] = {"facts": {"purpose": "fire"}, "added": 0, "changed": 0}
    office.database.write_now(lambda connection: connection.execute(tables.camera.insert().values(**stood, **facts)))
    person = await a_watcher(office, visitors)
    await person.post("/cameras", {"reason": "trực ca"})
    await person.post(f"{PAGE}/watch", {"reason": "xem"})
    for page in ("/cameras", PAGE):
        assert "Camera chưa được hoạt động" in (await person.get(page)).text
    assert "Camera trước nhà" in (await person.get(PAGE)).text
    assert rows(office, tables.command) == []


async def test_a_live_view_is_a_row_with_reason_and_end_and_shows_only_what_is_newer(
    office: Office, visitors: Visitors
) -> None:
    person = await a_watcher(office, visitors, "police")
    text = (await person.get(PAGE)).text
    for words in ("Camera công cộng đầu ngõ", "Ngõ 3", "Mục đích", "Vùng che", "Xem trực tiếp hai phút"):
        assert words in text
    async with person.http.get(office.url + f"{PAGE}/picture") as answer:
        assert (answer.status, answer.headers["Picture-State"]) == (204, "over")
    assert (await person.post(f"{PAGE}/watch", {"reason": ""})).status == 422
    assert rows(office, tables.command) == rows(office, tables.media_viewing) == []
    assert (await person.post(f"{PAGE}/watch", {"reason": "nghe tiếng động lạ"})).location == PAGE
    [viewing] = rows(office, tables.media_viewing)
    assert (viewing.kind, viewing.node, viewing.device, viewing.reason) == ("live", *CAMERA, "nghe tiếng động lạ")
    assert viewing.until == viewing.at + 120 * SECOND
    await person.get(PAGE)
    assert len(rows(office, tables.command)) == 1
    assert office.live_pictures.take(CAMERA, jpeg(), 200, 2) == 300
    async with person.http.get(office.url + f"{PAGE}/picture") as answer:
        assert (answer.status, await answer.read()) == (200, jpeg())
        assert 200 <= int(answer.headers["Picture-Age"]) < 10_000
        taken = answer.headers["Picture-Taken"]
    async with person.http.get(office.url + f"{PAGE}/picture?after={taken}") as answer:
        assert (answer.status, answer.headers["Picture-State"]) == (204, "none")
    assert "2 vùng, được bôi đen" in (await person.get(PAGE)).text
    office.clock.ahead = 121 * SECOND
    async with person.http.get(office.url + f"{PAGE}/picture") as answer:
        assert (answer.status, answer.headers["Picture-State"]) == (204, "over")
    assert office.live_pictures.take(CAMERA, jpeg(), 200, 2) is None


async def test_a_live_view_is_prolonged_up_to_ten_minutes_and_ends_when_the_page_is_left(
    office: Office, visitors: Visitors
) -> None:
    person = await a_watcher(office, visitors)
    await person.post(f"{PAGE}/watch", {"reason": "theo dõi"})
    for minute in range(1, 13):
        office.clock.ahead = minute * 60 * SECOND
        await person.post(f"{PAGE}/prolong")
    [viewing] = rows(office, tables.media_viewing)
    assert viewing.until == viewing.at + 600 * SECOND
    await person.post(f"{PAGE}/watch", {"reason": "theo dõi tiếp"})
    await person.get(PAGE)
    assert office.live_pictures.pause(CAMERA) == 300
    assert (await person.post(f"{PAGE}/end")).status == 303
    assert office.live_pictures.pause(CAMERA) is None
    assert rows(office, tables.media_viewing)[-1].until <= office.clock()
    assert "Vì sao cần xem?" in (await person.get(PAGE)).text


async def test_a_screen_shows_one_camera_at_a_time_and_two_people_share_one_stream(
    office: Office, visitors: Visitors
) -> None:
    facts = {"node": "ngo-9", "id": "cam-9", "kind": "camera", "name": "Camera mẫu 9", "place": "ngo-9"}
    other: dict[str, Any] = facts | {"marks": []}
    office.database.write_now(lambda connection: connection.execute(tables.device.insert().values(**other)))
    person = await a_watcher(office, visitors)
    await office.add_account("hai", "police")
    second = await visitors("hai")
    for one in (person, second):
        await one.post(f"{PAGE}/watch", {"reason": "xác minh"})
        await one.get(PAGE)
    assert len(rows(office, tables.command)) == 1
    await person.post("/cameras/ngo-9/cam-9/watch", {"reason": "sang camera khác"})
    ended = [one.until <= office.clock() for one in rows(office, tables.media_viewing)]
    assert ended == [True, False, False]
    office.live_pictures.take(CAMERA, jpeg(), 0, 0)
    async with second.http.get(office.url + f"{PAGE}/picture") as answer:
        assert await answer.read() == jpeg()
    async with person.http.get(office.url + f"{PAGE}/picture") as answer:
        assert answer.headers["Picture-State"] == "over"


@pytest.mark.parametrize("role", ["village_head", "commune_lead", "observer", "technician", "security_team", "dpo"])
async def test_what_cameras_see_now_is_for_police_and_duty(office: Office, visitors: Visitors, role: str) -> None:
    person = await a_watcher(office, visitors, role)
    for path in ("/cameras", PAGE, f"{PAGE}/picture", f"{PAGE}/still"):
        assert (await person.get(path)).status == 403
    for path in ("/cameras", f"{PAGE}/watch", f"{PAGE}/prolong", f"{PAGE}/end"):
        assert (await person.post(path, {"reason": "tò mò"})).status == 403
    assert rows(office, tables.media_viewing) == rows(office, tables.command) == []


async def test_cameras_of_another_village_and_other_devices_do_not_exist(office: Office, visitors: Visitors) -> None:
    person = await a_watcher(office, visitors, place_id="thon-hai")
    await person.post("/cameras", {"reason": "trực ca"})
    assert "Camera công cộng" not in (await person.get("/cameras")).text
    for page in (PAGE, "/cameras/ngo-9/khoi-9"):
        assert (await person.get(page)).status == 404
        assert (await person.get(f"{page}/still")).status == 404
        assert (await person.get(f"{page}/picture")).status == 404
        assert (await person.post(f"{page}/watch", {"reason": "xem"})).status == 404
    assert [one.kind for one in rows(office, tables.media_viewing)] == ["wall"]


async def test_the_wall_is_chosen_by_place(office: Office, visitors: Visitors) -> None:
    person = await a_watcher(office, visitors)
    assert "Camera công cộng đầu ngõ" in (await person.get("/cameras?place=thon-mot")).text
    assert "Nơi này không có camera." in (await person.get("/cameras?place=thon-hai")).text


async def test_the_view_log_lists_live_views_and_looks_at_the_wall(office: Office, visitors: Visitors) -> None:
    person = await a_watcher(office, visitors, "police", place_id="thon-mot")
    await person.post("/cameras", {"reason": "trực ca tối"})
    await person.post(f"{PAGE}/watch", {"reason": "nghe tiếng động lạ"})
    await office.add_account("bao", "dpo")
    text = (await (await visitors("bao")).get("/viewings")).text
    for words in (
        "trực ca tối",
        "Đã xem tường camera",
        "Thôn Một",
        "nghe tiếng động lạ",
        "Đã xem trực tiếp",
        "đầu ngõ",
    ):
        assert words in text


async def test_what_a_node_refused_is_said_for_a_minute_and_of_the_orders_the_newest_stays(office: Office) -> None:
    who, now = await office.add_account("nguoi", "duty"), office.clock()
    await office.database.write(live_orders.order, CAMERA, who, now + 120_000, now)
    failed = tables.command.update().values(state="failed", error="không có hình")
    office.database.write_now(lambda connection: connection.execute(failed))
    await office.database.write(live_orders.order, CAMERA, who, now + 120_000, now + 10_000)
    other = CameraKey("ngo-3", "cam-khac")
    refused = await office.database.read(live_orders.refusals, [other, CAMERA], now + 10_000)
    assert refused == {CAMERA: "không có hình"}
    assert await office.database.read(live_orders.refusals, [other], now + 10_000) == {}
    assert await office.database.read(live_orders.refusals, [CAMERA], now + 61_000) == {}
    assert len(rows(office, tables.command)) == 2
    await office.database.write(live_orders.order, CAMERA, who, now + 120_000, now + 90_000)
    assert [one.created for one in rows(office, tables.command)] == [now + 90_000]
    shown = tables.command.update().values(state="done")
    office.database.write_now(lambda connection: connection.execute(shown))
    assert await office.database.read(live_orders.refusals, [CAMERA], now + 90_000) == {}
