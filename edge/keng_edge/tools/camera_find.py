"""`keng-edge camera find`: the ONVIF cameras of a LAN and their streams. Nothing is set in any camera."""

import argparse
import fcntl
import socket
import struct
import sys
from pathlib import Path
from typing import Any

from keng_edge.cameras.onvif.device import OnvifCamera
from keng_edge.cameras.onvif.discovery import search
from keng_edge.cameras.onvif.messages import Match
from keng_edge.errors import DeviceError
from keng_edge.tools.showing import as_json, table

FOUND, NOTHING, USELESS = 0, 1, 2
SIOCGIFADDR = 0x8915


def arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--interface", metavar="eth0", help="tìm trong mạng của cổng này / search its LAN")
    where.add_argument("--address", metavar="http://192.168.1.20/onvif/device_service", help="hỏi một camera / ask one")
    parser.add_argument("--user", help="người dùng ONVIF của camera / the camera's ONVIF user")
    parser.add_argument("--password-file", type=Path, help="tệp chứa mật khẩu / the file with the password")
    parser.add_argument("--seconds", type=float, default=3.0, help="đợi trả lời / how long to wait for answers")
    parser.add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> int:
    """The status is 1 when no camera was found, 2 when it cannot be looked for."""
    try:
        password = options.password_file.read_text().strip() if options.password_file else None
        found = _found(options)
    except OSError as error:
        print(f"không tìm được (cannot look): {error.strerror or error}", file=sys.stderr)
        return USELESS
    rows = [_asked(match, options.user, password) for match in found]
    print(as_json({"cameras": rows}) if options.json else _text(rows))
    return FOUND if any(row["error"] is None for row in rows) or (rows and not options.address) else NOTHING


def _found(options: argparse.Namespace) -> list[Match]:
    if options.address:
        return [Match(options.address, None, None)]
    return search(address_of(options.interface), options.seconds)


def address_of(interface: str) -> str:
    """The IPv4 address of an interface by its name; an address stands for itself. OSError when there is none."""
    try:
        return socket.inet_ntoa(socket.inet_aton(interface))
    except OSError:
        pass
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, SIOCGIFADDR, struct.pack("256s", interface[:15].encode()))
        return socket.inet_ntoa(answer[20:24])


def _asked(match: Match, user: str | None, password: str | None) -> dict[str, Any]:
    row: dict[str, Any] = {"address": match.address, "name": match.name, "hardware": match.hardware}
    row |= {"facts": None, "streams": [], "error": None}
    try:
        camera = OnvifCamera(match.address, user, password)
        row["facts"] = camera.facts()._asdict()
        row["streams"] = [
            {**one.profile._asdict(), "stream": one.stream, "still": one.still} for one in camera.streams()
        ]
    except DeviceError as error:
        row["error"] = str(error)
    return row


def _text(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return (
            "Không camera nào trả lời: bật ONVIF trong camera, cắm cùng mạng "
            "(no camera answered: switch ONVIF on in the camera, and be on its LAN)"
        )
    lines = [line for row in rows for line in _lines(row)]
    return table(("camera", "luồng / stream", "hình / picture", "địa chỉ / address"), lines)


def _lines(row: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    facts: dict[str, str | None] = row["facts"] or {}
    known = (facts.get("manufacturer"), facts.get("model") or row["hardware"] or row["name"])
    name = " ".join(word for word in known if word) or "?"
    if row["error"] or not row["streams"]:
        return [(name, "-", "-", f"{row['address']}: {row['error'] or 'không có luồng (no stream)'}")]
    return [
        (name, one["name"] or one["token"], f"{one['codec'] or '?'} {one['width'] or '?'}x{one['height'] or '?'}",
         one["stream"] or "máy khác (another host): -")
        for one in row["streams"]
    ]  # fmt: skip
