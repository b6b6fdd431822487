"""`keng-hub node add` and `node revoke`: give a node its identity, as files to be carried to it, and take it back."""

from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.engine import Connection

from keng_hub import authority, identities
from keng_hub.database import Database
from keng_hub.errors import HubError
from keng_hub.installation import Installation
from keng_hub.tables import node, place
from keng_wire.identity import NodeId

ON_THE_NODE = "/etc/keng"
"""Where the files are meant to go."""

CONFIG = """\
# Node {id}, made by `keng-hub node add`. Put this folder's files into {there} on the node, add [[devices]], [[outputs]]
# and [[zones]] as edge.example.toml shows, then: keng-edge check --config {there}/edge.toml

[node]
id = "{id}"
name = {name}
data = "/var/lib/keng"
{place}
[uplink]
host = "{host}"
port = {port}
"""

MEDIA = """\

[media]
port = {port}
"""

CERTIFICATES = f"""\
ca_file = "{ON_THE_NODE}/ca.crt"
certificate_file = "{ON_THE_NODE}/node.crt"
key_file = "{ON_THE_NODE}/node.key"
"""


class CannotAdd(HubError):
    """The node cannot be added as asked; the text says why and what to do."""


def add(
    installation: Installation,
    database: Database,
    node_id: str,
    name: str | None,
    place_id: str | None,
    folder: Path,
    now: datetime,
    *,
    replace: bool = False,
) -> list[Path]:
    """Make the node's row, key and certificate; gives the files written into `folder`.

    With `replace` the node exists already and only gets another key and certificate, and the old one is taken back:
    history, place and devices stay.
    """
    _check(installation, database, node_id, place_id, folder, replace=replace)
    known = database.read_now(_known, node_id)
    words: str = name or (known.name if known else node_id)
    place_id = place_id or (known.place if known else None)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = [_config_file(installation, node_id, words, place_id, folder)]
    serial = None
    if installation.own_broker:
        issued = installation.authority.issue(node_id, now, answers=True)
        serial = issued.serial
        authority.write_private(folder / "node.key", issued.key)
        (folder / "node.crt").write_bytes(issued.certificate)
        (folder / "ca.crt").write_bytes(installation.authority.certificate_file.read_bytes())
        files += [folder / "ca.crt", folder / "node.crt", folder / "node.key"]
    database.write_now(_save, node_id, words, place_id, serial, int(now.timestamp() * 1000), replace)
    if known and known.certificate and installation.own_broker:
        installation.revoke(known.certificate, now)
    return files


def revoke(installation: Installation, database: Database, node_id: str, now: datetime) -> None:
    """Take a node's certificate back: a stolen machine stays out. History, place and devices stay."""
    known = database.read_now(_known, node_id)
    if known is None:
        raise CannotAdd(f"không có nút {node_id!r} (no such node)")
    if not known.certificate or not installation.own_broker:
        raise CannotAdd(f"nút {node_id!r} không có chứng thư của trung tâm (has no certificate of this hub)")
    installation.revoke(known.certificate, now)
    database.write_now(_forget_certificate, node_id)


def _check(
    installation: Installation, database: Database, node_id: str, place_id: str | None, folder: Path, *, replace: bool
) -> None:
    try:
        TypeAdapter(NodeId).validate_python(node_id)
    except ValidationError:
        raise CannotAdd(
            f"mã {node_id!r} không hợp lệ: chỉ dùng a-z, 0-9 và dấu gạch ngang, tối đa 40 ký tự, ví dụ ngo-3 "
            "(bad id: use a-z, 0-9 and hyphens, at most 40)"
        ) from None
    if node_id.startswith(identities.RESERVED) or node_id in installation.names:
        raise CannotAdd(f"mã {node_id!r} dành cho trung tâm (reserved for the hub); ví dụ (for example): ngo-3")
    exists = database.read_now(_known, node_id) is not None
    if exists and not replace:
        raise CannotAdd(f"nút {node_id!r} đã có (exists already); đổi máy thì thêm --replace (to replace the machine)")
    if replace and not exists:
        raise CannotAdd(f"chưa có nút {node_id!r} để thay (no such node); bỏ --replace (leave --replace out)")
    if place_id and not database.read_now(_has_place, place_id):
        raise CannotAdd(
            f"không có nơi {place_id!r} (no such place); thêm vào [[places]] của hub.toml rồi chạy keng-hub init"
        )
    if (folder / "node.key").exists():
        raise CannotAdd(
            f"{folder} đã có chứng thư (holds a certificate already); chọn --out khác (choose another --out)"
        )


def _known(connection: Connection, node_id: str) -> sa.Row[Any, Any, Any] | None:
    return connection.execute(
        sa.select(node.c.name, node.c.place, node.c.certificate).where(node.c.id == node_id)
    ).one_or_none()


def _has_place(connection: Connection, place_id: str) -> bool:
    return bool(connection.scalar(sa.select(sa.exists().where(place.c.id == place_id))))


def _config_file(installation: Installation, node_id: str, name: str, place_id: str | None, folder: Path) -> Path:
    broker = installation.config.broker
    text = CONFIG.format(
        id=node_id,
        there=ON_THE_NODE,
        name=_quoted(name),
        place=f'place = "{place_id}"\n' if place_id else "",
        host=broker.names[0] if broker.names else broker.host,
        port=broker.port,
    )
    if installation.own_broker:
        text += CERTIFICATES
    if installation.config.media is not None:
        text += MEDIA.format(port=installation.config.media.port)
    file = folder / "edge.toml"
    file.write_text(text, encoding="utf-8")
    return file


def _quoted(text: str) -> str:
    """A TOML basic string (TOML 1.0, string)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in escaped) + '"'


def _save(
    connection: Connection,
    node_id: str,
    name: str,
    place_id: str | None,
    serial: str | None,
    now: int,
    replace: bool,
) -> None:
    if replace:
        values = {"certificate": serial, "name": name, "place": place_id}
        connection.execute(node.update().where(node.c.id == node_id).values(values))
    else:
        connection.execute(node.insert().values(id=node_id, name=name, place=place_id, certificate=serial, added=now))


def _forget_certificate(connection: Connection, node_id: str) -> None:
    connection.execute(node.update().where(node.c.id == node_id).values(certificate=None))
