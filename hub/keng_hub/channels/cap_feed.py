"""The Atom feed (RFC 4287) of the alerts that went out, for systems of the city that rather fetch than are called."""

import base64
import binascii
import xml.etree.ElementTree as ET
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub.channels.cap_document import stamp
from keng_hub.channels.channel import Office
from keng_hub.channels.hooked import same_secret
from keng_hub.tables import cap_alert

ATOM: Final = "http://www.w3.org/2005/Atom"
SHOWN: Final = 100
KEPT_MS: Final = 30 * 86_400_000
"""Alerts older than this stand in no feed."""


async def answer(request: web.Request, office: Office, token: str | None, sender: str) -> web.Response:
    """The feed or one alert; 401 without the token, 404 when there is no feed."""
    if token is None or request.method not in ("GET", "HEAD"):
        return web.Response(status=404)
    if not same_secret(_given(request.headers.get("Authorization", "")), token):
        return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="CAP"'})
    kind, _, name = request.match_info.get("rest", "").partition("/")
    if kind == "feed" and not name:
        rows = await office.database.read(_newest, office.clock())
        base = str(request.url.with_path(request.path.removesuffix("/feed")).with_query(None))
        return web.Response(body=feed(rows, sender, base, office.clock()), content_type="application/atom+xml")
    body = await office.database.read(_one, name) if kind == "alerts" else None
    if body is None:
        return web.Response(status=404)
    return web.Response(body=body.encode(), content_type="application/cap+xml")


def feed(rows: list[Any], sender: str, base: str, now: int) -> bytes:
    """The feed with the newest alert first; each entry leads to its alert."""
    root = ET.Element("feed", {"xmlns": ATOM})
    updated = stamp(rows[0].written if rows else now)
    for name, text in (("id", f"urn:keng:cap:{sender}"), ("title", f"CAP {sender}"), ("updated", updated)):
        ET.SubElement(root, name).text = text
    ET.SubElement(ET.SubElement(root, "author"), "name").text = sender
    for row in rows:
        entry = ET.SubElement(root, "entry")
        for name, text in (
            ("id", f"urn:keng:cap:{row.identifier}"),
            ("title", f"{row.status} {row.type} {row.identifier}"),
            ("updated", datetime.fromisoformat(row.sent).isoformat()),
        ):
            ET.SubElement(entry, name).text = text
        address = f"{base}/alerts/{row.identifier}"
        ET.SubElement(entry, "link", {"rel": "alternate", "type": "application/cap+xml", "href": address})
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _given(header: str) -> str:
    """The secret of a Bearer token, or the password of Basic: programs that read feeds know either."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return value if scheme.lower() == "bearer" else ""


def _newest(connection: Connection, now: int) -> list[Any]:
    columns = (cap_alert.c.identifier, cap_alert.c.sent, cap_alert.c.type, cap_alert.c.status, cap_alert.c.written)
    query = sa.select(*columns).where(cap_alert.c.written > now - KEPT_MS)
    return list(connection.execute(query.order_by(cap_alert.c.id.desc()).limit(SHOWN)).all())


def _one(connection: Connection, identifier: str) -> str | None:
    body: str | None = connection.execute(
        sa.select(cap_alert.c.body).where(cap_alert.c.identifier == identifier)
    ).scalar_one_or_none()
    return body
