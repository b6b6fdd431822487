"""Copies of stills: coarse where somebody drew, given for a reason, and never of what may not be seen."""

import hashlib
from io import BytesIO

import pytest
from PIL import Image

from keng_hub.media.blur import blurred
from support.kept_media import keep
from support.office import Office
from support.visitor import Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
FOR_WHOM = {"requester": "Công an xã Mẫu", "document": "CV-01", "reason": "điều tra"}
LEFT = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]


def chequered() -> bytes:
    """Fine black and white columns, which no coarse square can keep."""
    picture = Image.new("L", (320, 180))
    picture.putdata([255 * (x // 4 % 2) for _ in range(180) for x in range(320)])
    made = BytesIO()
    picture.convert("RGB").save(made, "JPEG", quality=95, comment=b"whose telephone")
    return made.getvalue()


def spread(jpeg: bytes, left: int, right: int) -> int:
    with Image.open(BytesIO(jpeg)) as picture:
        low, high = picture.convert("L").crop((left, 10, right, 170)).getextrema()
    return int(high) - int(low)  # type: ignore[arg-type]  # one band


async def test_what_was_drawn_over_is_coarse_and_the_rest_is_not() -> None:
    copy = blurred(chequered(), [LEFT])
    assert spread(copy, 4, 150) < 120
    assert spread(copy, 170, 316) > 200
    assert b"whose telephone" not in copy
    assert spread(blurred(chequered(), []), 4, 316) > 200


async def test_a_copy_is_given_with_its_hash_and_written_down(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    await office.raise_alarm("ngo-3", "cam-ngo", category="security", cause="intrusion", severity="high")
    still = await keep(office, 1, chequered(), media="still", moment="begin")
    person = await visitors("truc")
    assert "Giao bản sao ảnh" in (await person.get(f"/media/{still}/copy")).text
    nameless = await person.post(f"/media/{still}/copy", FOR_WHOM | {"requester": ""})
    assert nameless.status == 422
    crossed = await person.post(f"/media/{still}/copy", FOR_WHOM | {"masks-1-points": "0,0 1,1 1,0 0,1"})
    assert crossed.status == 422
    assert "tự cắt nhau" in crossed.text
    assert "Công an xã Mẫu" in crossed.text
    drawn = FOR_WHOM | {"masks-1-points": "0,0 0.5,0 0.5,1 0,1"}
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with person.http.post(f"{office.url}/media/{still}/copy", data=drawn, headers=headers) as response:
        copy, said = await response.read(), response.headers
    assert said["X-Content-SHA256"] == hashlib.sha256(copy).hexdigest()
    assert said["X-Content-SHA256"][:12] in said["Content-Disposition"]
    assert spread(copy, 4, 150) < 120
    await office.add_account("dl", "dpo")
    log = (await (await visitors("dl")).get("/viewings")).text
    assert log.count("Công an xã Mẫu") == 1


async def test_no_copy_of_a_clip_nor_for_who_may_not(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    await office.add_account("to", "group_head")
    await office.raise_alarm("ngo-3", "cam-ngo", category="security", cause="intrusion", severity="high")
    clip = await keep(office, 1, b"\0\0\0\x18ftypmp42 no film", media="clip", duration=1_000)
    still = await keep(office, 1, chequered(), media="still", moment="begin")
    assert (await (await visitors("truc")).get(f"/media/{clip}/copy")).status == 404
    assert (await (await visitors("to")).post(f"/media/{still}/copy", FOR_WHOM)).status == 403
