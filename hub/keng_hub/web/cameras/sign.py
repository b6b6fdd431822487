"""The notice of a camera: the sheet to print, and the same words as a page that everybody may read."""

import asyncio
from typing import Any, Literal

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.cameras import registry
from keng_hub.cameras.facts import CameraFacts
from keng_hub.cameras.registry import CameraKey
from keng_hub.cameras.sign import NoFont, Sign, as_pdf
from keng_hub.incidents.msgid import N_
from keng_hub.tables import camera, device, node, place
from keng_hub.web.answers import page, translate
from keng_hub.web.cameras import shown
from keng_hub.web.cameras.camera import key_of
from keng_hub.web.cameras.words import PURPOSE
from keng_hub.web.forms import Form, query
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, SITE
from keng_hub.web.permissions import Action, require
from keng_hub.web.sessions import Account

AT_OFFICE = N_("at the commune office")
LAW = "Luật Bảo vệ dữ liệu cá nhân số 91/2025/QH15, Điều 32 (Law 91/2025/QH15 on personal data, article 32)"


class Wanted(Form):
    """The size of the paper."""

    size: Literal["a4", "a3"] = "a4"


@require(Action.SEE_CAMERAS)
async def show(request: web.Request) -> web.StreamResponse:
    """The sheet as a PDF."""
    wanted, key, now = query(request, Wanted), key_of(request), request.app[CLOCK]()
    row = await request.app[DATABASE].write(_known, request[ACCOUNT], key, now)
    if row is None:
        raise web.HTTPNotFound
    try:
        body = await asyncio.to_thread(as_pdf, _sign(request, row), wanted.size)
    except NoFont as error:
        return web.Response(status=503, text=str(error))
    name = f"keng_bien_bao_{key.node}_{key.device}_{wanted.size}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return web.Response(body=body, content_type="application/pdf", headers=headers)


async def public(request: web.Request) -> web.StreamResponse:
    """The page behind the code on the notice, for everybody: no picture, no person, nothing of what the camera sees."""
    row = await request.app[DATABASE].read(_by_code, request.match_info["code"])
    if row is None:
        raise web.HTTPNotFound
    said = _said(request, row)
    return page(request, "cameras/notice.html", said=said, looks=registry.may_look(row), law=LAW)


def _sign(request: web.Request, row: "dict[str, Any]") -> Sign:
    said = _said(request, row)
    purposes = {
        "security": "Bảo đảm an ninh, trật tự (public order and safety)",
        "fire": "Phòng cháy, chữa cháy và cứu nạn (fire protection and rescue)",
        "both": "Bảo đảm an ninh, trật tự; phòng cháy, chữa cháy (public order, safety and fire protection)",
    }
    return Sign(
        title="CÓ CAMERA GHI HÌNH",
        subtitle="Camera recording in this area",
        rows=(
            ("Nơi đặt (where)", f"{said['name']}, {said['place']}"),
            ("Mục đích (purpose)", purposes[said["purpose_key"]]),
            ("Đơn vị quản lý (who is answerable)", said["controller"]),
            ("Liên hệ (contact)", said["asked"]),
            ("Thời gian lưu hình (kept for)", f"{said['days']} ngày, sau đó tự xóa (days, then deleted)"),
            ("Camera không nhận diện khuôn mặt, biển số xe", "No recognition of faces or number plates"),
        ),
        law=f"Căn cứ: {LAW}.",
        ask="Quét mã để biết quyền của bạn và cách yêu cầu (scan for your rights and how to ask):",
        address=said["address"],
    )


def _said(request: web.Request, row: "dict[str, Any]") -> "dict[str, Any]":
    """What everybody may know of a camera."""
    facts, site = CameraFacts.model_validate(row["facts"]), request.app[SITE]
    return {
        "name": row["name"],
        "place": row["place_name"] or site.village,
        "purpose": translate(request, PURPOSE[facts.purpose]),
        "purpose_key": facts.purpose,
        "controller": facts.controller or site.village,
        "contact": facts.contact or translate(request, AT_OFFICE),
        "asked": facts.contact or "tại trụ sở xã (at the commune office)",
        "days": facts.keep_days or site.keep_days(row["node"], row["device"]),
        "address": f"{site.url}/n/{row['code']}",
    }


def _known(connection: Connection, account: Account, key: CameraKey, now: int) -> "dict[str, Any] | None":
    """A camera in sight; its code is made when its notice is first asked for."""
    if shown.one(connection, account, key, now) is None:
        return None
    code = registry.ensure(connection, key, now)["code"]
    return _by_code(connection, code)


def _by_code(connection: Connection, code: str) -> "dict[str, Any] | None":
    of_device = sa.and_(device.c.node == camera.c.node, device.c.id == camera.c.device)
    home = sa.case((device.c.place.in_(sa.select(place.c.id)), device.c.place), else_=node.c.place)
    around = place.alias()
    # The place of a house bears a family's name: its alley says enough.
    name = sa.case((place.c.kind == "premises", around.c.name), else_=place.c.name).label("place_name")
    joined = camera.join(device, of_device).join(node, node.c.id == device.c.node)
    joined = joined.outerjoin(place, place.c.id == home).outerjoin(around, around.c.id == place.c.parent)
    chosen = sa.select(camera, device.c.name, name).select_from(joined)
    chosen = chosen.where(camera.c.code == code, ~device.c.removed)
    row = connection.execute(chosen).mappings().one_or_none()
    return None if row is None else dict(row)
