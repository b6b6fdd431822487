"""The configuration files of the village: the templates beside this module, filled in."""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import unquote, urlsplit, urlunsplit

from keng_demo.clip import passer_by
from keng_demo.settings import Settings

PAVEMENT = "[[0.0, 0.35], [0.8, 0.35], [0.8, 1.0], [0.0, 1.0]]"
"""Where the man of the clip walks."""

CERTIFICATES = """\
ca_file = "{folder}/ca.crt"
certificate_file = "{folder}/node.crt"
key_file = "{folder}/node.key"
"""
PEER = """\
[[neighbours.peers]]
id = "{other}"
name = "Trạm ngõ {number} (hàng xóm, mô phỏng)"
host = "127.0.0.1"
port = {port}
"""


def fill(name: str, **values: object) -> str:
    """The text of the template `name` with its ${…} replaced; KeyError for one that has no value."""
    return Template(files("keng_demo").joinpath(name).read_text(encoding="utf-8")).substitute(values)


def uplink(folder: Path, port: int, *, certificates: bool) -> str:
    """The table of the way to the hub; `folder` holds what `keng-hub node add` wrote."""
    return f'[uplink]\nhost = "127.0.0.1"\nport = {port}\n' + (
        CERTIFICATES.format(folder=folder) if certificates else ""
    )


def media(port: int | None, *, bind: bool = False) -> str:
    """The table of stills, clips and live pictures, of the hub with `bind`; they need certificates, so a port."""
    if port is None:
        return ""
    return f"[media]\nport = {port}\nspare_mb = 100\n" + ('bind = "127.0.0.1"\n' if bind else "")


def neighbours(node: str, ports: Mapping[str, int]) -> dict[str, str]:
    """Both halves of a shared zone: whom it is shared with, and where the nodes of `ports` listen for each other.

    Nodes without certificates, or without a neighbour, share nothing.
    """
    if node not in ports:
        return {"neighbours": "", "shared_with": "[]"}
    text = f'[neighbours]\nbind = "127.0.0.1"\nport = {ports[node]}\n'
    others = {other: port for other, port in ports.items() if other != node}
    text += "".join(PEER.format(other=other, number=other[-1], port=port) for other, port in others.items())
    return {"neighbours": text, "shared_with": json.dumps(list(others))}


def camera(settings: Settings) -> str:
    """The rest of the camera's table: the clip, or what the visitor wants watched."""
    if settings.video is None:
        clip = passer_by(settings.folder / "camera.mp4")
        return (
            f"source = {_quoted(str(clip))}\nloop = true\nsimulated = true\ndwell_s = 0.4\ncooldown_s = 5\n"
            f'areas = [{{ id = "via-he", points = {PAVEMENT} }}]\n'
        )
    source, user, password = _without_secret(settings.video)
    lines = [f"source = {_quoted(source)}", "loop = true"]
    if user:
        lines.append(f"user = {_quoted(user)}")
    if password:
        file = settings.folder / "camera.password"
        file.touch(mode=0o600)
        file.write_text(password)
        lines.append(f"password_file = {_quoted(str(file))}")
    return "\n".join(lines) + "\n"


def serial(settings: Settings) -> str:
    """The table of a real device on a serial port; nothing without one."""
    if settings.serial is None:
        return ""
    lines = [
        "[[devices]]",
        f'type = "{settings.serial_kind}"',
        'id = "thiet-bi-that"',
        'name = "Thiết bị thật ở cổng nối tiếp"',
        f"port = {_quoted(settings.serial)}",
    ]
    if settings.serial_kind == "modbus":
        lines.append('profile = "eastron_sdm630"')
    if settings.serial_kind != "bridge_board":
        lines.append("every_s = 10")
    return "\n".join(lines) + "\n"


def _without_secret(address: str) -> tuple[str, str | None, str | None]:
    """An address without user and password, and those two."""
    if "://" not in address:
        return address, None, None
    parts = urlsplit(address)
    user, password = (unquote(each) if each else None for each in (parts.username, parts.password))
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])), user, password


def _quoted(text: str) -> str:
    """A basic string of TOML, which JSON's strings are too (TOML 1.0, string)."""
    return json.dumps(text, ensure_ascii=False)
