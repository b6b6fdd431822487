"""The photo of a proof test: a picture and nothing else, behind the rights of the point's page."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import FormData
from PIL import Image
from playwright.async_api import Browser, expect
from sqlalchemy.engine import Connection

from keng_hub.points.photos import BadPhoto, made_anew
from keng_hub.tables import command, device, proof_photo, proof_test
from support import browser as browsers
from support.browser import log_in
from support.office import PASSWORD, Office
from support.visitor import Visitor, Visitors

POINT = "/devices/ngo-3/khoi-bep"
TEST = "ab" * 8
DATE_TIME, ORIENTATION, GPS = 0x0132, 0x0112, 0x8825


def taken(width: int = 400, height: int = 200, orientation: int = 1) -> bytes:
    """A JPEG as a phone writes it: red on its left half, with time and place."""
    picture = Image.new("RGB", (width, height), "blue")
    picture.paste("red", (0, 0, width // 2, height))
    exif = Image.Exif()
    exif[ORIENTATION], exif[DATE_TIME] = orientation, "2026:11:25 08:00:00"
    exif.get_ifd(GPS)[1] = "N"
    made = BytesIO()
    picture.save(made, "JPEG", exif=exif, comment=b"may cua ong Mau")
    return made.getvalue()


def test_nothing_but_the_picture_is_kept() -> None:
    sent = taken()
    assert b"2026:11:25" in sent
    made = made_anew(sent)
    assert (made.width, made.height) == (400, 200)
    assert b"2026:11:25" not in made.jpeg
    assert b"ong Mau" not in made.jpeg
    with Image.open(BytesIO(made.jpeg)) as picture:
        assert dict(picture.getexif()) == {}


def test_a_photo_is_turned_as_it_was_held_and_made_small() -> None:
    made = made_anew(taken(4000, 2000, orientation=6))  # the phone's left is up
    assert (made.width, made.height) == (800, 1600)
    with Image.open(BytesIO(made.jpeg)) as picture:
        top: Any = picture.getpixel((400, 100))
    assert top[0] > 200, "red stands above"


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0" + b"\0" * 100, taken()[:600], b"<svg>" + taken()],
    ids=["empty", "gif", "head", "zeros", "cut", "behind-svg"],
)
def test_what_is_no_whole_jpeg_is_refused(data: bytes) -> None:
    with pytest.raises(BadPhoto):
        made_anew(data)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unfolded() -> None:
    small = taken(64, 64)
    frame = small.index(b"\xff\xc0")
    huge = small[: frame + 5] + b"\xff\xff\xff\xff" + small[frame + 9 :]  # 65,535 × 65,535
    with pytest.raises(BadPhoto):
        made_anew(huge)


async def spoke(office: Office) -> None:
    """A proof test whose point has spoken."""

    def change(connection: Connection) -> None:
        where = (device.c.node == "ngo-3", device.c.id == "khoi-bep")
        connection.execute(sa.update(device).where(*where).values(fingerprint="ab" * 32, marks=["unproven"]))
        now = office.clock()
        values = {"node": "ngo-3", "device": "khoi-bep", "command": TEST, "state": "seen", "seen": now}
        connection.execute(sa.insert(proof_test).values(**values, begun=now - 5_000, until=now + 600_000))
        order = {"id": TEST, "node": "ngo-3", "device": "khoi-bep", "name": "prove", "state": "done"}
        connection.execute(sa.insert(command).values(**order, created=now - 5_000, expires=now))

    await office.database.write(change)


def form(photo: bytes | None = None, name: str = "anh.jpg", method: str = "smoke") -> FormData:
    """The confirmation as a browser sends it."""
    made = FormData(default_to_multipart=True)
    made.add_field("test", TEST)
    made.add_field("method", method)
    made.add_field("reason", "")
    made.add_field("file", photo or b"", filename=name if photo else "", content_type="image/jpeg")
    return made


async def kept(office: Office) -> list[Any]:
    """The photos."""

    def read(connection: Connection) -> list[Any]:
        return list(connection.execute(sa.select(proof_photo)).all())

    return await office.database.read(read)


async def logged_in(office: Office, visitors: Visitors, name: str, role: str, place: str | None = None) -> Visitor:
    await office.add_account(name, role, place)
    return await visitors(name)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_photo_is_stored_with_the_proof_and_shown_to_whom_it_concerns(
    office: Office, visitors: Visitors
) -> None:
    await spoke(office)
    person = await logged_in(office, visitors, "tho", "technician")
    done = await person.post(f"{POINT}/confirm", form(taken()))
    assert done.status == 303, done.text
    (row,) = await kept(office)
    assert (row.width, row.height, row.jpeg) == (400, 200, made_anew(taken()).jpeg)
    address = f"/proofs/photos/{row.id}"
    assert address in (await person.get(POINT)).text
    shown = await person.get(address)
    assert (shown.status, shown.headers["Content-Type"]) == (200, "image/jpeg")
    for name, role, place in (("xem", "observer", None), ("tho9", "technician", "thon-hai"), ("vh", "culture", None)):
        other = await logged_in(office, visitors, name, role, place)
        assert (await other.get(address)).status == 404, role
        assert address not in (await other.get(POINT)).text
    assert (await (await visitors()).get(address)).status == 303
    assert (await person.get("/proofs/photos/999")).status == 404


@pytest.mark.asyncio(loop_scope="session")
async def test_without_a_photo_the_proof_is_confirmed_all_the_same(office: Office, visitors: Visitors) -> None:
    await spoke(office)
    person = await logged_in(office, visitors, "tho", "technician")
    assert (await person.post(f"{POINT}/confirm", form())).status == 303
    assert await kept(office) == []


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    ("photo", "status", "words"),
    [
        (b"MZ" + b"\0" * 1000, 422, "Ảnh: Đây không phải ảnh"),
        (b"\xff\xd8\xff" + b"\0" * 12_000_000, 413, "Ảnh quá lớn"),
    ],
    ids=["program", "large"],
)
async def test_a_bad_photo_confirms_nothing_and_says_why(
    office: Office, visitors: Visitors, photo: bytes, status: int, words: str
) -> None:
    await spoke(office)
    person = await logged_in(office, visitors, "tho", "technician")
    answer = await person.post(f"{POINT}/confirm", form(photo))
    assert answer.status == status
    assert words in answer.text
    assert await kept(office) == []
    assert (await person.post(f"{POINT}/confirm", form(taken()))).status == 303, "the test still waits"


@pytest.mark.asyncio(loop_scope="session")
async def test_a_photo_comes_with_no_other_act_and_no_stranger(office: Office, visitors: Visitors) -> None:
    await spoke(office)
    person = await logged_in(office, visitors, "tho", "technician")
    assert (await person.post(f"{POINT}/end_test", form(taken()))).status in (400, 413, 422)
    observer = await logged_in(office, visitors, "xem", "observer")
    assert (await observer.post(f"{POINT}/confirm", form(taken()))).status == 403
    assert await kept(office) == []


@pytest.mark.asyncio(loop_scope="session")
async def test_a_technician_at_a_phone_adds_a_photo(office: Office, browser: Browser, tmp_path: Path) -> None:
    await spoke(office)
    await office.add_account("tho", "technician")
    photo = tmp_path / "anh.jpg"
    photo.write_bytes(taken(800, 600))
    async with browsers.page(browser, office.url, viewport={"width": 390, "height": 844}) as watch:
        await log_in(watch, "tho", PASSWORD)
        await watch.page.goto(office.url + POINT)
        await expect(watch.page.locator("#link")).to_have_attribute("data-state", "live")
        await watch.page.wait_for_load_state("networkidle")  # the first look after the page came is over
        await watch.page.check("input[value=smoke]")
        await watch.page.set_input_files("input[type=file]", photo)
        await watch.page.click("#act-prove button.main")
        await expect(watch.page.locator("#done")).to_be_visible()
        picture = watch.page.locator("#point-tests img")
        await expect(picture).to_be_visible()
        assert await picture.evaluate("async image => { await image.decode(); return image.naturalWidth }") == 800
