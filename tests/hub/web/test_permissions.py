"""Who sees what: role, action and place, on the server."""

import base64
import hashlib

import pytest

from keng_hub import screens
from keng_hub.accounts import ROLES
from keng_hub.web import permissions
from keng_hub.web.acts import ACTS
from keng_hub.web.words import ROLE
from support.office import Office
from support.visitor import Visitors

pytestmark = pytest.mark.asyncio(loop_scope="session")
JPEG = b"\xff\xd8\xff\xe0 not really a picture \xff\xd9"


async def _picture(office: Office, occurrence: int) -> None:
    body = {
        "kind": "snapshot",
        "device": "cam-ngo",
        "occurrence": f"{occurrence:016x}",
        "sha256": hashlib.sha256(JPEG).hexdigest(),
        "width": 640,
        "height": 360,
        "jpeg": base64.b64encode(JPEG).decode(),
    }
    await office.happen("ngo-3", body)


async def test_every_role_an_account_can_have_has_its_rights_and_its_word() -> None:
    assert {*ROLES, screens.ROLE} == set(permissions.ROLES) == set(ROLE)


async def test_acknowledging_silencing_and_resetting_are_three_rights() -> None:
    rights = [ACTS[name].right for name in ("acknowledge", "silence", "reset")]
    assert len(set(rights)) == 3
    for right in rights[1:]:
        without = [role for role, may in permissions.ROLES.items() if rights[0] in may and right not in may]
        assert without, f"whoever may acknowledge may {right}"


async def test_an_observer_reads_and_cannot_act(office: Office, visitors: Visitors) -> None:
    await office.add_account("xem", "observer")
    incident = await office.raise_alarm()
    person = await visitors("xem")
    text = (await person.get(f"/incidents/{incident}")).text
    assert "Có khói" in text
    assert "/acknowledge" not in text + (await person.get("/incidents")).text
    for act in ACTS:
        assert (await person.post(f"/incidents/{incident}/{act}")).status == 403
    assert (await office.incident(incident))["state"] == "new"


async def test_an_observer_sees_no_comments_no_names_no_pictures(office: Office, visitors: Visitors) -> None:
    await office.add_account("truc", "duty")
    await office.add_account("xem", "observer")
    incident = await office.raise_alarm()
    await _picture(office, 1)
    duty, observer = await visitors("truc"), await visitors("xem")
    await duty.post(f"/incidents/{incident}/acknowledge")
    await duty.post(f"/incidents/{incident}/comment", {"text": "đã gọi chủ nhà"})
    seen, hidden = [(await one.get(f"/incidents/{incident}")).text for one in (duty, observer)]
    for private in ("đã gọi chủ nhà", "Nguyễn Văn Truc", "Trực ban xã", "/snapshots/1"):
        assert private in seen
        assert private not in hidden
    assert "Nguyễn Văn Truc" not in (await observer.get("/incidents")).text
    assert (await duty.get("/snapshots/1")).status == 200
    assert (await observer.get("/snapshots/1")).status == 403


async def test_a_technician_sees_faults_and_no_incident_of_a_resident(office: Office, visitors: Visitors) -> None:
    await office.add_account("tho", "technician")
    fire = await office.raise_alarm()
    body = {"kind": "device", "device": "khoi-9", "condition": "normal", "marks": ["fault"]}
    await office.happen("ngo-9", body)
    person = await visitors("tho")
    text = (await person.get("/incidents")).text
    assert "Lỗi thiết bị" in text
    assert "Có khói" not in text + (await person.get("/incidents/strip")).text
    assert (await person.get(f"/incidents/{fire}")).status == 404
    assert (await person.post(f"/incidents/{fire}/acknowledge")).status == 404
    assert (await office.incident(fire))["state"] == "new"


async def test_police_see_danger_and_not_broken_devices(office: Office, visitors: Visitors) -> None:
    await office.add_account("canh", "police")
    await office.raise_alarm()
    body = {"kind": "device", "device": "khoi-9", "condition": "normal", "marks": ["fault"]}
    await office.happen("ngo-9", body)
    text = (await (await visitors("canh")).get("/incidents")).text
    assert "Có khói" in text
    assert "Lỗi thiết bị" not in text


async def test_a_village_head_sees_the_own_village_on_every_page(office: Office, visitors: Visitors) -> None:
    await office.add_account("thon2", "village_head", "thon-hai")
    here = await office.raise_alarm("ngo-9", "khoi-9")
    there = await office.raise_alarm()
    await _picture(office, 2)
    person = await visitors("thon2")
    for path in ("/incidents", "/incidents/strip"):
        text = (await person.get(path)).text
        assert "Ngõ 9, Thôn Hai" in text
        assert "Thôn Một" not in text
    assert (await person.get(f"/incidents/{here}")).status == 200
    assert (await person.get(f"/incidents/{there}")).status == 404
    assert (await person.post(f"/incidents/{there}/acknowledge")).status == 404
    assert (await person.get("/snapshots/1")).status == 404
    assert (await office.incident(there))["state"] == "new"
    devices = (await person.get("/devices")).text
    assert "Trạm ngõ 9" in devices
    assert "Trạm ngõ 3" not in devices
    assert (await person.get("/nodes/ngo-9")).status == 200
    assert (await person.get("/nodes/ngo-3")).status == 404
    assert "Công tơ đèn đường" not in (await person.get("/meters")).text
    assert (await person.get("/meters/ngo-9/cong-to-9")).status == 200
    assert (await person.get("/meters/ngo-3/cong-to-1")).status == 404


async def test_a_scope_of_one_house_sees_its_devices_and_nothing_else_of_the_node(
    office: Office, visitors: Visitors
) -> None:
    await office.add_account("nha", "group_head", "nha-a")
    person = await visitors("nha")
    text = (await person.get("/devices")).text
    assert "Đầu báo khói bếp nhà A" in text
    assert "Camera công cộng" not in text
    node = (await person.get("/nodes/ngo-3")).text
    assert "Đầu báo khói bếp nhà A" in node
    assert "Camera công cộng" not in node


async def test_a_role_without_pages_lands_on_its_account(office: Office, visitors: Visitors) -> None:
    await office.add_account("dan", "resident")
    person = await visitors("dan")
    assert (await person.get("/")).location == "/account"
    assert "Vai trò của bạn chưa có trang riêng." in (await person.get("/account")).text
    for path in ("/incidents", "/devices", "/meters"):
        answer = await person.get(path)
        assert answer.status == 403
        assert "Bạn không được làm việc này" in answer.text
